import { imageSource, type ImageContent } from '@plugboard/sdk'
import type { Asking, Json } from './model.ts'

/** An image of a user's message. Nothing, and a warning, when the provider cannot take it. */
export function inFile(image: ImageContent, asking: Asking): Json[] {
  const source = imageSource(image)
  const { data, mediaType = 'image/*' } = source
  const tagged = asking.version === 'v4'
  if (data !== undefined) return [{ type: 'file', mediaType, data: tagged ? { type: 'data', data } : data }]
  const url = URL.parse(source.url)
  if (url === null || !isFetched(url.href, mediaType, asking)) return refuse(asking)
  return [{ type: 'file', mediaType, data: tagged ? { type: 'url', url } : url }]
}

/** An image of a tool's result. */
export function inResult(image: ImageContent, asking: Asking): Json[] {
  if (asking.version === 'v4') return inFile(image, asking)
  const source = imageSource(image)
  const { data, mediaType } = source
  if (data !== undefined) return [{ type: asking.version === 'v3' ? 'image-data' : 'media', data, mediaType }]
  const url = URL.parse(source.url)
  return url === null || asking.version === 'v2' ? refuse(asking) : [{ type: 'image-url', url: url.href }]
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
