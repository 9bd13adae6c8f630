import type { AssistantContent, ImageContent, OpaqueContent, ProviderMetadata, UserContent } from '../../messages.ts'
import { isObject, type JsonObject } from './json.ts'
import { GOOGLE } from './name.ts'
import { unwrapSignature } from './signature.ts'
import { hasFields, invalid, optionalObject, optionalText, requiredText, split, type Fields } from './request-fields.ts'

const PART = [
  'text',
  'thought',
  'thoughtSignature',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
] as const

/** One part of a turn, its fields told apart. */
export interface OpenPart extends Fields<(typeof PART)[number]> {
  readonly raw: JsonObject
  /** Where it stands, for error messages. */
  readonly param: string
  /** An id for a call here that has none. */
  readonly place: string
  readonly signature: string | undefined
  /** The protocol that made the signature. */
  readonly api: string
}

/** Absent and empty are the same in protobuf. */
const readSignature = (value: string | undefined): Pick<OpenPart, 'signature' | 'api'> =>
  value ? unwrapSignature(value) : { signature: undefined, api: GOOGLE }

export function openPart(value: unknown, param: string, place: string): OpenPart {
  if (!isObject(value)) throw invalid(param, 'must be an object')
  const { known, rest } = split(value, param, PART)
  const thoughtSignature = optionalText(known.thoughtSignature, `${param}.thoughtSignature`)
  return { known, rest, raw: value, param, place, ...readSignature(thoughtSignature) }
}

/** Fields without a unified name, kept for a provider of this protocol. */
export const extrasMetadata = (extras: JsonObject): { providerMetadata?: ProviderMetadata } =>
  hasFields(extras) ? { providerMetadata: { [GOOGLE]: extras } } : {}

export function parseUserPart(part: OpenPart): UserContent {
  const { known, rest, param } = part
  if (known.functionCall !== undefined) throw invalid(`${param}.functionCall`, 'belongs into a turn of the model')
  const text = optionalText(known.text, `${param}.text`)
  return text === undefined ? parseMedia(part) : { type: 'text', text, ...extrasMetadata(rest) }
}

/** Sound, video, documents and files only Google can open have no unified form and stay opaque. */
export function parseMedia(part: OpenPart): ImageContent | OpaqueContent {
  const { known, rest, param, raw } = part
  if (known.inlineData !== undefined) {
    const at = `${param}.inlineData`
    const { known: blob, rest: more } = split(known.inlineData, at, ['mimeType', 'data'])
    const data = requiredText(blob.data, `${at}.data`)
    const mimeType = optionalText(blob.mimeType, `${at}.mimeType`)
    const extras = { ...rest, ...(hasFields(more) ? { inlineData: more } : {}) }
    if (mimeType?.startsWith('image/') === true) return { type: 'image', mimeType, data, ...extrasMetadata(extras) }
  } else if (known.fileData !== undefined) {
    const at = `${param}.fileData`
    const { known: file, rest: more } = split(known.fileData, at, ['mimeType', 'fileUri'])
    const url = requiredText(file.fileUri, `${at}.fileUri`)
    const mimeType = optionalText(file.mimeType, `${at}.mimeType`)
    const extras = { ...rest, ...(hasFields(more) ? { fileData: more } : {}) }
    if (mimeType?.startsWith('image/') === true && isPublic(url))
      return { type: 'image', mimeType, url, ...extrasMetadata(extras) }
  }
  return { type: 'opaque', protocol: GOOGLE, value: raw }
}

const isPublic = (url: string): boolean =>
  /^https?:\/\//.test(url) && !/^https:\/\/([a-z0-9-]+\.)*googleapis\.com\//.test(url)

export function parseModelPart(part: OpenPart): AssistantContent {
  const { known, rest, param, raw, signature } = part
  if (known.functionResponse !== undefined)
    throw invalid(`${param}.functionResponse`, 'belongs into a turn of the user')
  if (known.functionCall !== undefined) return parseCall(part)
  const text = optionalText(known.text, `${param}.text`)
  if (text === undefined) return { type: 'opaque', protocol: GOOGLE, value: raw }
  const extras = extrasMetadata(rest)
  if (known.thought === true)
    return { type: 'thinking', thinking: text, ...(signature && { thinkingSignature: signature }), ...extras }
  return { type: 'text', text, ...(signature && { textSignature: signature }), ...extras }
}

function parseCall({ known, rest: beside, param: at, place, signature }: OpenPart): AssistantContent {
  const param = `${at}.functionCall`
  const { known: call, rest } = split(known.functionCall, param, ['id', 'name', 'args'])
  return {
    type: 'toolCall',
    id: optionalText(call.id, `${param}.id`) || place,
    name: requiredText(call.name, `${param}.name`),
    arguments: optionalObject(call.args, `${param}.args`) ?? {},
    ...(signature && { thoughtSignature: signature }),
    ...extrasMetadata({ ...beside, ...(hasFields(rest) ? { functionCall: rest } : {}) }),
  }
}
