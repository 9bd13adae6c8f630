import { PlugboardError } from '../../errors.ts'
import type { Context } from '../../messages.ts'
import type { WireFields } from '../../options.ts'
import type { DoorRequest } from '../protocol.ts'
import { countAt, isGiven, nameAt, objectAt, optionalFlag } from './door-check.ts'
import { isObject, unknownFields, type JsonObject } from './json.ts'
import { OPENAI_CHAT } from './name.ts'
import { parseMessages } from './parse-messages.ts'
import { readChoices, readOption, type WritableOptions } from './parse-options.ts'
import { parseTools } from './parse-tools.ts'

/** What most requests have beside options that stand for themselves. */
const ALWAYS_READ: ReadonlySet<string> = new Set(['model', 'messages', 'stream'])

/** Fields that are read together with others, and those that steer the answer rather than the model. */
const READ_TOGETHER: ReadonlySet<string> = new Set([
  'stream_options',
  'tools',
  'tool_choice',
  'functions',
  'function_call',
  'response_format',
  'reasoning_effort',
  'routing',
  'budget',
  'response',
])

const EXTENSIONS = ['routing', 'budget', 'response']

export function parseRequest(body: unknown): DoorRequest {
  if (!isObject(body))
    throw new PlugboardError('REQUEST_INVALID', 'The body must be a JSON object.', {
      hint: 'Send an object with "model" and "messages".',
    })
  const model = nameAt(body['model'], 'model')
  const context: Writable<Context> = parseMessages(body['messages'])
  const stream = optionalFlag(body['stream'], 'stream') ?? false
  const options: WritableOptions = {}
  let isSimple = true
  const unknown: string[] = []
  for (const name in body) {
    if (readOption(options, name, body[name]) || ALWAYS_READ.has(name)) continue
    isSimple = false
    if (!READ_TOGETHER.has(name)) unknown.push(name)
  }
  if (isSimple) return { model, context, options, stream, wire: NO_FIELDS, includeUsage: false, extensions: NOTHING }
  const { tools, others } = parseTools(body)
  if (tools !== undefined) context.tools = tools
  const leftOver = readChoices(options, body)
  const streaming = parseStreamOptions(body['stream_options'])
  // Passed on as it is, but it multiplies what the answer costs, so it has to be a number.
  if (isGiven(body['n'])) countAt(body['n'], 'n')
  const own = joined(only(body, unknown), leftOver)
  const more = joined(others === undefined ? undefined : { tools: others }, streaming.fields)
  const wire: Writable<WireFields> = { protocol: OPENAI_CHAT, fields: joined(own, more) ?? NOTHING }
  // Spoken answers have no unified form; without this field they would come as text.
  if (speaks(body['modalities'])) wire.required = ['modalities']
  const { includeUsage } = streaming
  return { model, context, options, stream, wire, includeUsage, extensions: extensionsOf(body) }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

const NOTHING: JsonObject = {}
const NO_FIELDS: WireFields = { protocol: OPENAI_CHAT, fields: NOTHING }

/** `null` counts: the client wrote it. */
const only = (body: JsonObject, names: readonly string[]): JsonObject | undefined =>
  names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, body[name]]))

/** Most requests have no fields of either kind. */
function joined(fields: JsonObject | undefined, others: JsonObject | undefined): JsonObject | undefined {
  if (fields === undefined || others === undefined) return fields ?? others
  return { ...fields, ...others }
}

function extensionsOf(body: JsonObject): JsonObject {
  let given: Record<string, unknown> | undefined
  for (const name of EXTENSIONS) if (isGiven(body[name])) (given ??= {})[name] = body[name]
  return given ?? NOTHING
}

const speaks = (modalities: unknown): boolean =>
  Array.isArray(modalities) && modalities.some((modality) => modality !== 'text')

const STREAM_FIELDS: ReadonlySet<string> = new Set(['include_usage'])

function parseStreamOptions(value: unknown): { includeUsage: boolean; fields: JsonObject | undefined } {
  if (!isGiven(value)) return { includeUsage: false, fields: undefined }
  const streaming = objectAt(value, 'stream_options')
  const rest = unknownFields(streaming, STREAM_FIELDS)
  return {
    includeUsage: optionalFlag(streaming['include_usage'], 'stream_options.include_usage') ?? false,
    fields: rest === undefined ? undefined : { stream_options: rest },
  }
}
