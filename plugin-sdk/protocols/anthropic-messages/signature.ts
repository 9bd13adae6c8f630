/**
 * Thoughts of a provider of another protocol reach a client of this one with their signature in an envelope that names
 * that protocol. The client sends it back unread, and the thought finds its way home, and nowhere else.
 */
const ENVELOPE = /^plugboard:([a-z0-9-]*):(.*)$/s

export const wrapSignature = (signature: string | undefined, api: string | undefined): string =>
  signature === undefined ? '' : `plugboard:${api ?? ''}:${signature}`

export interface ReadSignature {
  readonly signature: string
  /** The protocol of the provider that signed; undefined for one of this protocol, '' when unknown. */
  readonly foreignApi: string | undefined
}

export function unwrapSignature(signature: string): ReadSignature {
  const [, api, inner] = ENVELOPE.exec(signature) ?? []
  return inner === undefined ? { signature, foreignApi: undefined } : { signature: inner, foreignApi: api ?? '' }
}
