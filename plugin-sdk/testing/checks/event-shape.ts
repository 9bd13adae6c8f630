import { isObject, type Loose } from './verdict.ts'

type Is = (value: unknown) => boolean

const text: Is = (value) => typeof value === 'string'
const index: Is = (value) => Number.isInteger(value) && (value as number) >= 0
const optional =
  (is: Is): Is =>
  (value) =>
    value === undefined || is(value)
const list: Is = (value) => Array.isArray(value)
const flag: Is = (value) => typeof value === 'boolean'
const toolCall: Is = (value) =>
  isObject(value) &&
  value['type'] === 'toolCall' &&
  text(value['id']) &&
  text(value['name']) &&
  isObject(value['arguments'])
const opaque: Is = (value) =>
  isObject(value) && value['type'] === 'opaque' && text(value['protocol']) && isObject(value['value'])
const reason: Is = (value) => ['stop', 'length', 'toolUse', 'contentFilter'].includes(value as string)

/** The fields of each event. Fields of one's own are nobody's business. */
const EVENTS: Readonly<Record<string, Readonly<Record<string, Is>>>> = {
  start: { responseId: optional(text), responseModel: optional(text), warnings: optional(list) },
  text_start: { contentIndex: index },
  thinking_start: { contentIndex: index },
  toolcall_start: { contentIndex: index, id: text, name: text },
  text_delta: { contentIndex: index, delta: text },
  thinking_delta: { contentIndex: index, delta: text },
  toolcall_delta: { contentIndex: index, delta: text },
  text_end: { contentIndex: index, content: text, textSignature: optional(text) },
  thinking_end: { contentIndex: index, content: text, thinkingSignature: optional(text), redacted: optional(flag) },
  toolcall_end: { contentIndex: index, toolCall },
  opaque: { contentIndex: index, content: opaque },
  finish: { reason, rawReason: optional(text), usage: optional(isObject) },
}

/** What is wrong with a value that should be an event, or undefined. */
export function misshapen(event: unknown): string | undefined {
  if (!isObject(event)) return `${String(event)} in the place of an event`
  const type = event['type']
  const fields = typeof type === 'string' ? EVENTS[type] : undefined
  if (fields === undefined) return `an event of the type ${String(type)}`
  const wrong = Object.keys(fields).find((name) => fields[name]?.(event[name]) !== true)
  return wrong === undefined ? undefined : `${String(type)} with ${wrong}: ${JSON.stringify((event as Loose)[wrong])}`
}
