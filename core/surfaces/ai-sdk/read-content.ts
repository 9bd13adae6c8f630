import type { ToolResultMessage, UserContent } from '@plugboard/sdk'
import { unsupported } from './sdk-errors.ts'

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null

/** A file of a prompt: an image, or text in one. Throws UnsupportedFunctionalityError on everything else. */
export function readFile(data: unknown, mediaType: string): UserContent {
  // `ai` 7 passes a text file on in the form of its own version.
  if (isObject(data) && data['type'] === 'text' && typeof data['text'] === 'string')
    return { type: 'text', text: data['text'] }
  const isUrl = data instanceof URL
  const base64 = data instanceof Uint8Array ? Buffer.from(data).toString('base64') : data
  const mimeType = mediaType.endsWith('/*') ? {} : { mimeType: mediaType }
  if (mediaType.startsWith('image/') && isUrl) return { type: 'image', url: data.href, ...mimeType }
  if (typeof base64 === 'string') {
    if (mediaType.startsWith('image/')) return { type: 'image', data: base64, ...mimeType }
    if (mediaType.startsWith('text/')) return { type: 'text', text: Buffer.from(base64, 'base64').toString('utf8') }
  }
  throw unsupported(`a file of the type "${mediaType}"${isUrl ? ' by its URL' : ''}`)
}

/** What a tool gave back. */
export function readOutput(output: unknown): Pick<ToolResultMessage, 'content' | 'isError'> {
  const { type, value, reason } = (isObject(output) ? output : {}) as Json
  const isError = type === 'error-text' || type === 'error-json' || type === 'execution-denied'
  const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }], isError })
  if (type === 'execution-denied') return text(typeof reason === 'string' ? reason : 'The user denied the call.')
  if (type === 'content' && Array.isArray(value)) return { content: value.map((part) => readOutputPart(part)), isError }
  return text(typeof value === 'string' ? value : JSON.stringify(value ?? null))
}

function readOutputPart(part: unknown): UserContent {
  const { type, text, data, url, mediaType } = (isObject(part) ? part : {}) as Json
  if (type === 'text') return { type: 'text', text: String(text) }
  if (type === 'image-url') return { type: 'image', url: String(url) }
  if (type === 'image-data' || type === 'file-data' || type === 'media' || type === 'file')
    return readFile(data, typeof mediaType === 'string' ? mediaType : '')
  throw unsupported(`a tool result of the type "${String(type)}"`)
}
