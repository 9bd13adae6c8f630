import type { ImageContent, UserContent } from '../../messages.ts'
import { invalid, listAt, nameAt, objectAt, optionalText } from './door-check.ts'
import { isObject, unknownFields, type JsonObject } from './json.ts'
import { keepFields } from './metadata.ts'
import { OPENAI_CHAT } from './name.ts'

/** Content of a user or tool message. Parts of kinds we have no word for are kept for providers of this protocol. */
export function parseParts(content: unknown, param: string): readonly UserContent[] {
  const parts = listAt(content, param, 'a text or a list of parts')
  if (parts.length === 0) throw invalid(param, 'a text or a list of at least one part')
  return parts.map((part, index) => parsePart(objectAt(part, `${param}[${index}]`), `${param}[${index}]`))
}

function parsePart(part: JsonObject, param: string): UserContent {
  const type = nameAt(part['type'], `${param}.type`)
  if (type === 'text') {
    if (typeof part['text'] !== 'string') throw invalid(`${param}.text`, 'a text')
    return { type: 'text', text: part['text'], ...keepFields(unknownFields(part, TEXT_FIELDS)) }
  }
  if (type === 'image_url') return parseImage(part, `${param}.image_url`)
  return { type: 'opaque', protocol: OPENAI_CHAT, value: part }
}

function parseImage(part: JsonObject, param: string): ImageContent {
  // A bare address is not in OpenAI's API, but other hosts have taught it to their users.
  const image = typeof part['image_url'] === 'string' ? { url: part['image_url'] } : objectAt(part['image_url'], param)
  const url = nameAt(image['url'], `${param}.url`)
  const detail = optionalText(image['detail'], `${param}.detail`)
  return {
    type: 'image',
    ...source(url),
    ...(detail === undefined ? {} : { detail }),
    ...keepFields(unknownFields(part, IMAGE_FIELDS)),
  }
}

const TEXT_FIELDS: ReadonlySet<string> = new Set(['type', 'text'])
const IMAGE_FIELDS: ReadonlySet<string> = new Set(['type', 'image_url'])

const BASE64 = ';base64,'

function source(url: string): Pick<ImageContent, 'url' | 'data' | 'mimeType'> {
  if (!url.startsWith('data:')) return { url }
  const comma = url.indexOf(BASE64)
  const mimeType = url.slice('data:'.length, comma)
  if (comma === -1 || mimeType === '' || mimeType.includes(',') || mimeType.includes(';')) return { url }
  return { mimeType, data: url.slice(comma + BASE64.length) }
}

/** Text that may come as parts. Undefined when a part is more than plain text. */
export function plainText(content: unknown, param: string): string | undefined {
  if (typeof content === 'string') return content
  const texts: string[] = []
  for (const [index, part] of listAt(content, param, 'a text or a list of text parts').entries()) {
    if (!isObject(part) || part['type'] !== 'text' || typeof part['text'] !== 'string')
      throw invalid(`${param}[${index}]`, 'a text part')
    texts.push(part['text'])
    if (unknownFields(part, TEXT_FIELDS) !== undefined) return undefined
  }
  return texts.join('\n')
}
