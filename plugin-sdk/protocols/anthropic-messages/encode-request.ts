import { createReport, handOff } from '../../hand-off/index.ts'
import type { Warning } from '../../messages.ts'
import type { ProviderRequest } from '../../provider.ts'
import { warnWithoutField } from '../left-out.ts'
import { clientFields, joined, withClientFields } from './client-fields.ts'
import { encodeFormat } from './encode-format.ts'
import { answersUnthought, encodeMessages, encodeSystem } from './encode-messages.ts'
import { encodeToolChoice, encodeTools } from './encode-tools.ts'
import { handOffTarget } from './hand-off.ts'
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
  const { model, context, options, stream } = request
  const report = createReport()
  const target: Target = { model, compat, isDescribed, warn: report.warn, note: report.note }
  const client = clientFields(request, report)
  const config = isObject(client['output_config']) ? client['output_config'] : {}
  const saysThinking = 'thinking' in client || 'effort' in config
  const saysFormat = 'output_format' in client || 'format' in config

  const conversation = handOff(context, handOffTarget(target), report.note)
  const messages = encodeMessages(conversation, target)
  const thinking = encodeThinking(
    {
      level: saysThinking ? undefined : options.reasoning,
      maxTokens: options.maxTokens,
      interrupted: answersUnthought(messages),
    },
    target,
  )
  const format = saysFormat ? {} : encodeFormat(options.responseFormat, target)
  const tools = encodeTools(request, client['tools'], target)
  const toolChoice = encodeToolChoice(options, tools, thinking.on, target)
  const system = encodeSystem(conversation, client['system'])
  warnWithoutField(options, ['seed', 'presencePenalty', 'frequencyPenalty', 'metadata'], report)

  const body = {
    model: model.id,
    max_tokens: thinking.maxTokens,
    ...(system === undefined ? {} : { system }),
    messages,
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
    warnings: report.warnings(request),
  }
}
