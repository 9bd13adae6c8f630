import { createHash } from 'node:crypto'
import { textOf, type JsonObject } from './json.ts'

const MAX_LENGTH = 64

export const shortHash = (text: string, length = 16): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length)

/** A call's id in our messages: what its result refers to and what names its item, `call_id|item_id`. */
export function joinCallId(item: JsonObject): string | undefined {
  const callId = textOf(item['call_id']) || undefined
  const itemId = textOf(item['id']) || undefined
  return callId !== undefined && itemId !== undefined ? `${callId}|${itemId}` : (callId ?? itemId)
}

export function splitCallId(id: string): { callId: string; itemId?: string } {
  const bar = id.indexOf('|')
  return bar <= 0 ? { callId: id } : { callId: id.slice(0, bar), itemId: id.slice(bar + 1) }
}

/** The id of an item that goes back, or undefined when its form is not that of its type: the provider refuses those. */
export const itemId = (id: string | undefined, prefix: 'fc_' | 'msg_'): string | undefined =>
  id !== undefined && id.startsWith(prefix) && id.length <= MAX_LENGTH ? id : undefined

/** Ids we gave to items of an answer from another protocol. Nobody needs them back. */
const OURS = /^(?:msg|fc|rs)_pb_/

export const ownItemId = (prefix: 'msg' | 'fc' | 'rs', response: string, index: number): string =>
  `${prefix}_pb_${shortHash(response)}_${index}`

export const isOwnItemId = (id: unknown): boolean => typeof id === 'string' && OURS.test(id)

export const responseId = (id: string): string => (id.startsWith('resp_') ? id : `resp_${id}`)
