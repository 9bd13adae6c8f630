import { isObject, textOf, type JsonObject } from './json.ts'

/** What a message item says about its texts; it rides on each of them. */
export interface TextOrigin {
  readonly id?: string
  /** `commentary` or `final_answer`; models that have it get worse without it. */
  readonly phase?: string
  /** The model's words for why it does not answer. */
  readonly refusal?: boolean
}

export const writeTextSignature = (origin: TextOrigin): string => JSON.stringify({ v: 1, ...origin })

export function readTextSignature(signature: string | undefined): TextOrigin {
  const object = parseObject(signature)
  if (object?.['v'] !== 1) return {}
  const id = textOf(object['id'])
  const phase = textOf(object['phase'])
  return {
    ...(id === undefined ? {} : { id }),
    ...(phase === undefined ? {} : { phase }),
    ...(object['refusal'] === true ? { refusal: true } : {}),
  }
}

/** A thought's signature is its whole item as JSON. */
export function readItemSignature(signature: string | undefined): JsonObject | undefined {
  const item = parseObject(signature)
  return item?.['type'] === 'reasoning' ? item : undefined
}

function parseObject(text: string | undefined): JsonObject | undefined {
  if (text === undefined || !text.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export interface SignedThought {
  /** The protocol of the provider that signed. */
  readonly api: string
  readonly signature: string
  readonly redacted: boolean
}

/**
 * Thoughts of a provider of another protocol reach a client of this one as `encrypted_content`, in an envelope that names
 * that protocol. The client sends it back unread, and the thought finds its way home, and nowhere else.
 */
export const sealThought = ({ api, signature, redacted }: SignedThought): string =>
  `plugboard:${api}:${redacted ? 'redacted:' : ''}${signature}`

export function openThought(encrypted: unknown): SignedThought | undefined {
  const [, api, redacted, signature] = /^plugboard:([a-z0-9-]+):(redacted:)?(.*)$/s.exec(textOf(encrypted) ?? '') ?? []
  return api === undefined || signature === undefined ? undefined : { api, signature, redacted: redacted !== undefined }
}
