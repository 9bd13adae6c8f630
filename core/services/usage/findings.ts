import type { PriceVersion } from '../cost/cost.ts'
import { nanoFromDecimal, roundedDollars } from '../cost/money.ts'
import type { ModelFacts } from './model-facts.ts'
import type { Advice } from './usage.ts'

/** Requests smaller than this are cached by no provider. */
const LEAST_CACHED = 1_024
/** Fewer calls show no habit. */
const HABIT = 10

/** What the ledger proves about the calls to one model without looking at other models. */
export function findings(facts: ModelFacts, price: PriceVersion | undefined): readonly Advice[] {
  return [failedCalls(facts), cacheNeverRead(facts), noCacheReads(facts, price), unknownPrice(facts)].filter(
    (advice) => advice !== undefined,
  )
}

function failedCalls({ provider, model, failedBilled, failedNano }: ModelFacts): Advice | undefined {
  if (failedBilled === 0) return undefined
  const text = `${counted(failedBilled, 'call')} to ${provider}:${model} failed or ${wasWere(failedBilled)} cancelled after tokens had arrived, and cost $${roundedDollars(failedNano)}.`
  return {
    kind: 'failed_calls_billed',
    provider,
    model,
    calls: failedBilled,
    charged: failedNano,
    saving: null,
    text,
  }
}

function cacheNeverRead(facts: ModelFacts): Advice | undefined {
  const { provider, model, cacheWriteTokens, cacheReadTokens, cacheWriters, cacheWriteNano, unpriced } = facts
  if (cacheWriteTokens === 0 || cacheReadTokens > 0) return undefined
  const charged = unpriced > 0 ? null : cacheWriteNano
  const price = charged === null ? '' : `, for $${roundedDollars(charged)}`
  const text = `${counted(cacheWriters, 'call')} to ${provider}:${model} wrote ${cacheWriteTokens.toLocaleString('en')} tokens into a cache${price}; none was read from it.`
  return { kind: 'cache_never_read', provider, model, calls: cacheWriters, charged, saving: null, text }
}

/** Whether input repeats is not in the ledger: what is told is that a lower price was never used. */
function noCacheReads(facts: ModelFacts, price: PriceVersion | undefined): Advice | undefined {
  const { provider, model, calls, inputTokens, cacheReadTokens, cacheWriteTokens, nano, unpriced } = facts
  if (price === undefined || price.price === 'free' || price.price.cacheRead === undefined) return undefined
  const { input, cacheRead } = price.price
  if (nanoFromDecimal(cacheRead) >= nanoFromDecimal(input)) return undefined
  if (cacheReadTokens + cacheWriteTokens > 0 || calls < HABIT || inputTokens < calls * LEAST_CACHED) return undefined
  const text = `None of the ${counted(calls, 'call')} to ${provider}:${model} (${inputTokens.toLocaleString('en')} input tokens) read from a prompt cache, where a million tokens cost $${cacheRead} instead of $${input}. Whether their input repeats is not in the ledger.`
  return { kind: 'no_cache_reads', provider, model, calls, charged: unpriced > 0 ? null : nano, saving: null, text }
}

function unknownPrice({ provider, model, unpriced, unpricedTokens }: ModelFacts): Advice | undefined {
  if (unpriced === 0) return undefined
  const text = `The price of ${counted(unpriced, 'call')} to ${provider}:${model} (${unpricedTokens.toLocaleString('en')} tokens) is not known, so they are in no amount. Give the model a price in prices.json.`
  return { kind: 'unknown_price', provider, model, calls: unpriced, charged: null, saving: null, text }
}

export const counted = (count: number, what: string): string =>
  `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`

const wasWere = (count: number): string => (count === 1 ? 'was' : 'were')
