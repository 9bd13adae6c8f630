import type { ReasoningLevel } from '../../options.ts'
import { LEVELS, nearestLevel } from '../left-out.ts'
import { isObject, type JsonObject } from './json.ts'
import type { Target } from './target.ts'

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

/** `thinkingConfig` for a level, or undefined to leave the model at its default. */
export function encodeThinking(
  level: ReasoningLevel | undefined,
  maxTokens: number | undefined,
  target: Target,
): JsonObject | undefined {
  const { model, compat, isDescribed, warn } = target
  if (level === undefined) return undefined
  if (!model.reasoning && (isDescribed || level === 'off')) {
    if (level !== 'off')
      warn({
        type: 'unsupported',
        feature: 'reasoning',
        message: `${model.id} does not think; "reasoning" was left out.`,
      })
    return undefined
  }
  const chosen = nearestLevel(level, model, target)
  if (chosen === undefined) return undefined
  const value = model.reasoningLevels?.[chosen] ?? undefined
  const byName = compat.thinking === 'level'
  if (byName && value === undefined && NEAREST[chosen] !== undefined)
    warn({
      type: 'compatibility',
      feature: 'reasoning',
      message: `${model.id} has no reasoning level "${chosen}"; the nearest one was used.`,
    })

  const includeThoughts = chosen === 'off' ? {} : { includeThoughts: true }
  if (byName) return { ...includeThoughts, thinkingLevel: (value ?? NEAREST[chosen] ?? chosen).toUpperCase() }
  const budget = value !== undefined && /^-?\d+$/.test(value) ? Number(value) : BUDGETS[chosen]
  const room = maxTokens === undefined ? Infinity : Math.max(SMALLEST_BUDGET, maxTokens - ANSWER_TOKENS)
  return { ...includeThoughts, thinkingBudget: Math.min(budget, room) }
}

/** A client's `thinkingConfig` in our words; undefined when it leaves the amount to the model. */
export function readThinking(config: unknown): ReasoningLevel | undefined {
  if (!isObject(config)) return undefined
  const named = config['thinkingLevel'] ?? config['thinking_level']
  const level = LEVELS.find((name) => typeof named === 'string' && name === named.toLowerCase())
  if (level !== undefined) return level
  const budget = config['thinkingBudget'] ?? config['thinking_budget']
  if (typeof budget !== 'number' || budget < 0) return undefined
  return LEVELS.find((name) => budget <= BUDGETS[name]) ?? 'max'
}
