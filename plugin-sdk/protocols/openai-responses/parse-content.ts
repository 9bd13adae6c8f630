import type { ImageContent, OpaqueContent, TextContent, UserContent } from '../../messages.ts'
import { isPartType } from './encode-content.ts'
import { keepExtras } from './extras.ts'
import { isOwnItemId } from './ids.ts'
import { isObject, without, type JsonObject } from './json.ts'
import { OPENAI_RESPONSES } from './name.ts'
import { invalid, optionalText, requiredObject, requiredText } from './request-fields.ts'
import { writeTextSignature } from './signature.ts'

export const opaque = (value: JsonObject): OpaqueContent => ({ type: 'opaque', protocol: OPENAI_RESPONSES, value })

/** A content list whose parts all have a place in a message; others can be passed on only as a whole item. */
export const isReadable = (content: unknown): boolean =>
  !Array.isArray(content) || content.every((part) => !isObject(part) || isPartType(part['type']))

function listOfParts(value: unknown, param: string): readonly JsonObject[] {
  if (!Array.isArray(value)) throw invalid(param, 'must be a string or a list of parts')
  return value.map((part, index) => requiredObject(part, `${param}[${index}]`))
}

/** Parts of a user message or of a tool's output. */
export function parseParts(value: unknown, param: string): UserContent[] {
  return listOfParts(value, param).map((part, index) => parsePart(part, `${param}[${index}]`))
}

function parsePart(part: JsonObject, param: string): UserContent {
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
      return { type: 'text', text: readText(part['text'], `${param}.text`), ...keepExtras(textExtras(part)) }
    case 'input_image':
      return typeof part['image_url'] === 'string' ? parseImage(part, part['image_url'], param) : opaque(part)
    default:
      return opaque(part)
  }
}

function parseImage(part: JsonObject, url: string, param: string): ImageContent {
  const detail = optionalText(part['detail'], `${param}.detail`)
  const [, mimeType, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? []
  return {
    type: 'image',
    ...(mimeType === undefined || data === undefined ? { url } : { mimeType, data }),
    ...(detail === undefined ? {} : { detail }),
    ...keepExtras(without(part, ['type', 'image_url', 'detail'])),
  }
}

/** The text of an instruction; undefined when it holds more than text. */
export function plainText(content: unknown, param: string): string | undefined {
  if (typeof content === 'string') return content
  const parts = parseParts(content, param)
  return parts.every((part) => part.type === 'text') ? parts.map(({ text }) => text).join('\n') : undefined
}

/** The texts of an assistant's message, each with what the message says about them. */
export function parseAnswer(item: JsonObject, param: string): TextContent[] {
  const { content } = item
  const id = isOwnItemId(item['id']) ? undefined : optionalText(item['id'], `${param}.id`)
  const phase = optionalText(item['phase'], `${param}.phase`)
  const sign = (refusal: boolean): Pick<TextContent, 'textSignature'> => {
    const origin = {
      ...(id === undefined ? {} : { id }),
      ...(phase === undefined ? {} : { phase }),
      ...(refusal ? { refusal } : {}),
    }
    return Object.keys(origin).length === 0 ? {} : { textSignature: writeTextSignature(origin) }
  }
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content, ...sign(false) }]
  return listOfParts(content, `${param}.content`).map((part, index) => {
    const at = `${param}.content[${index}]`
    if (part['type'] === 'refusal')
      return { type: 'text', text: readText(part['refusal'], `${at}.refusal`), ...sign(true) }
    if (part['type'] !== 'output_text' && part['type'] !== 'input_text')
      throw invalid(`${at}.type`, 'must be output_text or refusal')
    return {
      type: 'text',
      text: readText(part['text'], `${at}.text`),
      ...sign(false),
      ...keepExtras(textExtras(part)),
    }
  })
}

/** Empty lists say nothing. */
function textExtras(part: JsonObject): JsonObject {
  const extras = Object.entries(without(part, ['type', 'text']))
  return Object.fromEntries(extras.filter(([, value]) => !Array.isArray(value) || value.length > 0))
}

function readText(value: unknown, param: string): string {
  return value === '' ? '' : requiredText(value, param)
}
