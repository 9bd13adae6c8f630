import type { ReasoningLevel } from '../../options.ts'
import { LEVELS, nearestLevel } from '../left-out.ts'
import { MESSAGES } from './hand-off.ts'
import type { JsonObject } from './json.ts'
import type { Target } from './target.ts'

/** Tokens of thought. `max` is what the model's limit leaves. */
const BUDGETS: Readonly<Record<ReasoningLevel, number>> = {
  off: 0,
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 32_768,
  max: Infinity,
}
/** The provider refuses less. */
const SMALLEST_BUDGET = 1024
/** Tokens kept for the answer itself. */
const ANSWER_TOKENS = 1024
/** The API has no default of its own. */
const DEFAULT_MAX_TOKENS = 4096

export interface Thinking {
  /** `thinking`, and `output_config` where the level is an effort. */
  readonly fields: JsonObject
  readonly maxTokens: number
  readonly on: boolean
}

export interface ThinkingAsked {
  readonly level: ReasoningLevel | undefined
  readonly maxTokens: number | undefined
  /** Calls are being answered in which the model did not think, so that it cannot begin to. */
  readonly interrupted: boolean
}

/** `max_tokens` counts thoughts too, so both are decided together. */
export function encodeThinking({ level, maxTokens: asked, interrupted }: ThinkingAsked, target: Target): Thinking {
  const { model, compat, isDescribed, warn, note } = target
  const limit = asked ?? model.maxTokens
  const off = { fields: {}, maxTokens: limit ?? DEFAULT_MAX_TOKENS, on: false }
  if (level === undefined) return off
  if (!model.reasoning && (isDescribed || level === 'off')) {
    if (level !== 'off') skipped(target, `${model.id} does not think; "reasoning" was left out.`)
    return off
  }
  const chosen = nearestLevel(level, model, target)
  if (chosen === undefined) return off
  const value = model.reasoningLevels?.[chosen] ?? undefined
  const effort = value ?? (chosen === 'minimal' ? 'low' : chosen)
  if (compat.forceAdaptiveThinking && value === undefined && effort !== chosen)
    warn({
      type: 'compatibility',
      feature: 'reasoning',
      message: `${model.id} has no reasoning level "${chosen}"; "${effort}" was used.`,
    })
  if (chosen === 'off') return { ...off, fields: { thinking: { type: 'disabled' } } }

  const wanted = value !== undefined && /^\d+$/.test(value) ? Number(value) : BUDGETS[chosen]
  const maxTokens = limit ?? DEFAULT_MAX_TOKENS + Math.min(wanted, BUDGETS.xhigh)
  const display = compat.thinkingDisplay === undefined ? {} : { display: compat.thinkingDisplay }
  if (compat.forceAdaptiveThinking)
    return { fields: { thinking: { type: 'adaptive', ...display }, output_config: { effort } }, maxTokens, on: true }

  if (interrupted) {
    note(MESSAGES.interruptedThinking)
    return off
  }
  if (maxTokens <= SMALLEST_BUDGET) {
    skipped(target, `"maxTokens" leaves no room for thinking, which takes more than ${SMALLEST_BUDGET} tokens.`)
    return off
  }
  const budget = Math.max(SMALLEST_BUDGET, Math.min(wanted, maxTokens - ANSWER_TOKENS))
  return { fields: { thinking: { type: 'enabled', budget_tokens: budget, ...display } }, maxTokens, on: true }
}

const skipped = ({ warn }: Target, message: string): void =>
  warn({ type: 'unsupported', feature: 'reasoning', message })

/** A client's `thinking` in our words; undefined for a kind we do not know. */
export function readThinking({ type, budget_tokens: budget }: JsonObject): ReasoningLevel | undefined {
  if (type === 'disabled') return 'off'
  if (type === 'enabled' && typeof budget === 'number')
    return LEVELS.findLast((level) => BUDGETS[level] <= Math.max(budget, SMALLEST_BUDGET))
  // The client leaves the amount to the model.
  return type === 'adaptive' ? 'medium' : undefined
}

export const readEffort = (effort: string | undefined): ReasoningLevel | undefined =>
  LEVELS.find((level) => level === effort)
