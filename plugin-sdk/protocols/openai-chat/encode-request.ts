import type { Warning } from '../../messages.ts'
import type { GenerationOptions, ResponseFormat } from '../../options.ts'
import type { ProviderRequest } from '../../provider.ts'
import { clientFields } from './client-fields.ts'
import type { OpenAIChatCompat } from './compat.ts'
import { encodeMessages } from './encode-messages.ts'
import { encodeReasoning } from './encode-reasoning.ts'
import { encodeToolChoice, encodeTools } from './encode-tools.ts'
import { isObject, objectsOf, type JsonObject } from './json.ts'
import { toolCallIds } from './tool-call-ids.ts'
import { compatibility, refused, unsupported, type Warn } from './warnings.ts'

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
  const warnings: Warning[] = []
  const warn: Warn = (warning) => warnings.push(warning)
  const options = allowedOptions(request.options, compat, warn)
  const { tools: otherTools, stream_options: streamOptions, ...wire } = clientFields(request, compat, warn)
  const format = encodeFormat(options.responseFormat, compat, warn)
  const messages = encodeMessages(context, {
    model,
    compat,
    warn,
    thinks: model.reasoning || !isDescribed,
    takesImages: model.input.includes('image') || !isDescribed,
    systemRole: model.reasoning && compat.supportsDeveloperRole ? 'developer' : 'system',
    systemPrompt: [context.systemPrompt, format.instruction].filter(Boolean).join('\n\n'),
    idOf: toolCallIds(compat.toolCallIdFormat),
  })

  const body: Record<string, unknown> = { ...wire, model: model.id, messages }
  // A field of ours that is not set leaves the caller's own in place.
  const put = (name: string, value: unknown): void => {
    if (value !== undefined) body[name] = value
  }
  const set = (fields: JsonObject): void => {
    for (const name in fields) put(name, fields[name])
  }
  if (stream) body['stream'] = true
  if (stream && compat.supportsUsageInStreaming)
    body['stream_options'] = { ...(isObject(streamOptions) ? streamOptions : {}), include_usage: true }
  put('temperature', options.temperature)
  put('top_p', options.topP)
  put('top_k', options.topK)
  put(compat.maxTokensField, options.maxTokens)
  put('stop', options.stop)
  put(compat.seedField, options.seed)
  put('presence_penalty', options.presencePenalty)
  put('frequency_penalty', options.frequencyPenalty)
  put('user', options.user)
  put('metadata', options.metadata)
  put('response_format', format.field)
  const tools = allTools(request, objectsOf(otherTools), compat, warn)
  if (tools.length > 0) {
    put('tools', tools)
    put('tool_choice', encodeToolChoice(options.toolChoice, compat, warn))
    put('parallel_tool_calls', options.parallelToolCalls)
  }
  set(encodeReasoning({ level: options.reasoning, model, compat, isDescribed, warn }))
  set(request.options.providerOptions?.[providerId] ?? {})
  return { body, warnings }
}

/** `others` are tools of other kinds than functions, as the caller wrote them. */
function allTools(
  { model, context: { tools = [] } }: ProviderRequest,
  others: readonly JsonObject[],
  compat: OpenAIChatCompat,
  warn: Warn,
): readonly JsonObject[] {
  if (tools.length + others.length > 0 && !model.tools) {
    warn(unsupported('tools', `${model.id} cannot call tools; they were left out.`))
    return []
  }
  return [...encodeTools(tools, compat, warn), ...others]
}

interface EncodedFormat {
  readonly field: JsonObject | undefined
  /** Told to the model where the host has no field for it. */
  readonly instruction: string | undefined
}

function encodeFormat(format: ResponseFormat | undefined, compat: OpenAIChatCompat, warn: Warn): EncodedFormat {
  const none = { field: undefined, instruction: undefined }
  if (format === undefined) return none
  if (format.type === 'text') return { ...none, field: { type: 'text' } }
  const { schema, name, description, strict } = format
  if (compat.structuredOutput === 'json_schema') {
    if (schema === undefined) return { ...none, field: { type: 'json_object' } }
    const json_schema = { name: name ?? 'answer', description, schema, strict }
    return { ...none, field: { type: 'json_schema', json_schema } }
  }
  const field = compat.structuredOutput === 'json_object' ? { type: 'json_object' } : undefined
  if (field !== undefined && schema === undefined) return { ...none, field }
  warn(compatibility('responseFormat', 'This host does not hold answers to a form; the model was told of it instead.'))
  const form = schema === undefined ? '' : ` that matches this JSON Schema:\n${JSON.stringify(schema)}\n`
  return { field, instruction: `Answer with nothing but one JSON object${form}` }
}

function allowedOptions(options: GenerationOptions, { unsupportedOptions }: OpenAIChatCompat, warn: Warn) {
  const out = unsupportedOptions.filter((name) => options[name as keyof GenerationOptions] !== undefined)
  if (out.length === 0) return options
  for (const name of out) warn(refused(name))
  const allowed: GenerationOptions = Object.fromEntries(Object.entries(options).filter(([name]) => !out.includes(name)))
  return allowed
}
