import type { ProviderRequest, Usage } from '@plugboard/sdk'
import type { CostService, Prices } from '../cost/cost.ts'
import { dearestUsages, usageOf } from '../cost/estimate/dearest-usages.ts'
import type { Nano } from '../cost/money.ts'
import type { TokenCounter } from '../tokens/tokens.ts'
import type { Bound, WorstCase } from './budget.ts'
import { rawLimits } from './raw-limits.ts'
import { requestSize, type RequestSize } from './request-size.ts'

/** What a host's template says before the first message, for example the date. */
const TOKENS_PER_REQUEST = 100
/** Role marks and separators around a message and its parts. */
const TOKENS_PER_PART = 16
/** The instructions that providers add to a request with tools, and what each is wrapped in. */
const TOKENS_FOR_TOOLS = 1_024
const TOKENS_PER_TOOL = 64
/** Instructions to answer in JSON. */
const TOKENS_FOR_FORMAT = 300
/** More than most providers count for their largest image; where a model counts more, its tokens are that much cheaper. */
const TOKENS_PER_IMAGE = 10_000
/** No answer is as long; what lies beyond cannot be counted in nano-dollars. */
const MOST_TOKENS = 1_000_000_000
/** Each of ten kinds of tokens is rounded by up to half a nano-dollar, and so is the bound itself. */
const ROUNDING_NANO = 6

/**
 * The worst case by a model's price. A token is at least one byte of text for every tokenizer in use, and no provider takes
 * more than the model's window: so the input is bounded without knowing the tokenizer.
 */
export const declaredWorstCase =
  (prices: CostService, counter: TokenCounter): WorstCase =>
  (request, maxOutput, at, asOf = prices) => {
    const { model, context, options } = request
    const raw = rawLimits(request)
    const inputTokens = mostInput(requestSize(request), request)
    const outputTokens = Math.ceil(Math.max(maxOutput, raw.maxOutput) * raw.answers)
    const nano = dearest(asOf, request, Math.min(inputTokens, MOST_TOKENS), Math.min(outputTokens, MOST_TOKENS), at)
    return new DeclaredBound(nano, inputTokens, outputTokens, () => counter.input(model, context, options).likely)
  }

class DeclaredBound implements Bound {
  readonly nano: Bound['nano']
  readonly inputTokens: number
  readonly outputTokens: number
  readonly #count: () => number
  #likely: number | undefined

  constructor(nano: Bound['nano'], inputTokens: number, outputTokens: number, count: () => number) {
    this.nano = nano
    this.inputTokens = inputTokens
    this.outputTokens = outputTokens
    this.#count = count
  }

  /** Only budgets with a cap on single calls ask for it, and counting takes time. */
  get likelyInputTokens(): number {
    return (this.#likely ??= Math.min(this.inputTokens, this.#count()))
  }
}

function mostInput(size: RequestSize, { model, context, options }: ProviderRequest): number {
  const tools = context.tools?.length ?? 0
  const counted =
    size.bytes +
    size.images * TOKENS_PER_IMAGE +
    size.parts * TOKENS_PER_PART +
    (tools > 0 ? TOKENS_FOR_TOOLS + tools * TOKENS_PER_TOOL : 0) +
    (options.responseFormat === undefined ? 0 : TOKENS_FOR_FORMAT) +
    TOKENS_PER_REQUEST
  const window = model.contextWindow
  if (window === undefined) return counted
  return size.refersElsewhere ? window : Math.min(window, counted)
}

/** Which kinds of tokens it will be is the provider's choice: the dearest count. */
function dearest(
  prices: Prices,
  request: ProviderRequest,
  input: number,
  output: number,
  at: number | undefined,
): Bound['nano'] {
  const when = at === undefined ? {} : { at }
  let most: Nano = 0
  for (const usage of possible(prices, request, input, output, at)) {
    const { total } = prices.costOf(request.model, usage, when)
    if (total === null) return 'unknown'
    most = Math.max(most, total)
  }
  return most === 0 ? 0 : most + ROUNDING_NANO
}

function possible(
  prices: Prices,
  request: ProviderRequest,
  input: number,
  output: number,
  at: number | undefined,
): readonly Usage[] {
  const version = prices.priceOf?.(request.model, at)
  if (version !== undefined) return dearestUsages(version, { input, output }, request)
  const none = usageOf(0, output)
  return [
    { ...none, input },
    { ...none, cacheRead: input },
    { ...none, cacheWrite: input },
  ]
}
