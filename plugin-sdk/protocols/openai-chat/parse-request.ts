import { PlugboardError } from '../../errors.ts'
import type { Context } from '../../messages.ts'
import type { WireFields } from '../../options.ts'
import type { DoorRequest } from '../protocol.ts'
import { isGiven, nameAt, objectAt, optionalCount, optionalFlag } from './door-check.ts'
import { isObject, unknownFields, type JsonObject } from './json.ts'
import { OPENAI_CHAT } from './name.ts'
import { parseMessages } from './parse-messages.ts'
import { parseOptions } from './parse-options.ts'
import { parseTools } from './parse-tools.ts'

/** Fields with a unified name, and those that steer the answer rather than the model. */
const KNOWN: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'temperature',
  'top_p',
  'top_k',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'tools',
  'tool_choice',
  'functions',
  'function_call',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
  'user',
  'metadata',
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
  const { tools, others } = parseTools(body)
  if (tools !== undefined) context.tools = tools
  const { options, leftOver } = parseOptions(body)
  const streaming = parseStreamOptions(body['stream_options'])
  // Passed on as it is, but it multiplies what the answer costs, so it has to be a number.
  optionalCount(body['n'], 'n')
  const own = joined(unknownFields(body, KNOWN), leftOver)
  const more = joined(others === undefined ? undefined : { tools: others }, streaming.fields)
  const wire: Writable<WireFields> = { protocol: OPENAI_CHAT, fields: joined(own, more) ?? NOTHING }
  // Spoken answers have no unified form; without this field they would come as text.
  if (speaks(body['modalities'])) wire.required = ['modalities']
  return {
    model,
    context,
    options,
    stream: optionalFlag(body['stream'], 'stream') ?? false,
    wire,
    includeUsage: streaming.includeUsage,
    extensions: extensionsOf(body),
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

const NOTHING: JsonObject = {}

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
