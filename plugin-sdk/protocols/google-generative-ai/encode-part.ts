import type { ImageContent, OpaqueContent, ProviderMetadata, UserContent } from '../../messages.ts'
import { GEMINI } from './hand-off.ts'
import { isObject, merge, type JsonObject } from './json.ts'
import { GOOGLE } from './name.ts'
import { isSources } from './sources.ts'
import type { Target } from './target.ts'

export const encodeText = (text: string): JsonObject => ({ text })

/** Fields of a part that have no unified name, as a client of this protocol sent them. */
export function extrasOf(metadata: ProviderMetadata | undefined): JsonObject {
  const extras = metadata?.[GOOGLE]
  return isObject(extras) ? extras : {}
}

export function encodeUserPart(part: UserContent, target: Target): JsonObject[] {
  if (part.type === 'image') return encodeImage(part, target)
  if (part.type === 'opaque') return encodeOpaque(part)
  return part.text === '' ? [] : [merge(extrasOf(part.providerMetadata), encodeText(part.text))]
}

/** What stood beside an answer (its sources) is no part of it. */
export const encodeOpaque = (part: OpaqueContent): JsonObject[] => (isSources(part) ? [] : [part.value])

function encodeImage(image: ImageContent, target: Target): JsonObject[] {
  const { data, mimeType } = image.data === undefined ? fromDataUrl(image.url) : image
  const extras = extrasOf(image.providerMetadata)
  if (data !== undefined) return [merge(extras, { inlineData: { mimeType: mimeType ?? 'image/png', data } })]

  if (image.url === undefined || !target.compat.imageUrls) {
    target.note(GEMINI.imageAddresses)
    return []
  }
  const type = image.mimeType ?? typeOf(image.url)
  return [merge(extras, { fileData: { ...(type === undefined ? {} : { mimeType: type }), fileUri: image.url } })]
}

function fromDataUrl(url: string | undefined): { data?: string; mimeType?: string } {
  const match = /^data:([^;,]+)?[^,]*;base64,(.*)$/s.exec(url ?? '')
  if (match === null) return {}
  return { data: match[2] ?? '', ...(match[1] === undefined ? {} : { mimeType: match[1] }) }
}

/** The host wants the type beside the URL, and asks nobody. */
function typeOf(url: string): string | undefined {
  const ending = /\.([a-z]+)$/i.exec(URL.parse(url)?.pathname ?? '')?.[1]?.toLowerCase()
  if (ending === 'jpg') return 'image/jpeg'
  return ending !== undefined && ['png', 'jpeg', 'webp', 'gif', 'heic', 'heif'].includes(ending)
    ? `image/${ending}`
    : undefined
}
