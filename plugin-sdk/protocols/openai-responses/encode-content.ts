import type { OpaqueContent, UserContent } from '../../messages.ts'
import { extrasOf } from './extras.ts'
import { textOf, type JsonObject } from './json.ts'

/** Parts of a user message or of a tool's output. Whole items among them are not for here: see `isItem`. */
export const encodeParts = (parts: readonly UserContent[]): JsonObject[] => parts.map(encodePart)

function encodePart(part: UserContent): JsonObject {
  if (part.type === 'opaque') return part.value
  const extras = extrasOf(part.providerMetadata)
  if (part.type === 'text') return { type: 'input_text', text: part.text, ...extras }
  const url = part.data === undefined ? part.url : `data:${part.mimeType ?? 'image/png'};base64,${part.data}`
  return { type: 'input_image', image_url: url, detail: part.detail ?? 'auto', ...extras }
}

/** Opaque content is either a part of a message or an item beside the messages; the types of parts have these forms. */
export const isPartType = (type: unknown): boolean => /^(?:input|output)_|^refusal$/.test(textOf(type) ?? '')

export const isItem = (part: { readonly type: string }): part is OpaqueContent =>
  part.type === 'opaque' && !isPartType((part as OpaqueContent).value['type'])

/** A lone text without anything about it, as the string that more hosts take. */
export function onlyText(parts: readonly JsonObject[]): string | undefined {
  const [part, ...others] = parts
  const isPlain = part !== undefined && others.length === 0 && Object.keys(part).length === 2
  return isPlain && part['type'] === 'input_text' ? textOf(part['text']) : undefined
}
