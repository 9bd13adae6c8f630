import type { Model, ProviderRequest, Usage } from '@plugboard/sdk'
import type { CostService } from '../cost/cost.ts'
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
/** What the cheapest kinds of rounding may add: half a nano-dollar per kind of token. */
const ROUNDING_NANO = 3

/**
 * The worst case by a model's price. A token is at least one byte of text for every tokenizer in use, and no provider takes
 * more than the model's window: so the input is bounded without knowing the tokenizer.
 */
export const declaredWorstCase =
  (prices: CostService): WorstCase =>
  (request, maxOutput) => {
    const { model } = request
    const size = requestSize(request)
    const raw = rawLimits(request)
    const inputTokens = mostInput(size, request)
    const outputTokens = Math.max(maxOutput, raw.maxOutput) * raw.answers
    return {
      nano: dearest(prices, model, inputTokens, outputTokens),
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

/** Whether the input is read fresh, from a cache or into one is the provider's choice: the dearest counts. */
function dearest(prices: CostService, model: Model, input: number, output: number): Bound['nano'] {
  const none: Usage = { input: 0, output, cacheRead: 0, cacheWrite: 0, totalTokens: input + output }
  let most: Nano = 0
  for (const kind of ['input', 'cacheRead', 'cacheWrite'] as const) {
    const { total } = prices.costOf(model, { ...none, [kind]: input })
    if (total === null) return 'unknown'
    most = Math.max(most, total)
  }
  return most === 0 ? 0 : most + ROUNDING_NANO
}
