import type { Context, Model } from '@plugboard/sdk'
import type { TokenCounter } from '../../tokens/tokens.ts'
import type { CostService } from '../cost.ts'
import type { Nano } from '../money.ts'
import { usageOf } from './dearest-usages.ts'
import { estimate } from './estimate.ts'

/** A call that is not made yet: its context, or how many tokens it has. */
export interface ExpectedCall {
  readonly context?: Context | undefined
  /** Counts only without a context. */
  readonly input: number
  readonly output: number
}

/** What such a call would likely cost on a model. */
export function expected(
  parts: { readonly prices: CostService; readonly counter: TokenCounter },
  model: Model,
  { context, input, output }: ExpectedCall,
): { readonly inputTokens: number; readonly outputTokens: number; readonly cost: Nano | null } {
  if (context === undefined)
    return { inputTokens: input, outputTokens: output, cost: parts.prices.costOf(model, usageOf(input, output)).total }
  const { inputTokens, likely } = estimate(parts, model, context, { expectedOutputTokens: output })
  return { inputTokens, outputTokens: output, cost: likely.nano }
}
