import { createHash } from 'node:crypto'
import type { PriceTier } from '@plugboard/sdk'
import type { PriceLayer, PriceVersion, Terms } from './cost.ts'
import { decimalFromNano, nanoFromDecimal } from './money.ts'

/** Two writings of the same terms ("2.5", "2.50") have one id. Throws RangeError when an amount cannot be read. */
export function priceVersion(layer: PriceLayer, price: 'free' | Terms, markupPercent?: string): PriceVersion {
  const content = {
    price: price === 'free' ? price : shortest(price),
    ...(markupPercent === undefined || price === 'free' ? {} : { markupPercent }),
  }
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16)
  return { id: `${layer}-${hash}`, layer, ...content }
}

export const RATE_KINDS = [
  'input',
  'output',
  'cacheRead',
  'cacheWrite',
  'cacheWrite1h',
  'reasoning',
  'audioInput',
  'audioOutput',
  'imageInput',
  'imageOutput',
] as const

export type RateKind = (typeof RATE_KINDS)[number]

/** One order of keys and one writing of every amount. */
function shortest({ request, batchDiscountPercent, tiers, ...rates }: Terms): Terms {
  return {
    ...(shortestRates(rates) as Terms),
    ...(request === undefined ? {} : { request: decimalFromNano(nanoFromDecimal(request)) }),
    ...(batchDiscountPercent === undefined ? {} : { batchDiscountPercent: shortestPercent(batchDiscountPercent) }),
    ...(tiers === undefined || tiers.length === 0
      ? {}
      : {
          tiers: tiers
            .toSorted((one, other) => one.above - other.above)
            .map((tier) => ({ above: tier.above, ...shortestRates(tier) })),
        }),
  }
}

function shortestRates(rates: Partial<Record<RateKind, string>>): Omit<PriceTier, 'above'> {
  return Object.fromEntries(
    RATE_KINDS.flatMap((kind) => {
      const amount = rates[kind]
      return amount === undefined ? [] : [[kind, decimalFromNano(nanoFromDecimal(amount))]]
    }),
  )
}

const shortestPercent = (percent: string): string => (percent.includes('.') ? percent.replace(/\.?0+$/, '') : percent)
