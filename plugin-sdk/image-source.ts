import type { ImageContent } from './messages.ts'

/** Where the bytes of an image are: in hand as base64, or at an address, whose type is not always known. */
export type ImageSource =
  | { readonly data: string; readonly mediaType: string }
  | { readonly data: undefined; readonly url: string; readonly mediaType: string | undefined }

/** Clients of several protocols send the bytes inside a `data:` URL; these count as bytes in hand. */
export function imageSource({ data, url = '', mimeType }: ImageContent): ImageSource {
  if (data !== undefined) return { data, mediaType: mimeType ?? UNNAMED }
  const [, type, bytes] = /^data:([^;,]+)?[^,]*;base64,(.*)$/s.exec(url) ?? []
  return bytes === undefined
    ? { data: undefined, url, mediaType: mimeType }
    : { data: bytes, mediaType: type ?? mimeType ?? UNNAMED }
}

const UNNAMED = 'image/png'
