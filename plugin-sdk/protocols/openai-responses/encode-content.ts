import type { OpaqueContent, UserContent, Warning } from '../../messages.ts'
import { extrasOf } from './extras.ts'
import { textOf, type JsonObject } from './json.ts'
import { OPENAI_RESPONSES } from './name.ts'
import type { Target } from './target.ts'

const OMITTED_IMAGE: JsonObject = {
  type: 'input_text',
  text: '(an image was left out: this model does not take images)',
}

/** Parts of a user message or of a tool's output. Whole items among them are not for here: see `isItem`. */
export function encodeParts(parts: readonly UserContent[], target: Target): JsonObject[] {
  const encoded = parts.flatMap((part) => encodePart(part, target))
  return encoded.filter((part, index) => part !== OMITTED_IMAGE || encoded[index - 1] !== OMITTED_IMAGE)
}

function encodePart(part: UserContent, target: Target): JsonObject[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'input_text', text: part.text.toWellFormed(), ...extrasOf(part.providerMetadata) }]
    case 'image': {
      const { model, warn } = target
      const url = part.data === undefined ? part.url : `data:${part.mimeType ?? 'image/png'};base64,${part.data}`
      if (url !== undefined && model.input.includes('image'))
        return [
          { type: 'input_image', image_url: url, detail: part.detail ?? 'auto', ...extrasOf(part.providerMetadata) },
        ]
      warn({ type: 'unsupported', feature: 'image', message: `${model.id} does not take images; they were left out.` })
      return [OMITTED_IMAGE]
    }
    case 'opaque':
      return encodeOpaque(part, target)
  }
}

export function encodeOpaque({ protocol, value }: OpaqueContent, { warn }: Target): JsonObject[] {
  if (protocol === OPENAI_RESPONSES) return [value]
  warn(leftOut(protocol))
  return []
}

export const leftOut = (protocol: string): Warning => ({
  type: 'unsupported',
  feature: `content:${protocol}`,
  message: `A content part that only ${protocol} knows was left out.`,
})

/** Opaque content is either a part of a message or an item beside the messages; the types of parts have these forms. */
export const isPartType = (type: unknown): boolean => /^(?:input|output)_|^refusal$/.test(textOf(type) ?? '')

export const isItem = (part: { readonly type: string }): part is OpaqueContent =>
  part.type === 'opaque' &&
  (part as OpaqueContent).protocol === OPENAI_RESPONSES &&
  !isPartType((part as OpaqueContent).value['type'])

/** A lone text without anything about it, as the string that more hosts take. */
export function onlyText(parts: readonly JsonObject[]): string | undefined {
  const [part, ...others] = parts
  const isPlain = part !== undefined && others.length === 0 && Object.keys(part).length === 2
  return isPlain && part['type'] === 'input_text' ? textOf(part['text']) : undefined
}
