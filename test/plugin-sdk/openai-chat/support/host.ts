import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

export interface Host extends AsyncDisposable {
  readonly url: string
  readonly received: readonly Received[]
}

export type Respond = (response: ServerResponse, request: Received) => void | Promise<void>

/** A server on loopback that answers each request as told. */
export async function startHost(respond: Respond): Promise<Host> {
  const received: Received[] = []
  const server = createServer((message, response) => {
    text(message)
      .then(async (body) => {
        const request: Received = {
          method: message.method ?? '',
          url: message.url ?? '',
          headers: message.headers,
          body: body === '' ? undefined : JSON.parse(body),
        }
        received.push(request)
        await respond(response, request)
      })
      .catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export const sendJson =
  (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Respond =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

/** Each piece is a write of its own; the next waits until it has been handed to the system. */
export const sendEvents =
  (...pieces: readonly (string | Uint8Array)[]): Respond =>
  async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const piece of pieces) await new Promise((resolve) => response.write(piece, resolve))
    response.end()
  }

/** Server-sent events with these payloads, `[DONE]` included when it is among them. */
export const sse = (...payloads: readonly unknown[]): string =>
  payloads.map((payload) => `data: ${typeof payload === 'string' ? payload : JSON.stringify(payload)}\n\n`).join('')
