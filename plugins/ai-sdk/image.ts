import type { ImageContent } from '@plugboard/sdk'
import type { Asking, Json } from './model.ts'

/** An image of a user's message. Nothing, and a warning, when the provider cannot take it. */
export function inFile(image: ImageContent, asking: Asking): Json[] {
  const { mediaType, data, url } = read(image)
  const tagged = asking.version === 'v4'
  if (data !== undefined) return [{ type: 'file', mediaType, data: tagged ? { type: 'data', data } : data }]
  if (url === null || !isFetched(url.href, mediaType, asking)) return refuse(asking)
  return [{ type: 'file', mediaType, data: tagged ? { type: 'url', url } : url }]
}

/** An image of a tool's result. */
export function inResult(image: ImageContent, asking: Asking): Json[] {
  if (asking.version === 'v4') return inFile(image, asking)
  const { mediaType, data, url } = read(image)
  if (data !== undefined) return [{ type: asking.version === 'v3' ? 'image-data' : 'media', data, mediaType }]
  return url === null || asking.version === 'v2' ? refuse(asking) : [{ type: 'image-url', url: url.href }]
}

function read({ data, url = '', mimeType }: ImageContent) {
  const [, type = 'image/png', bytes] = /^data:([^;,]+)?[^,]*;base64,(.*)$/s.exec(url) ?? []
  if (data === undefined && bytes === undefined) return { mediaType: mimeType ?? 'image/*', url: URL.parse(url) }
  return { mediaType: data === undefined ? type : (mimeType ?? type), data: data ?? bytes, url: null }
}

/** Whether the provider fetches the address. Nobody else does: a caller must not send us to hosts of his choice. */
const isFetched = (url: string, mediaType: string, { urls }: Asking): boolean =>
  Object.entries(urls).some(
    ([type, patterns]) => ['*', '*/*', 'image/*', mediaType].includes(type) && patterns.some((each) => each.test(url)),
  )

function refuse({ warn }: Asking): [] {
  const message = 'An image was left out: this provider takes images as data, not as URL.'
  warn({ type: 'unsupported', feature: 'image-url', message })
  return []
}
