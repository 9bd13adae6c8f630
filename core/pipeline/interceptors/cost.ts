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

/**
 * The provider's own count where it gave one. Otherwise what was delivered is counted and marked as estimated; a call that
 * delivered nothing is not billed by anyone.
 */
function usageOf(call: Call, outcome: Outcome): Usage {
  if (outcome.status === 'completed') return outcome.finish.usage ?? estimateUsage(call)
  return call.facts.ttfbMs === undefined ? NO_USAGE : estimateUsage(call)
}
