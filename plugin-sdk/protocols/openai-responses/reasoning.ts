import type { ReasoningLevel } from '../../options.ts'
import type { Model } from '../../provider.ts'
import type { JsonObject } from './json.ts'
import type { Target } from './target.ts'

const ORDER: readonly ReasoningLevel[] = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/** The protocol's word for a level, where it differs from ours. */
const EFFORT_OFF = 'none'

/**
 * The `reasoning` object for a level, or undefined to leave the model at its default. `tells`: ask for a summary of the
 * thoughts too.
 */
export function encodeReasoning(
  level: ReasoningLevel | undefined,
  tells: boolean,
  { model, compat, warn }: Target,
): JsonObject | undefined {
  if (level === undefined) return undefined
  const leftOut = (why: string): undefined =>
    warn({ type: 'unsupported', feature: 'reasoning', message: `${why}; "reasoning" was left out.` }) as undefined
  if (!model.reasoning) return level === 'off' ? undefined : leftOut(`${model.id} does not reason`)
  if (!compat.supportsReasoningEffort) return leftOut(`${model.id} decides itself how hard it thinks`)
  const chosen = nearestLevel(level, model)
  if (chosen === undefined) return leftOut(`${model.id} has no reasoning levels`)
  if (chosen !== level)
    warn({
      type: 'compatibility',
      feature: 'reasoning',
      message: `${model.id} has no reasoning level "${level}"; "${chosen}" was used.`,
    })
  const effort = model.reasoningLevels?.[chosen] ?? (chosen === 'off' ? EFFORT_OFF : chosen)
  return { effort, ...(tells && chosen !== 'off' && compat.supportsReasoningSummary ? { summary: 'auto' } : {}) }
}

/** The level itself, or the nearest one the model has: less thought before more. */
function nearestLevel(level: ReasoningLevel, model: Model): ReasoningLevel | undefined {
  const start = ORDER.indexOf(level)
  const below = ORDER.slice(1, Math.max(start, 1)).toReversed()
  return [level, ...below, ...ORDER.slice(start + 1)].find((name) => model.reasoningLevels?.[name] !== null)
}

/** A client's `effort` in our words; undefined for one that has none. */
export function readEffort(effort: unknown): ReasoningLevel | undefined {
  if (effort === EFFORT_OFF) return 'off'
  return effort === 'off' ? undefined : ORDER.find((level) => level === effort)
}
