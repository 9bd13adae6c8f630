import { createReport, handOff, type Report } from '../../hand-off/index.ts'
import type { Warning } from '../../messages.ts'
import type { GenerationOptions, ResponseFormat } from '../../options.ts'
import type { ProviderRequest } from '../../provider.ts'
import { fieldsOfClient } from '../client-fields.ts'
import { callableTools, warnOfForcedChoice } from '../left-out.ts'
import type { OpenAIChatCompat } from './compat.ts'
import { encodeMessages } from './encode-messages.ts'
import { encodeReasoning } from './encode-reasoning.ts'
import { encodeToolChoice, encodeTools } from './encode-tools.ts'
import { targetOf } from './hand-off.ts'
import { isObject, objectsOf, type JsonObject } from './json.ts'
import { OPENAI_CHAT } from './name.ts'

export interface Encoding {
  readonly compat: OpenAIChatCompat
  /** Whose `providerOptions` apply. */
  readonly providerId: string
  /** Whether the manifest describes the model, so that what it does not say is not so. */
  readonly isDescribed: boolean
}

export interface EncodedRequest {
  readonly body: JsonObject
  /** What could not be asked for as the caller wished. */
  readonly warnings: readonly Warning[]
}

export function encodeRequest(request: ProviderRequest, encoding: Encoding): EncodedRequest {
  const { compat, providerId, isDescribed } = encoding
  const { model, context, stream } = request
  const report = createReport()
  const options = allowed(request.options, compat, report)
  const fields = allowed(fieldsOfClient(request, OPENAI_CHAT, report), compat, report)
  const format = encodeFormat(options.responseFormat, compat, report)
  const seesImages = model.input.includes('image') || !isDescribed
  const conversation = handOff(context, targetOf(model, compat, seesImages), report.note)
  const messages = encodeMessages(conversation, {
    compat,
    note: report.note,
    thinks: model.reasoning || !isDescribed,
    systemRole: model.reasoning && compat.supportsDeveloperRole ? 'developer' : 'system',
    instruction: format.instruction,
  })

  // A field of ours that is not set leaves the caller's own in place.
  const body: Record<string, unknown> = { ...withoutMerged(fields), model: model.id, messages }
  if (stream) askForStream(body, fields['stream_options'], compat)
  setOptions(body, options, compat)
  if (format.field !== undefined) body['response_format'] = format.field
  const tools = allTools(request, objectsOf(fields['tools']), compat, report)
  if (tools.length === 0) warnOfForcedChoice(options, report)
  else {
    body['tools'] = tools
    const choice = encodeToolChoice(options.toolChoice, compat, report)
    if (choice !== undefined) body['tool_choice'] = choice
    if (options.parallelToolCalls !== undefined) body['parallel_tool_calls'] = options.parallelToolCalls
  }
  if (options.reasoning !== undefined)
    setAll(body, encodeReasoning({ level: options.reasoning, model, compat, isDescribed, report }))
  if (request.options.providerOptions !== undefined)
    setAll(body, request.options.providerOptions[providerId] ?? NOTHING)
  return { body, warnings: report.warnings(request) }
}

const NOTHING: JsonObject = {}

/** The caller's own fields but those that are sent together with ours. */
function withoutMerged(fields: JsonObject): JsonObject {
  if (fields['tools'] === undefined && fields['stream_options'] === undefined) return fields
  const { tools: _tools, stream_options: _options, ...others } = fields
  return others
}

function askForStream(body: Record<string, unknown>, callers: unknown, compat: OpenAIChatCompat): void {
  body['stream'] = true
  if (compat.supportsUsageInStreaming)
    body['stream_options'] = { ...(isObject(callers) ? callers : {}), include_usage: true }
}

/** Options with a field of their own. It goes through those that are set: most requests set few. */
function setOptions(body: Record<string, unknown>, options: GenerationOptions, compat: OpenAIChatCompat): void {
  for (const name in options) {
    const value = options[name as keyof GenerationOptions]
    if (value === undefined) continue
    if (name === 'maxTokens') body[compat.maxTokensField] = value
    else if (name === 'seed') body[compat.seedField] = value
    else {
      const field = FIELDS.get(name)
      if (field !== undefined) body[field] = value
    }
  }
}

/** All whose name does not depend on the host. */
const FIELDS: ReadonlyMap<string, string> = new Map<keyof GenerationOptions, string>([
  ['temperature', 'temperature'],
  ['topP', 'top_p'],
  ['topK', 'top_k'],
  ['stop', 'stop'],
  ['presencePenalty', 'presence_penalty'],
  ['frequencyPenalty', 'frequency_penalty'],
  ['user', 'user'],
  ['metadata', 'metadata'],
])

function setAll(body: Record<string, unknown>, fields: JsonObject): void {
  for (const name in fields) if (fields[name] !== undefined) body[name] = fields[name]
}

/** `others` are tools of other kinds than functions, as the caller wrote them. */
function allTools(
  request: ProviderRequest,
  others: readonly JsonObject[],
  compat: OpenAIChatCompat,
  report: Report,
): readonly JsonObject[] {
  if (request.context.tools === undefined && others.length === 0) return NO_TOOLS
  const tools = encodeTools(callableTools(request, others.length > 0, report), compat, report.note)
  return request.model.tools ? [...tools, ...others] : []
}

const NO_TOOLS: readonly JsonObject[] = []

interface EncodedFormat {
  readonly field: JsonObject | undefined
  /** Told to the model where the host has no field for it. */
  readonly instruction: string | undefined
}

function encodeFormat(format: ResponseFormat | undefined, compat: OpenAIChatCompat, { warn }: Report): EncodedFormat {
  if (format === undefined) return NO_FORMAT
  if (format.type === 'text') return { ...NO_FORMAT, field: { type: 'text' } }
  const { schema, name, description, strict } = format
  if (compat.structuredOutput === 'json_schema') {
    if (schema === undefined) return { ...NO_FORMAT, field: { type: 'json_object' } }
    const json_schema = { name: name ?? 'answer', description, schema, strict }
    return { ...NO_FORMAT, field: { type: 'json_schema', json_schema } }
  }
  const field = compat.structuredOutput === 'json_object' ? { type: 'json_object' } : undefined
  if (field !== undefined && schema === undefined) return { ...NO_FORMAT, field }
  const message = 'This host does not hold answers to a form; the model was told of it instead.'
  warn({ type: 'compatibility', feature: 'responseFormat', message })
  const form = schema === undefined ? '' : ` that matches this JSON Schema:\n${JSON.stringify(schema)}\n`
  return { field, instruction: `Answer with nothing but one JSON object${form}` }
}

const NO_FORMAT: EncodedFormat = { field: undefined, instruction: undefined }

/** What is asked, without what the host or model refuses. */
function allowed<T extends GenerationOptions | JsonObject>(
  asked: T,
  { unsupportedOptions }: OpenAIChatCompat,
  { warn }: Report,
): T {
  if (unsupportedOptions.length === 0) return asked
  const refused = unsupportedOptions.filter((name) => (asked as JsonObject)[name] !== undefined)
  if (refused.length === 0) return asked
  for (const feature of refused)
    warn({ type: 'unsupported', feature, message: `This model does not take "${feature}"; it was left out.` })
  return Object.fromEntries(Object.entries(asked).filter(([name]) => !refused.includes(name))) as T
}
