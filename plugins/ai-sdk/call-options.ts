import type { GenerationOptions } from '@plugboard/sdk'
import type { Asking, Json } from './model.ts'
import { promptOf } from './prompt.ts'
import { reasoningOf } from './reasoning.ts'

/** Options that the AI SDK has no words for. */
const FOREIGN = ['parallelToolCalls', 'user', 'metadata'] as const satisfies (keyof GenerationOptions)[]

/** What `doStream` takes, without the signal. */
export function callOptions(asking: Asking): Json {
  const { options, context, model, namespace, warn } = asking
  const { toolChoice, responseFormat } = options
  for (const feature of FOREIGN)
    if (options[feature] !== undefined)
      warn({
        type: 'unsupported',
        feature,
        message: `"${feature}" was left out; try the providerOptions of "${namespace}".`,
      })
  const { call, own } = reasoningOf(asking)
  const providerOptions = { ...own, ...options.providerOptions?.[model.provider] }
  return present({
    prompt: promptOf(asking),
    maxOutputTokens: options.maxTokens,
    temperature: options.temperature,
    topP: options.topP,
    topK: options.topK,
    stopSequences: options.stop,
    seed: options.seed,
    presencePenalty: options.presencePenalty,
    frequencyPenalty: options.frequencyPenalty,
    responseFormat: responseFormat && present({ ...responseFormat, strict: undefined }),
    toolChoice:
      typeof toolChoice === 'object' ? { type: 'tool', toolName: toolChoice.tool } : toolChoice && { type: toolChoice },
    tools: context.tools?.map(({ name, description, parameters, strict }) =>
      present({ type: 'function', name, description, inputSchema: parameters, strict }),
    ),
    headers: options.headers,
    providerOptions: Object.keys(providerOptions).length === 0 ? undefined : { [namespace]: providerOptions },
    ...call,
  })
}

const present = (fields: Json): Json =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
