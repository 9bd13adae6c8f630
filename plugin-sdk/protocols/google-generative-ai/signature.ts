import { GOOGLE } from './name.ts'

/** Google documents this value for calls in a history that another model made. */
export const FOREIGN_CALL_SIGNATURE = 'skip_thought_signature_validator'

/** Clients decode a signature as base64, and the provider refuses one that is not. */
export const isBase64 = (value: string): boolean =>
  value !== '' && value.length % 4 === 0 && /^[A-Za-z0-9+/_-]+={0,2}$/.test(value)

const ENVELOPE = /^plugboard:([a-z0-9-]+):(.*)$/s

/**
 * A signature for a client. One made under another protocol goes in an envelope that names it: the client sends it back
 * unread, and it finds its way to a provider of that protocol and to no other.
 */
export function wrapSignature(signature: string, api: string | undefined): string {
  if (api === undefined || api === GOOGLE) return signature
  return Buffer.from(`plugboard:${api}:${signature}`).toString('base64')
}

/** `api` is the protocol that made the signature. */
export function unwrapSignature(signature: string): { readonly signature: string; readonly api: string } {
  // "plugboard:" begins so; anything else need not be decoded.
  const text = signature.startsWith('cGx1Z2JvYXJkO') ? Buffer.from(signature, 'base64').toString() : ''
  const [, api, inner] = ENVELOPE.exec(text) ?? []
  return api === undefined || inner === undefined ? { signature, api: GOOGLE } : { signature: inner, api }
}
