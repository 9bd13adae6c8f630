import { PlugboardError } from '@plugboard/sdk'
import { dollarText } from './dollar-text.ts'
import type { Bound } from './worst-case.ts'

export interface Affordable {
  /** The sizes of an answer that stay below the ceiling. */
  readonly sizes: readonly number[]
  /** Whether a longer answer could cost more than the ceiling. */
  readonly binding: boolean
}

/**
 * The sizes of an answer that cost at most so many dollars. Throws PlugboardError `COST_LIMIT` when even the smallest may
 * cost more, `PRICE_UNKNOWN` when nobody can tell, `REQUEST_INVALID` for what is no amount.
 */
export function costCeiling(
  dollars: number | undefined,
  sizes: readonly number[],
  bound: (maxOutput: number) => Bound,
): Affordable {
  if (dollars === undefined) return { sizes, binding: false }
  const ceiling = Math.floor(dollars * 1e9 + 1e-3)
  if (!Number.isSafeInteger(ceiling) || ceiling < 0)
    throw new PlugboardError('REQUEST_INVALID', `${dollars} is not an amount of dollars.`, {
      hint: 'Give maxCost as a number of dollars, 0 or more.',
      details: { param: 'budget.max_cost' },
    })
  const costs = sizes.map((size) => bound(size).nano)
  if (costs.includes('unknown'))
    throw new PlugboardError('PRICE_UNKNOWN', 'The price of this model is not known, so its cost cannot be limited.', {
      hint: 'Leave the cost limit out, give the model a price, or use a model that has one.',
      details: { param: 'budget.max_cost' },
    })
  const payable = sizes.filter((_, index) => (costs[index] as number) <= ceiling)
  if (payable.length > 0) return { sizes: payable, binding: costs[0] !== 0 }
  const least = Math.min(...(costs as number[]))
  throw new PlugboardError(
    'COST_LIMIT',
    `The call may cost up to ${dollarText(least)}, and its limit is ${dollarText(ceiling)}.`,
    {
      hint: 'Allow more, name a smaller max_tokens, send less, or use a cheaper model.',
      details: { param: 'budget.max_cost', needed: least, limit: ceiling },
    },
  )
}
