import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { Secret } from '@plugboard/sdk'

export const ALGORITHM = 'A256GCM'
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

export interface Envelope {
  readonly nonce: Uint8Array
  /** The encrypted value with its tag at the end. */
  readonly sealed: Uint8Array
}

/** Names a master key without telling anything about it. */
export const keyId = (master: Buffer): string => derived(master, 'id', 8).toString('hex')

/** Every record has a key of its own, and opens only under its own name and version: one that was moved is useless. */
export function seal(master: Buffer, name: string, version: number, value: Secret): Envelope {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, recordKey(master, name), nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(placeOf(name, version))
  const sealed = Buffer.concat([cipher.update(value.reveal(), 'utf8'), cipher.final(), cipher.getAuthTag()])
  return { nonce, sealed }
}

/** Throws when the record is not exactly what was sealed under this name and version. */
export function unseal(master: Buffer, name: string, version: number, { nonce, sealed }: Envelope): Secret {
  const decipher = createDecipheriv(CIPHER, recordKey(master, name), nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(placeOf(name, version))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  const text = Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()])
  return new Secret(text.toString('utf8'))
}

const recordKey = (master: Buffer, name: string): Buffer => derived(master, `record ${name}`, 32)

const derived = (master: Buffer, purpose: string, bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', master, '', `plugboard vault ${purpose}`, bytes))

const placeOf = (name: string, version: number): Buffer => Buffer.from(JSON.stringify([name, version]))
