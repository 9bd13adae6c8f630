import type { IncomingMessage, RequestListener } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { endOfTurn } from '@plugboard/sdk'
import type { ApiKey } from '../../services/keys/keys.ts'
import { BODY_LIMIT, parseJsonBody } from './body.ts'
import type { RawReply } from './send-problem.ts'

/** What a route needs of a request. */
export type Asked = Pick<FastifyRequest, 'method' | 'url' | 'headers' | 'query' | 'body' | 'socket'>

/** How an address is answered. */
export interface Address {
  /** Whose request it is. Throws for one that is nobody's, whose body is then not read. */
  admit(request: Asked): ApiKey
  answer(request: Asked, reply: RawReply, key: ApiKey): Promise<void>
}

/**
 * Takes the ordinary request of a busy route past fastify, whose router, hooks and body reader cost a small call as much as
 * a tenth of all its work. Ordinary is a POST to exactly that URL with a JSON body of a told length below the limit; every
 * other one goes to fastify, which knows what to say about it. Both ways answer through the same function.
 */
export class FastLane {
  readonly #addresses = new Map<string, Address>()
  readonly #failed: (error: unknown, request: Asked, reply: RawReply) => unknown
  #open = true

  /** `failed` answers a request whose answer threw. */
  constructor(failed: (error: unknown, request: Asked, reply: RawReply) => unknown) {
    this.#failed = failed
  }

  post(url: string, address: Address): void {
    this.#addresses.set(url, address)
  }

  /** Puts itself in front of the listeners of fastify's server. */
  openBefore({ server }: FastifyInstance): void {
    const others = server.listeners('request') as RequestListener[]
    server.removeAllListeners('request')
    server.on('request', (request: IncomingMessage, raw) => {
      const address = this.#open ? this.#addressOf(request) : undefined
      if (address === undefined) for (const listener of others) listener(request, raw)
      else void this.#respond(address, request, { raw, hijack: ALREADY_OURS })
    })
  }

  /** From now on fastify gets everything: while it closes, it turns requests away. */
  close(): void {
    this.#open = false
  }

  #addressOf({ method, url = '', headers }: IncomingMessage): Address | undefined {
    if (method !== 'POST' || headers['content-type'] !== 'application/json') return undefined
    const length = Number(headers['content-length'])
    return length > 0 && length <= BODY_LIMIT ? this.#addresses.get(url) : undefined
  }

  async #respond(address: Address, incoming: IncomingMessage, reply: RawReply): Promise<void> {
    const { method = '', url = '', headers, socket } = incoming
    const request: Asked = { method, url, headers, query: NO_QUERY, body: undefined, socket }
    try {
      const key = address.admit(request)
      // A small body mostly comes with its headers, and is here then.
      await endOfTurn()
      const body = incoming.complete ? (incoming.read() as Buffer | null) : await piecesOf(incoming)
      request.body = parseJsonBody(body?.toString('utf8') ?? '')
      await address.answer(request, reply, key)
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
