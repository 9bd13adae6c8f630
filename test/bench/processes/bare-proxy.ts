/** The yardstick: the least a proxy in Node does when written the usual way. Argument: the upstream's origin. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

const pool = new Pool(process.argv[2] ?? '')

const server = createServer((request, response) => {
  const { host: _host, connection: _connection, ...headers } = request.headers
  pool.request({ path: request.url ?? '/', method: request.method ?? 'GET', headers, body: request }).then(
    (answer) => {
      response.writeHead(answer.statusCode, answer.headers)
      answer.body.on('error', () => response.destroy()).pipe(response)
    },
    (error: unknown) => response.writeHead(502).end(String(error)),
  )
})

server.listen(0, '127.0.0.1', () => console.log(`listening ${(server.address() as AddressInfo).port}`))
