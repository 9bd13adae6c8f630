import { PlugboardError } from '@plugboard/sdk'
import type { ReserveRequest } from './budget.ts'
import { dollarText } from './dollar-text.ts'

/**
 * Of the sizes of an answer those that keep a call below its own limit. Throws PlugboardError `COST_LIMIT` when even the
 * smallest may cost more, `PRICE_UNKNOWN` when nobody can tell, `REQUEST_INVALID` when the limit is no amount.
 */
export function payableSizes({ sizes, bound, maxCost }: ReserveRequest): readonly number[] {
  if (maxCost === undefined) return sizes
  const ceiling = Math.floor(maxCost * 1e9 + 1e-3)
  if (!Number.isSafeInteger(ceiling) || ceiling < 0)
    throw new PlugboardError('REQUEST_INVALID', `${maxCost} is not an amount of dollars.`, {
      hint: 'Give maxCost as a number of dollars, 0 or more.',
      details: { param: PARAM },
    })
  const costs = sizes.map((size) => bound(size).nano)
  if (costs.includes('unknown'))
    throw new PlugboardError('PRICE_UNKNOWN', 'The price of this model is not known, so its cost cannot be limited.', {
      hint: 'Leave the cost limit out, give the model a price, or use a model that has one.',
      details: { param: PARAM },
    })
  const payable = sizes.filter((_, index) => (costs[index] as number) <= ceiling)
  if (payable.length > 0) return payable
  const least = Math.min(...(costs as number[]))
  throw new PlugboardError(
    'COST_LIMIT',
    `The call may cost up to ${dollarText(least)}, and its limit is ${dollarText(ceiling)}.`,
    {
      hint: 'Allow more, name a smaller max_tokens, send less, or use a cheaper model.',
      details: { param: PARAM, needed: least, limit: ceiling },
    },
  )
}

const PARAM = 'budget.max_cost'
