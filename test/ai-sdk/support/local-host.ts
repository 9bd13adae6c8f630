import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

interface Exchange {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Readonly<Record<string, unknown>>
  /** Whether the answer was sent whole, or the caller left before. */
  readonly over: Promise<'sent' | 'left'>
}

interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
  /** The answer ends when this settles. Default: at once. */
  readonly endsAfter?: Promise<unknown>
}

export interface LocalHost extends AsyncDisposable {
  /** Without a trailing slash. */
  readonly url: string
  readonly exchanges: readonly Exchange[]
  /** What the next requests are answered with. */
  reply: Reply
}

/** A host on loopback that notes what it is asked and answers what it is told. */
export async function startLocalHost(reply: Reply = { body: '' }): Promise<LocalHost> {
  const exchanges: Exchange[] = []
  const host = { reply }
  const server = createServer((message, response) => {
    void text(message).then((sent) => {
      const over = Promise.withResolvers<'sent' | 'left'>()
      response.once('close', () => over.resolve(response.writableFinished ? 'sent' : 'left'))
      const body = (sent === '' ? {} : JSON.parse(sent)) as Exchange['body']
      const exchange = { path: message.url ?? '', headers: message.headers, body, over: over.promise }
      exchanges.push(exchange)
      const { status = 200, headers, body: answer, endsAfter } = host.reply
      response.writeHead(status, { 'content-type': 'text/event-stream', ...headers })
      response.write(answer)
      if (endsAfter === undefined) response.end()
      else void endsAfter.then(() => response.end())
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(host, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

/** Events as a stream of Anthropic's API writes them. */
export const namedEvents = (
  events: readonly ({ readonly type: string } & Readonly<Record<string, unknown>>)[],
): string => events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')

export const dataEvents = (events: readonly object[]): string =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
