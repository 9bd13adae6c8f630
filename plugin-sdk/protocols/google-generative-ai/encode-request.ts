import { createReport, handOff } from '../../hand-off/index.ts'
import type { Warning } from '../../messages.ts'
import type { ProviderRequest } from '../../provider.ts'
import { fieldsOfClient } from '../client-fields.ts'
import { callableTools, warnWithoutField } from '../left-out.ts'
import { encodeContents } from './encode-contents.ts'
import { encodeOptions } from './encode-options.ts'
import { encodeText } from './encode-part.ts'
import { encodeTool, encodeToolChoice } from './encode-tools.ts'
import { handOffTarget } from './hand-off.ts'
import { isObject, listOf, merge, type JsonObject } from './json.ts'
import { GOOGLE } from './name.ts'
import type { Target } from './target.ts'
import { encodeThinking } from './thinking.ts'

export interface EncodedRequest {
  readonly body: JsonObject
  /** What the caller asked for and this protocol cannot say. */
  readonly warnings: readonly Warning[]
}

/** The body of generateContent: our fields, over them the client's own wire fields, over those `providerOptions`. */
export function encodeRequest(
  request: ProviderRequest,
  { compat, isDescribed }: Pick<Target, 'compat' | 'isDescribed'>,
): EncodedRequest {
  const { model, context, options } = request
  const report = createReport()
  const target: Target = { model, compat, isDescribed, warn: report.warn, note: report.note }
  const { tools: builtInTools, ...native } = fieldsOfClient(request, GOOGLE, report)
  const own = options.providerOptions?.[model.provider] ?? {}

  const functions = callableTools(request, false, report)
  const tools = [
    ...(functions.length === 0
      ? []
      : [{ functionDeclarations: functions.map((tool) => encodeTool(tool, compat, report.note)) }]),
    ...listOf(builtInTools),
  ]
  const toolConfig = encodeToolChoice(options, tools.length > 0, report)
  // A thinkingConfig in Google's own words goes out as it came, so there is nothing to translate.
  const level = namesThinking(native) || namesThinking(own) ? undefined : options.reasoning
  const thinkingConfig = encodeThinking(level, options.maxTokens, target)
  const generationConfig = { ...encodeOptions(options, compat), ...(thinkingConfig ? { thinkingConfig } : {}) }
  if (options.parallelToolCalls === false && tools.length > 0) warnWithoutField(options, ['parallelToolCalls'], report)
  warnWithoutField(options, ['user', 'metadata'], report)

  const { systemPrompt = '', ...conversation } = handOff(context, handOffTarget(target), report.note)
  const body = {
    ...(systemPrompt === '' ? {} : { systemInstruction: { parts: [encodeText(systemPrompt)] } }),
    contents: encodeContents(conversation, target),
    ...(tools.length > 0 ? { tools } : {}),
    ...(toolConfig ? { toolConfig } : {}),
    ...(Object.keys(generationConfig).length > 0 ? { generationConfig } : {}),
  }
  return { body: merge(merge(body, native), own), warnings: report.warnings(request) }
}

const namesThinking = ({ generationConfig }: JsonObject): boolean =>
  isObject(generationConfig) && 'thinkingConfig' in generationConfig
