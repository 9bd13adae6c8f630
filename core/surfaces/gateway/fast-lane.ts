import type { IncomingMessage, RequestListener } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { endOfTurn } from '@plugboard/sdk'
import { BODY_LIMIT, parseJsonBody } from './body.ts'
import type { RawReply } from './send-problem.ts'

/** What a route needs of a request. */
export type Asked = Pick<FastifyRequest, 'method' | 'url' | 'headers' | 'query' | 'body' | 'socket'>
type Answer = (request: Asked, reply: RawReply) => Promise<void>

/**
 * Takes the ordinary request of a busy route past fastify, whose router, hooks and body reader cost a small call as much as
 * a tenth of all its work. Ordinary is a POST to exactly that URL with a JSON body of a told length below the limit; every
 * other one goes to fastify, which knows what to say about it. Both ways answer through the same function.
 */
export class FastLane {
  readonly #answers = new Map<string, Answer>()
  readonly #failed: (error: unknown, request: Asked, reply: RawReply) => unknown
  #open = true

  /** `failed` answers a request whose answer threw. */
  constructor(failed: (error: unknown, request: Asked, reply: RawReply) => unknown) {
    this.#failed = failed
  }

  post(url: string, answer: Answer): void {
    this.#answers.set(url, answer)
  }

  /** Puts itself in front of the listeners of fastify's server. */
  openBefore({ server }: FastifyInstance): void {
    const others = server.listeners('request') as RequestListener[]
    server.removeAllListeners('request')
    server.on('request', (request: IncomingMessage, raw) => {
      const answer = this.#open ? this.#answerOf(request) : undefined
      if (answer === undefined) for (const listener of others) listener(request, raw)
      else void this.#respond(answer, request, { raw, hijack: ALREADY_OURS })
    })
  }

  /** From now on fastify gets everything: while it closes, it turns requests away. */
  close(): void {
    this.#open = false
  }

  #answerOf({ method, url = '', headers }: IncomingMessage): Answer | undefined {
    if (method !== 'POST' || headers['content-type'] !== 'application/json') return undefined
    const length = Number(headers['content-length'])
    return length > 0 && length <= BODY_LIMIT ? this.#answers.get(url) : undefined
  }

  async #respond(answer: Answer, incoming: IncomingMessage, reply: RawReply): Promise<void> {
    // A small body mostly comes with its headers, and is here then.
    await endOfTurn()
    const { method = '', url = '', headers, socket } = incoming
    const request: Asked = { method, url, headers, query: NO_QUERY, body: undefined, socket }
    try {
      const body = incoming.complete ? (incoming.read() as Buffer | null) : await piecesOf(incoming)
      request.body = parseJsonBody(body?.toString('utf8') ?? '')
      await answer(request, reply)
    } catch (error) {
      this.#failed(error, request, reply)
    }
  }
}

/** Its URLs have none. */
const NO_QUERY = {}
const ALREADY_OURS = (): void => undefined

/** The whole body; Node's parser sees to it that it has the length told. Never resolves when the client leaves. */
function piecesOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => resolve(Buffer.concat(pieces)))
  })
}
