import { discount, markUp, nanoFromDecimal, rateOf, type Factor, type Rate } from './money.ts'
import type { PriceVersion, Terms } from './cost.ts'
import { RATE_KINDS, type RateKind } from './price-version.ts'

/** Rates ready to be charged. A kind that is left out is billed with `input` or `output`, whose part it is. */
export type Rates = Readonly<Partial<Record<RateKind, Rate>>> & {
  readonly input: Rate
  readonly cacheRead: Rate
  readonly cacheWrite: Rate
  readonly cacheWrite1h: Rate
}

interface TierRates {
  readonly above: number
  readonly rates: Rates
}

/** The rates of ordinary requests, and those of large ones from the smallest threshold up. */
export interface RateCard {
  readonly rates: Rates
  readonly tiers: readonly TierRates[]
}

/** One price version in the form in which a charge takes it. */
export interface CompiledPrice {
  readonly version: PriceVersion
  /** Undefined: free. */
  readonly card: RateCard | undefined
  readonly batchCard: RateCard | undefined
  readonly request: Rate | undefined
}

const PER_MILLION = 1_000_000

/** Throws RangeError when an amount cannot be read. */
export function compilePrice(version: PriceVersion): CompiledPrice {
  const { price, markupPercent } = version
  if (price === 'free') return { version, card: undefined, batchCard: undefined, request: undefined }
  const factors = markupPercent === undefined ? [] : [markUp(markupPercent)]
  const card = rateCard(price, factors)
  const { request, batchDiscountPercent } = price
  return {
    version,
    card,
    batchCard:
      batchDiscountPercent === undefined ? card : rateCard(price, [...factors, discount(batchDiscountPercent)]),
    request: request === undefined ? undefined : rateOf(nanoFromDecimal(request), 1, factors),
  }
}

const rateCard = (terms: Terms, factors: readonly Factor[]): RateCard => ({
  rates: ratesOf(terms, factors),
  tiers: (terms.tiers ?? [])
    .toSorted((one, other) => one.above - other.above)
    .map(({ above, ...changed }) => ({ above, rates: ratesOf({ ...terms, ...changed }, factors) })),
})

function ratesOf(amounts: Terms, factors: readonly Factor[]): Rates {
  const rate = (amount: string, times = 1): Rate => rateOf(nanoFromDecimal(amount) * times, PER_MILLION, factors)
  const own: Partial<Record<RateKind, Rate>> = {}
  for (const kind of RATE_KINDS) {
    const amount = amounts[kind]
    if (amount !== undefined) own[kind] = rate(amount)
  }
  const input = rate(amounts.input)
  return { cacheRead: input, cacheWrite: input, cacheWrite1h: rate(amounts.input, 2), ...own, input }
}
