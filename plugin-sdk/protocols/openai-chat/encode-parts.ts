import type { ImageContent, UserContent } from '../../messages.ts'
import type { JsonObject } from './json.ts'
import { ownFields } from './metadata.ts'

/** Empty texts are left out: many hosts refuse them. */
export const encodeParts = (content: readonly UserContent[]): JsonObject[] => content.flatMap(encodePart)

function encodePart(part: UserContent): JsonObject[] {
  if (part.type === 'image') return [encodeImage(part)]
  if (part.type === 'opaque') return [part.value]
  return part.text === '' ? [] : [{ type: 'text', text: part.text, ...ownFields(part) }]
}

function encodeImage(image: ImageContent): JsonObject {
  const url = image.url ?? `data:${image.mimeType ?? 'image/png'};base64,${image.data ?? ''}`
  return {
    type: 'image_url',
    image_url: { url, ...(image.detail === undefined ? {} : { detail: image.detail }) },
    ...ownFields(image),
  }
}
