import type { Warning } from '../../messages.ts'
import type { GenerationOptions } from '../../options.ts'
import type { ProviderRequest } from '../../provider.ts'
import { clientFields, joined, withClientFields } from './client-fields.ts'
import { encodeFormat } from './encode-format.ts'
import { encodeMessages, encodeSystem } from './encode-messages.ts'
import { encodeToolChoice, encodeTools } from './encode-tools.ts'
import { isObject, type JsonObject } from './json.ts'
import { encodeSampling } from './sampling.ts'
import type { Target } from './target.ts'
import { encodeThinking } from './thinking.ts'

export interface EncodedRequest {
  readonly body: JsonObject
  /** What the caller asked for and could not have. */
  readonly warnings: readonly Warning[]
}

/** The body of a request: our fields, then the client's own, then `providerOptions`. */
export function encodeRequest(
  request: ProviderRequest,
  { compat, isDescribed }: Pick<Target, 'compat' | 'isDescribed'>,
): EncodedRequest {
  const { model, context, options, stream, wire } = request
  const warnings: Warning[] = []
  const warn: Target['warn'] = (warning) => {
    if (!warnings.some(({ message }) => message === warning.message)) warnings.push(warning)
  }
  const target: Target = { model, compat, isDescribed, warn }
  const client = clientFields(wire, target)
  const config = isObject(client['output_config']) ? client['output_config'] : {}
  const saysThinking = 'thinking' in client || 'effort' in config
  const saysFormat = 'output_format' in client || 'format' in config

  const thinking = encodeThinking(saysThinking ? undefined : options.reasoning, options.maxTokens, target)
  const format = saysFormat ? {} : encodeFormat(options.responseFormat, target)
  const tools = encodeTools(context.tools ?? [], client['tools'], target)
  const toolChoice = encodeToolChoice(options, tools, thinking.on, target)
  const system = encodeSystem(context, client['system'], target)
  warnUnsupported(options, target)

  const body = {
    model: model.id,
    max_tokens: thinking.maxTokens,
    ...(system === undefined ? {} : { system }),
    messages: encodeMessages(context, target),
    ...(tools.length === 0 ? {} : { tools }),
    ...(toolChoice === undefined ? {} : { tool_choice: toolChoice }),
    ...encodeSampling(options, thinking.on, target),
    ...(options.stop === undefined || options.stop.length === 0 ? {} : { stop_sequences: options.stop }),
    ...(options.user === undefined ? {} : { metadata: { user_id: options.user } }),
    ...thinking.fields,
    ...format,
    ...joined(thinking.fields, format, 'output_config'),
    ...(stream ? { stream } : {}),
  }
  return {
    body: { ...withClientFields(body, client), ...options.providerOptions?.[model.provider] },
    warnings,
  }
}

/** JSON with every lone half of a surrogate pair replaced: the provider refuses texts cut in the middle of a character. */
export function writeBody(body: JsonObject): string {
  const json = JSON.stringify(body)
  if (!json.includes('\\ud')) return json
  return JSON.stringify(body, (_key, value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value))
}

function warnUnsupported(options: GenerationOptions, { warn }: Target): void {
  const missing = (feature: string): void =>
    warn({ type: 'unsupported', feature, message: `This protocol has no field for "${feature}"; it was left out.` })
  if (options.seed !== undefined) missing('seed')
  if (options.presencePenalty) missing('presencePenalty')
  if (options.frequencyPenalty) missing('frequencyPenalty')
  if (options.metadata !== undefined && Object.keys(options.metadata).length > 0) missing('metadata')
}
