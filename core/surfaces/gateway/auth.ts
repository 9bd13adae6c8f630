import type { FastifyRequest } from 'fastify'
import { PlugboardError } from '@plugboard/sdk'
import type { ApiKey, KeyRing } from '../../services/keys/keys.ts'

/** The gateway key a request shows. Throws when it shows none, or one that is not ours. */
export function authenticate({ headers }: Pick<FastifyRequest, 'headers'>, keys: KeyRing): ApiKey {
  const secret = secretOf(headers)
  if (secret === undefined)
    throw new PlugboardError('KEY_MISSING', 'The request shows no API key.', {
      hint: 'Send "authorization: Bearer <your Plugboard key>".',
    })
  const key = keys.verify(secret)
  if (key === undefined)
    throw new PlugboardError('KEY_INVALID', 'The API key is not one of this gateway, or it was revoked.', {
      hint: 'Use a key of this gateway, not one of a provider; the first one was shown when the gateway first started.',
    })
  return key
}

function secretOf(headers: FastifyRequest['headers']): string | undefined {
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  const other = headers['x-api-key']
  return bearer ?? (typeof other === 'string' && other !== '' ? other : undefined)
}
