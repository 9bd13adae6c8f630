import type { ImageContent, UserContent } from '../../messages.ts'
import { wellFormed, type JsonObject } from './json.ts'
import { ownFields } from './metadata.ts'
import { OPENAI_CHAT } from './name.ts'
import { unsupported, type Warn } from './warnings.ts'

export interface PartsEncoding {
  /** Whether the model may see images. */
  readonly takesImages: boolean
  readonly warn: Warn
}

/** Empty texts are left out: many hosts refuse them. */
export function encodeParts(content: readonly UserContent[], { takesImages, warn }: PartsEncoding): JsonObject[] {
  const parts: JsonObject[] = []
  for (const part of content) {
    if (part.type === 'text') {
      if (part.text !== '') parts.push({ type: 'text', text: wellFormed(part.text), ...ownFields(part) })
    } else if (part.type === 'image') {
      if (takesImages) parts.push(encodeImage(part))
      else if (parts.at(-1) !== NO_IMAGE) {
        parts.push(NO_IMAGE)
        warn(unsupported('image', 'This model does not take images; they were left out.'))
      }
    } else if (part.protocol === OPENAI_CHAT) parts.push(part.value)
    else warn(foreignPart(part.protocol))
  }
  return parts
}

/** Stands for any number of images in a row. */
const NO_IMAGE: JsonObject = { type: 'text', text: '(an image was left out: this model does not take images)' }

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
