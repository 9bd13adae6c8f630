import type { ProviderRequest } from '@plugboard/sdk'
import { token } from '../../kernel/scope.ts'
import type { Nano } from '../cost/money.ts'

/** The most one call can use. */
export interface Bound {
  /** Nano-dollars; never less than the call will cost. */
  readonly nano: Nano | 'unknown'
  /** No provider counts more. */
  readonly inputTokens: number
  readonly outputTokens: number
  /** What most likely will be counted; for limits where a refusal without need does more harm than a few tokens. */
  readonly likelyInputTokens: number
}

/** The most a request can use when its answer has at most `maxOutput` tokens. Grows with `maxOutput`. */
export type WorstCase = (request: ProviderRequest, maxOutput: number) => Bound

export const WorstCase = token<WorstCase>('worst-case')
