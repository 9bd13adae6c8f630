import { dollars, type Nano } from '../money.ts'
import type { Estimate } from './estimate.ts'

/** The same run on two models. */
export interface Comparison {
  readonly from: Estimate
  readonly to: Estimate
  /** Nano-dollars that `to` costs more than `from`; negative when it costs less, `null` when a price is not known. */
  readonly likelyDifference: Nano | null
  readonly worstDifference: Nano | null
  /** For people: "about $0.05 more per run". */
  readonly text: string
}

export function comparison(from: Estimate, to: Estimate): Comparison {
  const likelyDifference = difference(from.likely.nano, to.likely.nano)
  return {
    from,
    to,
    likelyDifference,
    worstDifference: difference(from.worst.nano, to.worst.nano),
    text: likelyDifference === null ? unknown(from, to) : inWords(likelyDifference),
  }
}

const difference = (from: Nano | null, to: Nano | null): Nano | null =>
  from === null || to === null ? null : to - from

const inWords = (nano: Nano): string =>
  nano === 0 ? 'the same cost per run' : `about ${rounded(Math.abs(nano))} ${nano > 0 ? 'more' : 'less'} per run`

/** Whole cents; below a cent the first two digits that say something. */
function rounded(nano: Nano): string {
  const amount = dollars(nano)
  return `$${amount >= 0.005 ? amount.toFixed(2) : amount.toFixed(1 - Math.floor(Math.log10(amount)))}`
}

function unknown(from: Estimate, to: Estimate): string {
  const names = [from, to]
    .filter(({ price }) => price === 'unknown')
    .map(({ provider, model }) => `${provider}:${model}`)
  return `not known: there is no price for ${names.join(' and ')}`
}
