import type { Usage } from '@plugboard/sdk'
import type { Clock } from '../../services/clock/clock.ts'
import type { CostService, PriceVersions } from '../../services/cost/cost.ts'
import type { TokenCounter } from '../../services/tokens/tokens.ts'
import { estimateUsage } from '../estimate-usage.ts'
import type { Call, Outcome } from '../call.ts'
import type { Interceptor } from '../compose.ts'

export interface CostParts {
  readonly prices: CostService
  readonly versions: PriceVersions
  readonly counter: TokenCounter
  readonly clock: Clock
}

const NO_USAGE: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0 }

/**
 * Works out what the call used and what that costs, when it is over, at the price of the moment it began, whatever is read
 * anew meanwhile. That price is kept with the charge.
 */
export const cost =
  ({ prices, versions, counter, clock }: CostParts): Interceptor =>
  (call, next) => {
    const { facts } = call
    const at = clock.now()
    const asOfNow = prices.current?.() ?? prices
    facts.pricedAt = at
    facts.prices = asOfNow
    call.settled((outcome) => {
      const model = facts.target
      if (model === undefined) return
      facts.usage = usageOf(call, outcome, () => estimateUsage(call, model, counter))
      facts.cost = asOfNow.costOf(model, facts.usage, { at })
      const version = facts.cost.priceVersion === undefined ? undefined : asOfNow.priceOf?.(model, at)
      if (version !== undefined) versions.note(version)
    })
    return next(call)
  }

/** More tokens than any answer has: what claims that is no count, and its cost would fit no ledger. */
const MAX_TOKENS = 1_000_000_000

const isCount = (tokens: unknown): boolean =>
  Number.isInteger(tokens) && (tokens as number) >= 0 && (tokens as number) <= MAX_TOKENS

/** A plugin without types may tell anything; money is only reckoned from whole numbers. */
const isUsage = (usage: Usage | undefined): usage is Usage =>
  usage !== undefined &&
  isCount(usage.input) &&
  isCount(usage.output) &&
  isCount(usage.cacheRead) &&
  isCount(usage.cacheWrite) &&
  isCount(usage.totalTokens) &&
  isCount(usage.reasoning ?? 0) &&
  isCount(usage.cacheWrite1h ?? 0) &&
  isCount(usage.audioInput ?? 0) &&
  isCount(usage.audioOutput ?? 0) &&
  isCount(usage.imageInput ?? 0) &&
  isCount(usage.imageOutput ?? 0)

/**
 * The provider's own count where it gave a sound one. Otherwise what was delivered is counted and marked as estimated; a call that
 * delivered nothing is not billed by anyone.
 */
function usageOf({ facts }: Call, outcome: Outcome, count: () => Usage): Usage {
  if (outcome.status === 'completed') return isUsage(outcome.finish.usage) ? outcome.finish.usage : count()
  return facts.ttfbMs === undefined ? NO_USAGE : count()
}
