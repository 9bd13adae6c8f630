import type { Warning } from '../../messages.ts'
import type { ReasoningLevel } from '../../options.ts'
import type { Model } from '../../provider.ts'
import type { GoogleCompat } from './compat.ts'
import { isObject, type JsonObject } from './json.ts'

const ORDER: readonly ReasoningLevel[] = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/** Tokens of thought; 24,576 is the most that every Gemini 2.5 model takes. */
const BUDGETS: Readonly<Record<ReasoningLevel, number>> = {
  off: 0,
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
  max: 24_576,
}

/** Levels the protocol itself cannot name, sent as the nearest one. */
const NEAREST: Partial<Readonly<Record<ReasoningLevel, string>>> = { off: 'LOW', xhigh: 'HIGH', max: 'HIGH' }

/** Tokens kept for the answer when the limit on all tokens is small. */
const ANSWER_TOKENS = 1024
/** The smallest budget that every model which cannot stop thinking takes. */
const SMALLEST_BUDGET = 128

export interface ThinkingRequest {
  readonly level: ReasoningLevel | undefined
  readonly maxTokens: number | undefined
  readonly model: Model
  readonly compat: GoogleCompat
  readonly warn: (warning: Warning) => void
}

/** `thinkingConfig` for a level, or undefined to leave the model at its default. */
export function encodeThinking({ level, maxTokens, model, compat, warn }: ThinkingRequest): JsonObject | undefined {
  if (level === undefined) return undefined
  if (!model.reasoning) {
    if (level !== 'off')
      warn({
        type: 'unsupported',
        feature: 'reasoning',
        message: `${model.id} does not think; "reasoning" was left out.`,
      })
    return undefined
  }
  const chosen = supported(level, model)
  if (chosen === undefined) return undefined
  const value = model.reasoningLevels?.[chosen] ?? undefined
  const byName = compat.thinking === 'level'
  if (chosen !== level || (byName && value === undefined && NEAREST[chosen] !== undefined))
    warn({
      type: 'compatibility',
      feature: 'reasoning',
      message: `${model.id} has no reasoning level "${level}"; the nearest one was used.`,
    })

  const includeThoughts = chosen === 'off' ? {} : { includeThoughts: true }
  if (byName) return { ...includeThoughts, thinkingLevel: (value ?? NEAREST[chosen] ?? chosen).toUpperCase() }
  const budget = value !== undefined && /^-?\d+$/.test(value) ? Number(value) : BUDGETS[chosen]
  const room = maxTokens === undefined ? Infinity : Math.max(SMALLEST_BUDGET, maxTokens - ANSWER_TOKENS)
  return { ...includeThoughts, thinkingBudget: Math.min(budget, room) }
}

/** The level itself, or the nearest one the model has: less thought before more. */
function supported(level: ReasoningLevel, model: Model): ReasoningLevel | undefined {
  const start = ORDER.indexOf(level)
  const below = ORDER.slice(1, start).toReversed()
  return [level, ...below, ...ORDER.slice(start + 1)].find((name) => model.reasoningLevels?.[name] !== null)
}

/** A client's `thinkingConfig` in our words; undefined when it leaves the amount to the model. */
export function readThinking(config: unknown): ReasoningLevel | undefined {
  if (!isObject(config)) return undefined
  const named = config['thinkingLevel'] ?? config['thinking_level']
  const level = ORDER.find((name) => typeof named === 'string' && name === named.toLowerCase())
  if (level !== undefined) return level
  const budget = config['thinkingBudget'] ?? config['thinking_budget']
  if (typeof budget !== 'number' || budget < 0) return undefined
  return ORDER.find((name) => budget <= BUDGETS[name]) ?? 'max'
}
