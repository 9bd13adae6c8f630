import type { Usage } from '@plugboard/sdk'
import type { CostService } from '../../services/cost/cost.ts'
import { estimateUsage } from '../estimate-usage.ts'
import type { Call, Outcome } from '../call.ts'
import type { Interceptor } from '../compose.ts'

const NO_USAGE: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0 }

/** Works out what the call used and what that costs, when it is over. */
export const cost =
  (prices: CostService): Interceptor =>
  (call, next) => {
    call.settled((outcome) => {
      const { facts } = call
      if (facts.target === undefined) return
      facts.usage = usageOf(call, outcome)
      facts.cost = prices.costOf(facts.target, facts.usage)
    })
    return next(call)
  }

/** More tokens than any answer has: what claims that is no count, and its cost would fit no ledger. */
const MAX_TOKENS = 1_000_000_000

const isCount = (tokens: unknown): boolean =>
  Number.isInteger(tokens) && Number(tokens) >= 0 && Number(tokens) <= MAX_TOKENS

/** A plugin without types may tell anything; money is only reckoned from whole numbers. */
const isUsage = (usage: Usage | undefined): usage is Usage =>
  usage !== undefined &&
  [usage.input, usage.output, usage.cacheRead, usage.cacheWrite, usage.totalTokens].every(isCount) &&
  isCount(usage.reasoning ?? 0)

/**
 * The provider's own count where it gave a sound one. Otherwise what was delivered is counted and marked as estimated; a call that
 * delivered nothing is not billed by anyone.
 */
function usageOf(call: Call, outcome: Outcome): Usage {
  if (outcome.status === 'completed') return isUsage(outcome.finish.usage) ? outcome.finish.usage : estimateUsage(call)
  return call.facts.ttfbMs === undefined ? NO_USAGE : estimateUsage(call)
}
