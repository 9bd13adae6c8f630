import type { ImageContent, UserContent } from '../../messages.ts'
import { wellFormed, type JsonObject } from './json.ts'
import { ownFields } from './metadata.ts'
import { OPENAI_CHAT } from './name.ts'
import { unsupported, type Warn } from './warnings.ts'

/** Empty texts are left out: many hosts refuse them. */
export function encodeParts(content: readonly UserContent[], warn: Warn): JsonObject[] {
  const parts: JsonObject[] = []
  for (const part of content) {
    if (part.type === 'text') {
      if (part.text !== '') parts.push({ type: 'text', text: wellFormed(part.text), ...ownFields(part) })
    } else if (part.type === 'image') parts.push(encodeImage(part))
    else if (part.protocol === OPENAI_CHAT) parts.push(part.value)
    else warn(foreignPart(part.protocol))
  }
  return parts
}

function encodeImage(image: ImageContent): JsonObject {
  const url = image.url ?? `data:${image.mimeType ?? 'image/png'};base64,${image.data ?? ''}`
  return {
    type: 'image_url',
    image_url: { url, ...(image.detail === undefined ? {} : { detail: image.detail }) },
    ...ownFields(image),
  }
}

export const foreignPart = (protocol: string) =>
  unsupported('content', `A part that only "${protocol}" can express was left out.`)
