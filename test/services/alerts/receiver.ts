import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** What stands in it. */
  readonly event: Readonly<Record<string, unknown>>
  /** Monotonic milliseconds. */
  readonly at: number
}

interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Answered when it settles. Default: at once. */
  readonly after?: Promise<unknown>
}

export interface Receiver extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly received: readonly Received[]
  /** What the next requests are answered with. */
  answer: Answer | ((received: Received) => Answer)
}

/** An endpoint on loopback. `port` brings one back that went away. */
export async function startReceiver(answer: Receiver['answer'] = {}, port = 0): Promise<Receiver> {
  const received: Received[] = []
  const receiver = { answer }
  const server = createServer((message, response) => {
    void text(message).then(async (body) => {
      const event = JSON.parse(body) as Received['event']
      const request = { headers: message.headers, body, event, at: performance.now() }
      received.push(request)
      const { answer: answers } = receiver
      const { status = 204, headers, after } = typeof answers === 'function' ? answers(request) : answers
      await after
      response.writeHead(status, headers)
      response.end()
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const taken = (server.address() as AddressInfo).port
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${taken}/hook`,
    port: taken,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

/** Throws unless the official verifier takes the request for one signed with this secret. */
export const verify = ({ headers, body }: Received, secret: string): unknown =>
  new Webhook(secret).verify(body, headers as Record<string, string>)

export const idsOf = (received: readonly Received[]): string[] =>
  received.map(({ headers }) => String(headers['webhook-id']))
