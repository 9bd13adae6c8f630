import type { ProviderRequest, Usage } from '@plugboard/sdk'
import type { CostService } from '../cost/cost.ts'
import { dearestUsages, usageOf } from '../cost/estimate/dearest-usages.ts'
import type { Nano } from '../cost/money.ts'
import { rawLimits } from './raw-limits.ts'
import { requestSize, type RequestSize } from './request-size.ts'
import type { Bound, WorstCase } from './budget.ts'

/** English text; code and other languages have fewer. */
const CHARS_PER_TOKEN = 4
/** Role marks and separators around a message, name and type marks around a tool. */
const TOKENS_PER_PART = 16
/** The instructions that providers add to a request with tools. */
const TOKENS_FOR_TOOLS = 1_024
/** More than most providers count for their largest image; where a model counts more, its tokens are that much cheaper. */
const TOKENS_PER_IMAGE = 10_000
/** No answer is as long; what lies beyond cannot be counted in nano-dollars. */
const MOST_TOKENS = 1_000_000_000
/** What rounding may add when tokens turn out to be of many kinds: half a nano-dollar for each. */
const ROUNDING_NANO = 5

/**
 * The worst case by a model's price. A token is at least one byte of text for every tokenizer in use, and no provider takes
 * more than the model's window: so the input is bounded without knowing the tokenizer.
 */
export const declaredWorstCase =
  (prices: CostService): WorstCase =>
  (request, maxOutput) => {
    const size = requestSize(request)
    const raw = rawLimits(request)
    const inputTokens = mostInput(size, request)
    const outputTokens = Math.max(maxOutput, raw.maxOutput) * raw.answers
    return {
      nano: dearest(prices, request, Math.min(inputTokens, MOST_TOKENS), Math.min(outputTokens, MOST_TOKENS)),
      inputTokens,
      outputTokens,
      likelyInputTokens: Math.min(inputTokens, Math.ceil(size.chars / CHARS_PER_TOKEN)),
    }
  }

function mostInput(size: RequestSize, { model, context }: ProviderRequest): number {
  const tools = (context.tools?.length ?? 0) > 0 ? TOKENS_FOR_TOOLS : 0
  const counted = size.bytes + size.parts * TOKENS_PER_PART + size.images * TOKENS_PER_IMAGE + tools
  const window = model.contextWindow
  if (window === undefined) return counted
  return size.refersElsewhere ? window : Math.min(window, counted)
}

/** Which kinds of tokens it will be is the provider's choice: the dearest count. */
function dearest(prices: CostService, request: ProviderRequest, input: number, output: number): Bound['nano'] {
  let most: Nano = 0
  for (const usage of possible(prices, request, input, output)) {
    const { total } = prices.costOf(request.model, usage)
    if (total === null) return 'unknown'
    most = Math.max(most, total)
  }
  return most === 0 ? 0 : most + ROUNDING_NANO
}

function possible(prices: CostService, request: ProviderRequest, input: number, output: number): readonly Usage[] {
  const version = prices.priceOf?.(request.model)
  if (version !== undefined) return dearestUsages(version, { input, output }, request)
  const none = usageOf(0, output)
  return [
    { ...none, input },
    { ...none, cacheRead: input },
    { ...none, cacheWrite: input },
  ]
}
