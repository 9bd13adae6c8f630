import type { ImageContent } from '../../messages.ts'
import { extrasOf } from './extras.ts'
import type { JsonObject } from './json.ts'

export function encodeImage(image: ImageContent): JsonObject {
  const { data, mimeType } = image.data === undefined ? fromDataUrl(image.url) : image
  const source =
    data === undefined
      ? { type: 'url', url: image.url ?? '' }
      : { type: 'base64', media_type: mimeType ?? 'image/png', data }
  return { type: 'image', source, ...extrasOf(image.providerMetadata) }
}

/** Clients of other protocols send images as URLs that hold the bytes; this one takes such bytes only as data. */
function fromDataUrl(url: string | undefined): { readonly data?: string; readonly mimeType?: string } {
  if (url === undefined || !url.startsWith('data:')) return {}
  const comma = url.indexOf(',')
  const [mimeType, ...parameters] = url.slice('data:'.length, comma).split(';')
  if (comma === -1 || parameters.at(-1) !== 'base64') return {}
  return { data: url.slice(comma + 1), ...(mimeType ? { mimeType } : {}) }
}
