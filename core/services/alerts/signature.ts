import { createHmac, randomBytes } from 'node:crypto'
import type { Secret } from '@plugboard/sdk'

const PREFIX = 'whsec_'
/** The specification wants 24 to 64. */
const KEY_BYTES = 32

export const newSigningSecret = (): string => PREFIX + randomBytes(KEY_BYTES).toString('base64')

/** The headers of Standard Webhooks. `at` is the time of this attempt, in milliseconds since 1970: receivers refuse old ones. */
export function signedHeaders(secret: Secret, id: string, at: number, body: string): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at / 1_000))
  const key = Buffer.from(secret.reveal().slice(PREFIX.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}
