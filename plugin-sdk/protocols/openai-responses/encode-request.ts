import { createReport, handOff, type Report } from '../../hand-off/index.ts'
import type { Warning } from '../../messages.ts'
import type { GenerationOptions } from '../../options.ts'
import type { ProviderRequest } from '../../provider.ts'
import { fieldsOfClient } from '../client-fields.ts'
import { callableTools, warnOfForcedChoice, warnWithoutField } from '../left-out.ts'
import { encryptedThoughts, isStored, withClientFields } from './client-fields.ts'
import type { ResponsesCompat } from './compat.ts'
import { encodeInput } from './encode-input.ts'
import { encodeFormat, encodeTool, encodeToolChoice } from './encode-tools.ts'
import { handOffTarget } from './hand-off.ts'
import { isEmpty, merge, textOf, type JsonObject } from './json.ts'
import { OPENAI_RESPONSES } from './name.ts'
import { encodeReasoning } from './reasoning.ts'
import type { Target } from './target.ts'

export interface EncodedRequest {
  readonly body: JsonObject
  /** Headers that follow from the body. */
  readonly headers: Readonly<Record<string, string>>
  /** What the caller asked for and this protocol, or this model, cannot do. */
  readonly warnings: readonly Warning[]
}

/** The body of a request: our fields, then the client's own wire fields, then `providerOptions`. */
export function encodeRequest(
  request: ProviderRequest,
  { compat, isDescribed }: Pick<Target, 'compat' | 'isDescribed'>,
): EncodedRequest {
  const { model, context, options, wire, stream } = request
  const report = createReport()
  const client = fieldsOfClient(request, OPENAI_RESPONSES, report)
  const target: Target = { model, compat, isDescribed, stored: isStored(client), warn: report.warn, note: report.note }
  const { instructions, input } = encodeInput(handOff(context, handOffTarget(target), report.note), target)
  const body: JsonObject = {
    model: model.id,
    ...(instructions === undefined ? {} : { instructions }),
    input: withoutUnknownItems(input, target),
    ...encodeTools(request, target, report),
    ...encodeOptions(options, wire?.protocol === OPENAI_RESPONSES, target),
    ...encryptedThoughts(target),
    store: false,
  }
  const { stream_options, ...fields } = merge(
    withClientFields(body, client, target),
    options.providerOptions?.[model.provider] ?? {},
  )
  const streaming = { stream: true, ...(stream_options === undefined ? {} : { stream_options }) }
  return {
    body: { ...fields, ...(stream ? streaming : {}) },
    headers: affinityHeaders(fields['prompt_cache_key'], compat),
    warnings: report.warnings(request),
  }
}

function encodeTools(request: ProviderRequest, target: Target, report: Report): JsonObject {
  const tools = callableTools(request, false, report)
  const { toolChoice, parallelToolCalls } = request.options
  // A client of this protocol may have its tools elsewhere: built in, or in an item.
  const asClientSaid = request.wire?.protocol === OPENAI_RESPONSES
  const hasTools = asClientSaid || tools.length > 0
  if (!hasTools) warnOfForcedChoice(request.options, report)
  return {
    ...(tools.length === 0 ? {} : { tools: tools.map((tool) => encodeTool(tool, asClientSaid, target)) }),
    ...(toolChoice === undefined || !hasTools ? {} : { tool_choice: encodeToolChoice(toolChoice) }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  }
}

function encodeOptions(options: GenerationOptions, asClientSaid: boolean, target: Target): JsonObject {
  const { responseFormat, user, metadata } = options
  warnWithoutField(options, NO_FIELD, target)
  // A client of this protocol that wants to hear the thoughts says so itself.
  const reasoning = encodeReasoning(options.reasoning, !asClientSaid, target)
  return {
    ...encodeLimit(options.maxTokens, target),
    ...encodeSampling(options, target),
    ...(responseFormat === undefined ? {} : { text: { format: encodeFormat(responseFormat, target) } }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(user === undefined ? {} : { user }),
    ...(metadata === undefined || isEmpty(metadata) ? {} : { metadata }),
  }
}

function encodeLimit(limit: number | undefined, { model, compat, warn }: Target): JsonObject {
  if (limit === undefined) return {}
  const feature = 'maxTokens'
  if (!compat.supportsMaxOutputTokens) {
    warn({
      type: 'unsupported',
      feature,
      message: `${model.id} takes no limit on its answer; "maxTokens" was left out.`,
    })
    return {}
  }
  const { minOutputTokens } = compat
  if (limit < minOutputTokens)
    warn({
      type: 'compatibility',
      feature,
      message: `${model.id} takes no limit below ${minOutputTokens} tokens; "maxTokens" was raised to it.`,
    })
  return { max_output_tokens: Math.max(limit, minOutputTokens) }
}

function encodeSampling({ temperature, topP, reasoning }: GenerationOptions, target: Target): JsonObject {
  const { supportsTemperature } = target.compat
  const supported =
    supportsTemperature === 'without-reasoning' ? !target.model.reasoning || reasoning === 'off' : supportsTemperature
  const values = {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
  }
  if (supported || isEmpty(values)) return values
  for (const feature of Object.keys(values))
    target.warn({
      type: 'unsupported',
      feature,
      message: `${target.model.id} does not take "${feature}"${supportsTemperature === false ? '' : ' while it reasons'}; it was left out.`,
    })
  return {}
}

const NO_FIELD = ['topK', 'stop', 'seed', 'presencePenalty', 'frequencyPenalty'] as const

function withoutUnknownItems(input: readonly JsonObject[], { model, compat, warn }: Target): readonly JsonObject[] {
  if (compat.supportsAdditionalTools || !input.some(({ type }) => type === 'additional_tools')) return input
  const feature = 'additional_tools'
  warn({ type: 'unsupported', feature, message: `${model.id} does not take "${feature}"; it was left out.` })
  return input.filter(({ type }) => type !== feature)
}

function affinityHeaders(key: unknown, { sessionAffinityFormat }: ResponsesCompat): Record<string, string> {
  const session = textOf(key)
  // What cannot stand in a header is no reason to fail the request: the key only saves money.
  if (session === undefined || !/^[\x21-\x7e]+$/.test(session)) return {}
  switch (sessionAffinityFormat) {
    case 'none':
      return {}
    case 'openai':
      return { session_id: session, 'x-client-request-id': session, 'x-session-affinity': session }
    case 'openai-nosession':
      return { 'x-client-request-id': session, 'x-session-affinity': session }
    case 'openrouter':
      return { 'x-session-id': session }
  }
}
