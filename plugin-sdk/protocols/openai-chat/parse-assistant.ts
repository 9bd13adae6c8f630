import { parseArguments } from '../../event-builder.ts'
import type { AssistantContent, AssistantMessage, ToolCall } from '../../messages.ts'
import { invalid, isGiven, listAt, nameAt, objectAt } from './door-check.ts'
import { objectsOf, textOf, unknownFields, type JsonObject } from './json.ts'
import { keepFields } from './metadata.ts'
import { OPENAI_CHAT } from './name.ts'
import { REASONING_FIELDS, THINKING_PARTS } from './reasoning-fields.ts'
import { openCall, openThought } from './signature.ts'
import { isPlainJson, newCallId } from './tool-calls.ts'

/** An earlier answer as the client gives it back. */
export function parseAssistant(message: JsonObject, param: string): AssistantMessage {
  const signed = objectsOf(message['reasoning_details']).flatMap((entry) => openThought(entry) ?? [])
  const calls = parseCalls(message, param)
  // What another protocol signed goes back only to providers of that protocol.
  const api = signed[0]?.api ?? calls.find((call) => call.api !== undefined)?.api
  return {
    role: 'assistant',
    content: [
      ...(signed.length > 0 ? signed.map(({ thought }) => thought) : parseThoughts(message)),
      ...parseContent(message['content'], `${param}.content`),
      ...calls.map(({ call }) => call),
    ],
    ...(api === undefined ? {} : { api }),
    ...keepFields(unknownFields(message, FIELDS)),
  }
}

const FIELDS: ReadonlySet<string> = new Set([
  'role',
  'content',
  'tool_calls',
  'function_call',
  'reasoning_details',
  ...REASONING_FIELDS,
])

function parseThoughts(message: JsonObject): AssistantContent[] {
  const thoughts: AssistantContent[] = []
  for (const field of REASONING_FIELDS) {
    const thinking = textOf(message[field])
    if (thinking !== undefined) thoughts.push({ type: 'thinking', thinking, thinkingSignature: field })
  }
  const details = objectsOf(message['reasoning_details'])
  if (details.length === 0) return thoughts
  // The details hold the same words again, and signatures with them.
  const thinking =
    thoughts.length > 0 ? '' : details.map((entry) => textOf(entry['text']) ?? textOf(entry['summary']) ?? '').join('')
  return [...thoughts, { type: 'thinking', thinking, thinkingSignature: JSON.stringify(details) }]
}

function parseContent(content: unknown, param: string): AssistantContent[] {
  if (!isGiven(content)) return []
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return listAt(content, param, 'a text, a list of parts, or null').map((part, index) =>
    parsePart(objectAt(part, `${param}[${index}]`), `${param}[${index}]`),
  )
}

function parsePart(part: JsonObject, param: string): AssistantContent {
  const type = nameAt(part['type'], `${param}.type`)
  if (type === 'text') {
    if (typeof part['text'] !== 'string') throw invalid(`${param}.text`, 'a text')
    return { type, text: part['text'], ...keepFields(unknownFields(part, TEXT_FIELDS)) }
  }
  const thoughts = type === 'thinking' ? objectsOf(part['thinking']) : []
  if (thoughts.length > 0 && thoughts.every(({ text }) => typeof text === 'string')) {
    const thinking = thoughts.map(({ text }) => text).join('')
    return { type: 'thinking', thinking, thinkingSignature: THINKING_PARTS }
  }
  return { type: 'opaque', protocol: OPENAI_CHAT, value: part }
}

const TEXT_FIELDS: ReadonlySet<string> = new Set(['type', 'text'])

interface ParsedCall {
  readonly call: ToolCall
  /** The protocol that signed it. */
  readonly api: string | undefined
}

function parseCalls(message: JsonObject, param: string): ParsedCall[] {
  const legacy = message['function_call']
  if (isGiven(legacy)) {
    const parsed = parseFunction(objectAt(legacy, `${param}.function_call`), undefined, `${param}.function_call`)
    return [{ call: { type: 'toolCall', id: newCallId(), ...parsed }, api: undefined }]
  }
  if (!isGiven(message['tool_calls'])) return []
  return listAt(message['tool_calls'], `${param}.tool_calls`).map((item, index) =>
    parseCall(objectAt(item, `${param}.tool_calls[${index}]`), `${param}.tool_calls[${index}]`),
  )
}

function parseCall(call: JsonObject, param: string): ParsedCall {
  const id = nameAt(call['id'], `${param}.id`)
  const signed = openCall(call)
  const own = unknownFields(call, signed === undefined ? CALL_FIELDS : SIGNED_CALL_FIELDS)
  if (call['type'] === 'custom') {
    const custom = objectAt(call['custom'], `${param}.custom`)
    const parsed: ToolCall = {
      type: 'toolCall',
      id,
      name: nameAt(custom['name'], `${param}.custom.name`),
      arguments: { input: textAt(custom['input'], `${param}.custom.input`) },
      ...keepFields({ ...own, type: 'custom' }),
    }
    return { call: parsed, api: undefined }
  }
  const parsed = parseFunction(objectAt(call['function'], `${param}.function`), own, `${param}.function`)
  return {
    call: {
      type: 'toolCall',
      id,
      ...parsed,
      ...(signed === undefined ? {} : { thoughtSignature: signed.signature }),
    },
    api: signed?.api,
  }
}

const CALL_FIELDS: ReadonlySet<string> = new Set(['id', 'type', 'index', 'function', 'custom'])
const SIGNED_CALL_FIELDS: ReadonlySet<string> = new Set([...CALL_FIELDS, 'extra_content'])

function parseFunction(
  call: JsonObject,
  own: JsonObject | undefined,
  param: string,
): Pick<ToolCall, 'name' | 'arguments' | 'argumentsError' | 'providerMetadata'> {
  const text = isGiven(call['arguments']) ? textAt(call['arguments'], `${param}.arguments`) : ''
  const spelling = text === '' || isPlainJson(text) ? {} : { arguments: text }
  const kept = { ...own, ...spelling }
  return {
    name: nameAt(call['name'], `${param}.name`),
    ...parseArguments(text),
    ...keepFields(Object.keys(kept).length === 0 ? undefined : kept),
  }
}

function textAt(value: unknown, param: string): string {
  if (typeof value !== 'string') throw invalid(param, 'a text')
  return value
}
