import type { Context, GenerationOptions, ReasoningLevel, Tool } from '@plugboard/sdk'
import { PLUGBOARD } from './metadata.ts'
import { readPrompt } from './read-prompt.ts'
import type { CallOptions, CallWarning } from './specification.ts'

export interface ReadCall {
  readonly context: Context
  readonly options: GenerationOptions & { readonly signal?: AbortSignal }
  readonly warnings: CallWarning[]
}

/**
 * A call of the AI SDK in our words. `providerOptions.plugboard` is taken as further options of ours, for example
 * `{ reasoning: 'high', userId: 'u1' }`.
 */
export function readCall(call: CallOptions): ReadCall {
  const warnings: CallWarning[] = []
  const tools = (call.tools ?? []).flatMap(({ type, name, description, inputSchema, strict }): Tool[] => {
    if (type !== 'function') {
      warnings.push({ type: 'unsupported', feature: `tool ${name}`, details: 'It runs at one provider only.' })
      return []
    }
    const parameters = (inputSchema ?? { type: 'object' }) as Tool['parameters']
    return [{ ...present({ description, strict }), name, parameters }]
  })
  const { toolChoice, responseFormat, reasoning } = call
  const options: Record<string, unknown> = {
    temperature: call.temperature,
    topP: call.topP,
    topK: call.topK,
    maxTokens: call.maxOutputTokens,
    stop: call.stopSequences,
    seed: call.seed,
    presencePenalty: call.presencePenalty,
    frequencyPenalty: call.frequencyPenalty,
    toolChoice: toolChoice?.type === 'tool' ? { tool: toolChoice.toolName } : toolChoice?.type,
    responseFormat: responseFormat === undefined ? undefined : present(responseFormat),
    reasoning: levelOf(reasoning),
    headers: headersOf(call.headers),
    signal: call.abortSignal,
    ...call.providerOptions?.[PLUGBOARD],
  }
  const context = readPrompt(call.prompt, warnings)
  return { context: tools.length === 0 ? context : { ...context, tools }, options: present(options), warnings }
}

const levelOf = (reasoning: string | undefined): ReasoningLevel | undefined =>
  reasoning === 'none'
    ? 'off'
    : reasoning === 'provider-default'
      ? undefined
      : (reasoning as ReasoningLevel | undefined)

/** Without the AI SDK's own user agent: the provider's client is Plugboard. */
function headersOf(headers: CallOptions['headers'] = {}): Record<string, string> | undefined {
  const given = Object.entries(headers).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[0].toLowerCase() !== 'user-agent',
  )
  return given.length === 0 ? undefined : Object.fromEntries(given)
}

const present = (fields: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
