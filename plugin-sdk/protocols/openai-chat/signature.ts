import type { ThinkingContent } from '../../messages.ts'
import { isObject, textOf, type JsonObject } from './json.ts'
import { OPENAI_CHAT } from './name.ts'
import { readDetails } from './reasoning-details.ts'
import { REASONING_FIELDS, THINKING_PARTS } from './reasoning-fields.ts'

/**
 * Thoughts and calls that a provider of another protocol signed reach a client of this one with their signature in an
 * envelope that names that protocol. The client sends it back unread, and it finds its way home, and nowhere else.
 */
const ENVELOPE = /^plugboard:([a-z0-9-]*):(.*)$/s
const FORMAT = 'plugboard'

const seal = (signature: string, api: string | undefined): string => `plugboard:${api ?? ''}:${signature}`

interface Opened {
  /** The protocol that signed, '' when unknown. */
  readonly api: string
  readonly signature: string
}

function open(sealed: unknown): Opened | undefined {
  const [, api, signature] = ENVELOPE.exec(textOf(sealed) ?? '') ?? []
  return api === undefined || signature === undefined ? undefined : { api, signature }
}

type Thought = Pick<ThinkingContent, 'thinking' | 'thinkingSignature' | 'redacted'>

/** Entries of `reasoning_details` for a thought that its provider wants back as it was. */
export function sealThought(thought: Thought, api: string | undefined, index: number): readonly JsonObject[] {
  const { thinking, thinkingSignature: signature, redacted } = thought
  if (signature === undefined || signature === '' || isFieldName(signature)) return []
  if (api === OPENAI_CHAT) return readDetails(signature) ?? []
  const sealed = seal(signature, api)
  return redacted === true
    ? [{ type: 'reasoning.encrypted', data: sealed, format: FORMAT, index }]
    : [{ type: 'reasoning.text', text: thinking, signature: sealed, format: FORMAT, index }]
}

/** Thoughts of this protocol's own hosts are marked with the field they came in, which is no secret. */
const isFieldName = (signature: string): boolean => signature === THINKING_PARTS || REASONING_FIELDS.includes(signature)

export interface OpenedThought {
  readonly api: string
  readonly thought: ThinkingContent
}

export function openThought(entry: JsonObject): OpenedThought | undefined {
  const redacted = open(entry['data'])
  const opened = redacted ?? open(entry['signature'])
  if (opened === undefined) return undefined
  const thought = {
    type: 'thinking',
    thinking: textOf(entry['text']) ?? '',
    thinkingSignature: opened.signature,
  } as const
  return { api: opened.api, thought: redacted === undefined ? thought : { ...thought, redacted: true } }
}

/** The field of a tool call that holds its signature, where Google's own endpoint of this protocol has it too. */
export const sealCall = (signature: string | undefined, api: string | undefined): JsonObject =>
  signature === undefined ? {} : { extra_content: { plugboard: { thought_signature: seal(signature, api) } } }

export function openCall(call: JsonObject): Opened | undefined {
  const extra = call['extra_content']
  const own = isObject(extra) ? extra['plugboard'] : undefined
  return isObject(own) ? open(own['thought_signature']) : undefined
}
