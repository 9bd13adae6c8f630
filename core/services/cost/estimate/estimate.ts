import type { Context, GenerationOptions, Model } from '@plugboard/sdk'
import type { TokenCounter } from '../../tokens/tokens.ts'
import type { CostService } from '../cost.ts'
import type { Nano } from '../money.ts'
import { dearestUsages, usageOf } from './dearest-usages.ts'

/** Tokens an answer may have when neither the caller nor the model's declaration limits it. */
const UNLIMITED_OUTPUT = 32_768
/** Tokens of an answer when nobody knows better. */
const USUAL_OUTPUT = 500

export interface EstimateOptions extends GenerationOptions {
  /** Tokens the answer will likely have. Default: the mean of this model's recent answers in the ledger, else 500. */
  readonly expectedOutputTokens?: number
}

export interface EstimatedCost {
  /** Nano-dollars; 0 for a free model, `null` when the price is not known. */
  readonly nano: Nano | null
  /** Input and output together. */
  readonly tokens: number
  readonly outputTokens: number
}

/** What a call would cost, before it is made. */
export interface Estimate {
  readonly provider: string
  readonly model: string
  readonly price: 'free' | 'known' | 'unknown'
  /** Most likely input, cached tokens included. */
  readonly inputTokens: number
  /**
   * The request has at most this many more. With the built-in counter that was measured on recorded requests to many hosts
   * and on text in 26 languages, code, base64 and random letters; images count as at most 5,000 each. Not included: what a
   * provider adds by itself, such as search results.
   */
  readonly inputTokensError: number
  /** At today's price, the answer as long as expected. */
  readonly likely: EstimatedCost
  /** As much input as there can be and the longest answer allowed, all of it the dearest kind and tier that could apply. */
  readonly worst: EstimatedCost
}

/** `typicalOutput`: tokens of this model's usual answer, where that is known. */
export function estimate(
  { prices, counter }: { readonly prices: CostService; readonly counter: TokenCounter },
  model: Model,
  context: Context,
  options: EstimateOptions = {},
  typicalOutput?: number,
): Estimate {
  const count = counter.input(model, context, options)
  const window = model.contextWindow ?? Infinity
  // A request beyond the model's window is refused, so it cannot be billed either.
  const input = { likely: count.likely, most: Math.max(count.likely, Math.min(count.most, window)) }
  const longest = options.maxTokens ?? Math.min(model.maxTokens ?? UNLIMITED_OUTPUT, window)
  const output = Math.min(options.expectedOutputTokens ?? typicalOutput ?? USUAL_OUTPUT, longest)
  const price = prices.priceOf?.(model)
  const likely = prices.costOf(model, usageOf(input.likely, output)).total
  const worst = dearestUsages(price, { input: input.most, output: longest }, { context, options })
  return {
    provider: model.provider,
    model: model.id,
    price: price?.price === 'free' ? 'free' : likely === null ? 'unknown' : 'known',
    inputTokens: input.likely,
    inputTokensError: input.most - input.likely,
    likely: { nano: likely, tokens: input.likely + output, outputTokens: output },
    worst: {
      nano: dearest(worst.map((usage) => prices.costOf(model, usage).total)),
      tokens: input.most + longest,
      outputTokens: longest,
    },
  }
}

const dearest = (amounts: readonly (Nano | null)[]): Nano | null =>
  amounts.reduce((most, amount) => (most === null || amount === null ? null : Math.max(most, amount)), 0)
