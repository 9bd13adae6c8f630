import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { jsonReply, type Reply } from './reply.ts'

/** One request that arrived whole. */
export interface Exchange {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** False: no script had an answer. */
  readonly isAnswered: boolean
  /** Resolves when all that the reply holds has been sent. */
  readonly sent: Promise<void>
  /** Resolves when nothing more can be sent: the answer is complete, or the connection gone. */
  readonly over: Promise<void>
}

/** Undefined: this request was not expected. */
export type Script = (exchange: Exchange) => Reply | undefined

export interface Upstream extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
  readonly port: number
  /** Every request since the last `play`. */
  readonly exchanges: readonly Exchange[]
  readonly openSockets: number
  /** Answers so from now on, and forgets what came before. */
  play(script: Script): void
}

const KEEP_ALIVE_MS = 75_000

/** A host on the loopback interface that answers as it is told. */
export async function startUpstream(): Promise<Upstream> {
  let script: Script = () => undefined
  let exchanges: Exchange[] = []
  const sockets = new Set<Socket>()

  const server = createServer((message, response) => {
    // What a client does with its connection is what the checks look at; here it is no error.
    handle(message, response).catch(() => response.destroy())
  })
  // A connection that this side closes while the client means to use it would be a failure of the kit.
  server.keepAliveTimeout = KEEP_ALIVE_MS
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const into = exchanges
    const answering = script
    const body = await text(message)
    const sent = Promise.withResolvers<void>()
    const over = Promise.withResolvers<void>()
    response.once('close', over.resolve)
    const exchange = {
      method: message.method ?? '',
      path: message.url ?? '',
      headers: message.headers,
      body,
      isAnswered: true,
      sent: sent.promise,
      over: over.promise,
    }
    into.push(exchange)
    const reply = answering(exchange)
    exchange.isAnswered = reply !== undefined
    try {
      await send(response, reply ?? unexpected(exchange))
    } finally {
      sent.resolve()
    }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    get exchanges() {
      return exchanges
    },
    get openSockets() {
      return sockets.size
    },
    play(next) {
      script = next
      exchanges = []
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function send(response: ServerResponse, { status, headers, chunks, end, delayMs }: Reply): Promise<void> {
  if (delayMs !== undefined) await sleep(delayMs)
  if (status !== 0) {
    response.writeHead(status, headers)
    response.flushHeaders()
  }
  for (const chunk of chunks) {
    if (response.destroyed) return
    await new Promise((resolve) => response.write(chunk, resolve))
    // Gives the other side a chance to read it before the next one comes.
    await turn()
  }
  if (end === 'cut') response.destroy()
  else if (end === 'end') response.end()
}

const unexpected = ({ method, path }: Exchange): Reply =>
  jsonReply(404, { error: { message: `${method} ${path} was not expected.` } })
