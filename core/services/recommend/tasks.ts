import type { Ability, Tier } from '../capabilities/capabilities.ts'
import type { TaskType } from './recommend.ts'

export interface Task {
  readonly needs: readonly Ability[]
  /** A model that has more of these ranks before one that has fewer. */
  readonly prefers: readonly Ability[]
  /** Price classes, the best suited first; undefined: only the cost counts. */
  readonly tiers?: readonly Tier[]
  /** Its context window must be known. */
  readonly needsWindow?: true
  /** Tokens of a usual call. */
  readonly input: number
  readonly output: number
}

/** Hard work goes to the strongest class, bulk work to the cheap one, everything else to the middle. */
const STRONGEST: readonly Tier[] = ['premium', 'standard', 'economy', 'free']
const MIDDLE: readonly Tier[] = ['standard', 'economy', 'premium', 'free']
const BULK: readonly Tier[] = ['economy', 'standard', 'free', 'premium']

export const TASKS: Readonly<Record<TaskType, Task>> = {
  chat: { needs: [], prefers: [], tiers: MIDDLE, input: 1_000, output: 500 },
  reasoning: { needs: ['thinking'], prefers: [], tiers: STRONGEST, input: 2_000, output: 4_000 },
  coding: { needs: [], prefers: ['tools', 'thinking'], tiers: STRONGEST, input: 8_000, output: 2_000 },
  vision: { needs: ['vision'], prefers: [], tiers: MIDDLE, input: 2_000, output: 500 },
  extraction: { needs: [], prefers: ['structuredOutput'], tiers: BULK, input: 4_000, output: 500 },
  'long-context': { needs: [], prefers: [], tiers: MIDDLE, needsWindow: true, input: 150_000, output: 2_000 },
  cheap: { needs: [], prefers: [], input: 1_000, output: 500 },
}
