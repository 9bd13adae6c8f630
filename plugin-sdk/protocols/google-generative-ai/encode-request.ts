import type { Warning } from '../../messages.ts'
import type { ProviderRequest } from '../../provider.ts'
import type { GoogleCompat } from './compat.ts'
import { encodeContents } from './encode-contents.ts'
import { encodeOptions, warnUnsupported } from './encode-options.ts'
import { encodeText } from './encode-part.ts'
import { encodeTool, encodeToolChoice } from './encode-tools.ts'
import { isObject, listOf, merge, type JsonObject } from './json.ts'
import { GOOGLE } from './name.ts'
import { encodeThinking } from './thinking.ts'

export interface EncodedRequest {
  readonly body: JsonObject
  /** What the caller asked for and this protocol cannot say. */
  readonly warnings: readonly Warning[]
}

/** The body of generateContent: our fields, over them the client's own wire fields, over those `providerOptions`. */
export function encodeRequest(request: ProviderRequest, compat: GoogleCompat): EncodedRequest {
  const { model, context, options, wire } = request
  const warnings: Warning[] = []
  // The same sentence is told once.
  const warn = (warning: Warning): void => {
    if (!warnings.some((known) => known.message === warning.message)) warnings.push(warning)
  }
  const { tools: builtInTools, ...native } = nativeFields(wire, warn)
  const own = options.providerOptions?.[model.provider] ?? {}

  const tools = [
    ...(context.tools === undefined || context.tools.length === 0
      ? []
      : [{ functionDeclarations: context.tools.map((tool) => encodeTool(tool, compat, warn)) }]),
    ...listOf(builtInTools),
  ]
  const toolConfig = encodeToolChoice(options.toolChoice, tools.length > 0, warn)
  const system = encodeSystem(request, warn)
  // A thinkingConfig in Google's own words goes out as it came, so there is nothing to translate.
  const level = namesThinking(native) || namesThinking(own) ? undefined : options.reasoning
  const thinkingConfig = encodeThinking({ level, maxTokens: options.maxTokens, model, compat, warn })
  const generationConfig = { ...encodeOptions(options, compat), ...(thinkingConfig ? { thinkingConfig } : {}) }
  warnUnsupported(options, tools.length > 0, warn)

  const body = {
    ...(system.length > 0 ? { systemInstruction: { parts: system } } : {}),
    contents: encodeContents(context, { model, compat, warn }),
    ...(tools.length > 0 ? { tools } : {}),
    ...(toolConfig ? { toolConfig } : {}),
    ...(Object.keys(generationConfig).length > 0 ? { generationConfig } : {}),
  }
  return { body: merge(merge(body, native), own), warnings }
}

/** JSON with every lone half of a surrogate pair replaced: texts cut in the middle of a character are refused. */
export function writeBody(body: JsonObject): string {
  const json = JSON.stringify(body)
  if (!json.includes('\\ud')) return json
  return JSON.stringify(body, (_key, value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value))
}

function nativeFields(wire: ProviderRequest['wire'], warn: (warning: Warning) => void): JsonObject {
  if (wire === undefined || wire.protocol === GOOGLE) return wire?.fields ?? {}
  for (const field of Object.keys(wire.fields))
    warn({
      type: 'unsupported',
      feature: field,
      message: `"${field}" is known only to ${wire.protocol} and was left out.`,
    })
  return {}
}

const namesThinking = ({ generationConfig }: JsonObject): boolean =>
  isObject(generationConfig) && 'thinkingConfig' in generationConfig

/** Instructions after the start have no place in `contents`; they follow the first one. */
function encodeSystem({ context }: ProviderRequest, warn: (warning: Warning) => void): JsonObject[] {
  const later = context.messages.flatMap((message) => (message.role === 'system' ? [message.content] : []))
  if (later.length > 0)
    warn({
      type: 'compatibility',
      feature: 'system-message',
      message: 'Instructions inside the conversation were moved to its start.',
    })
  return [context.systemPrompt ?? '', ...later].filter((text) => text !== '').map(encodeText)
}
