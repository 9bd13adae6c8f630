import type { ReasoningLevel } from '@plugboard/sdk'
import type { Asking, Json } from './model.ts'

/** Tokens of thought. */
const BUDGETS: Readonly<Record<ReasoningLevel, number>> = {
  off: 0,
  minimal: 1_024,
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 24_576,
  max: 32_000,
}

const effort = (reasoningEffort: string): Json => ({ reasoningEffort })
const budget = (budgetTokens: number): Json =>
  budgetTokens === 0 ? { type: 'disabled' } : { type: 'enabled', budgetTokens }

/** Before version 4 each package had words of its own for how hard to think. */
const WORDS: Readonly<Record<string, (word: string, tokens: number) => Json>> = {
  openai: effort,
  azure: effort,
  groq: effort,
  xai: effort,
  anthropic: (_word, tokens) => ({ thinking: budget(tokens) }),
  bedrock: (_word, tokens) => ({ reasoningConfig: budget(tokens) }),
  google: (_word, tokens) => ({ thinkingConfig: { thinkingBudget: tokens, includeThoughts: tokens > 0 } }),
}

/** As an option of the call, or among the options of the one provider. */
export function reasoningOf({ options, model, version, namespace, warn }: Asking): { call?: Json; own?: Json } {
  const level = options.reasoning
  if (level === undefined) return {}
  const word = model.reasoningLevels?.[level] ?? (level === 'off' ? 'none' : level)
  if (version === 'v4') return { call: { reasoning: word } }
  const words = WORDS[namespace]
  if (words !== undefined) return { own: words(word, /^\d+$/.test(word) ? Number(word) : BUDGETS[level]) }
  warn({
    type: 'unsupported',
    feature: 'reasoning',
    message: `"${namespace}" takes it only among its providerOptions.`,
  })
  return {}
}
