import type { ReasoningLevel } from '../../options.ts'
import { LEVELS, nearestLevel } from '../left-out.ts'
import type { JsonObject } from './json.ts'
import type { Target } from './target.ts'

/** The protocol's word for a level, where it differs from ours. */
const EFFORT_OFF = 'none'

/**
 * The `reasoning` object for a level, or undefined to leave the model at its default. `tells`: ask for a summary of the
 * thoughts too.
 */
export function encodeReasoning(
  level: ReasoningLevel | undefined,
  tells: boolean,
  target: Target,
): JsonObject | undefined {
  const { model, compat, isDescribed, warn } = target
  if (level === undefined) return undefined
  const leftOut = (why: string): undefined =>
    warn({ type: 'unsupported', feature: 'reasoning', message: `${why}; "reasoning" was left out.` }) as undefined
  if (!model.reasoning && (isDescribed || level === 'off'))
    return level === 'off' ? undefined : leftOut(`${model.id} does not reason`)
  if (!compat.supportsReasoningEffort) return leftOut(`${model.id} decides itself how hard it thinks`)
  const chosen = nearestLevel(level, model, target)
  if (chosen === undefined) return undefined
  const effort = model.reasoningLevels?.[chosen] ?? (chosen === 'off' ? EFFORT_OFF : chosen)
  return { effort, ...(tells && chosen !== 'off' && compat.supportsReasoningSummary ? { summary: 'auto' } : {}) }
}

/** A client's `effort` in our words; undefined for one that has none. */
export function readEffort(effort: unknown): ReasoningLevel | undefined {
  if (effort === EFFORT_OFF) return 'off'
  return effort === 'off' ? undefined : LEVELS.find((level) => level === effort)
}
