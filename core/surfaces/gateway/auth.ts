import type { FastifyRequest } from 'fastify'
import { PlugboardError } from '@plugboard/sdk'
import type { ApiKey, KeyRing } from '../../services/keys/keys.ts'

/**
 * The gateway key a request shows. Throws when it shows none, or one that is not ours. `inUrl`: the client may also show it
 * as `?key=`.
 */
export function authenticate(
  { headers, query, socket }: Pick<FastifyRequest, 'headers' | 'query' | 'socket'>,
  keys: KeyRing,
  inUrl = false,
): ApiKey {
  const secret = secretOf(headers) ?? (inUrl ? textOf((query as Readonly<Record<string, unknown>>)['key']) : undefined)
  if (secret === undefined)
    throw new PlugboardError('KEY_MISSING', 'The request shows no API key.', {
      hint: 'Send "authorization: Bearer <your Plugboard key>"; "x-api-key" and "x-goog-api-key" are read too.',
    })
  const key = keys.verify(secret, socket)
  if (key === undefined)
    throw new PlugboardError('KEY_INVALID', 'The API key is not one of this gateway, or it was revoked.', {
      hint: 'Use a key of this gateway, not one of a provider; `plugboard keys add` makes one.',
    })
  return key
}

function secretOf(headers: FastifyRequest['headers']): string | undefined {
  const { authorization = '' } = headers
  // How every client library writes it; others may write it otherwise.
  const usual = authorization.startsWith(BEARER) ? authorization.slice(BEARER.length) : ''
  const bearer = usual !== '' && !usual.includes(' ') ? usual : /^bearer +(\S+) *$/i.exec(authorization)?.[1]
  return bearer ?? textOf(headers['x-api-key']) ?? textOf(headers['x-goog-api-key'])
}

const BEARER = 'Bearer '

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
