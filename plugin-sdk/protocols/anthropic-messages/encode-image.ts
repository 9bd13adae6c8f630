import { imageSource } from '../../image-source.ts'
import type { ImageContent } from '../../messages.ts'
import { extrasOf } from './extras.ts'
import type { JsonObject } from './json.ts'

/** Bytes within a URL are sent as bytes, because this protocol takes them in no other way. */
export function encodeImage(image: ImageContent): JsonObject {
  const read = imageSource(image)
  const source =
    read.data === undefined
      ? { type: 'url', url: read.url }
      : { type: 'base64', media_type: read.mediaType, data: read.data }
  return { type: 'image', source, ...extrasOf(image.providerMetadata) }
}
