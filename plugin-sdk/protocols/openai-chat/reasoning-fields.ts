import { textOf, type JsonObject } from './json.ts'

/** Fields in which hosts send thoughts. Where two of them are filled, they say the same. */
export const REASONING_FIELDS: readonly string[] = ['reasoning_content', 'reasoning', 'reasoning_text']

/** `thinkingSignature` of thoughts that came as parts of the content (Mistral). */
export const THINKING_PARTS = 'content.thinking'

/** The field of a message or delta that holds its thoughts. */
export const reasoningFieldOf = (message: JsonObject): string | undefined =>
  REASONING_FIELDS.find((field) => textOf(message[field]) !== undefined)
