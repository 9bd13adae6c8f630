import type { FastifyRequest } from 'fastify'
import { loadProtocol, type Door } from '@plugboard/sdk/protocols'

/** A wire protocol as clients of the gateway meet it. */
export interface Entrance {
  /** Stands before the id of an answer whose provider gave none. */
  readonly idPrefix: string
  /** Loaded at first use: a gateway pays only for the protocols its clients speak. */
  readonly door: () => Door | Promise<Door>
}

export const ENTRANCES = {
  chat: entrance('openai-chat', 'chatcmpl-'),
  responses: entrance('openai-responses', 'resp_'),
  messages: entrance('anthropic-messages', 'msg_'),
  google: entrance('google-generative-ai', ''),
} as const satisfies Readonly<Record<string, Entrance>>

/** The protocol of whoever asks at an address, also where nothing answers: errors are told in its words. */
export function entranceOf(request: Pick<FastifyRequest, 'method' | 'url' | 'headers' | 'query'>): Entrance {
  const { method, url } = request
  const [, root = ''] = /^(?:\/api)?\/(v1\/(?:messages|responses|models)|v1beta)(?![^/?])/.exec(url) ?? []
  switch (root) {
    case 'v1/messages':
      return ENTRANCES.messages
    case 'v1/responses':
      return ENTRANCES.responses
    case 'v1/models':
      return method === 'POST' || isGoogleClient(request) ? ENTRANCES.google : ENTRANCES.chat
    case 'v1beta':
      return ENTRANCES.google
    default:
      return ENTRANCES.chat
  }
}

/** The list of models stands at the same address in two protocols; who asks shows by how it shows its key. */
const isGoogleClient = ({ headers, query }: Pick<FastifyRequest, 'headers' | 'query'>): boolean =>
  headers['x-goog-api-key'] !== undefined || 'key' in Object(query)

function entrance(protocol: string, idPrefix: string): Entrance {
  let door: Door | undefined
  const load = async (): Promise<Door> => (door = (await loadProtocol(protocol)).door)
  return { idPrefix, door: () => door ?? load() }
}
