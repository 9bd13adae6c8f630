import type { Cost, Usage } from '@plugboard/sdk'
import type { CompiledPrice, RateCard, Rates } from './compile-price.ts'
import { nanoFor, type Nano, type Rate } from './money.ts'

const NOTHING: Cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 }
const UNKNOWN: Cost = { input: null, output: null, cacheRead: null, cacheWrite: null, total: null }

/**
 * What a usage costs at a price; without a price, or with counts that are none, all unknown. Each part is rounded to the
 * nano-dollar once and the total is their exact sum.
 */
export function charge(price: CompiledPrice | undefined, usage: Usage, batch = false): Cost {
  if (!isCounted(usage)) return UNKNOWN
  if (isNothing(usage)) return NOTHING
  if (price === undefined) return UNKNOWN
  const card = batch ? price.batchCard : price.card
  const priceVersion = price.version.id
  if (card === undefined) return { ...NOTHING, priceVersion }
  const rates = ratesFor(card, usage)
  const request = price.request === undefined ? undefined : nanoFor(1, price.request)
  const cost: WritableCost = hasParts(usage) ? splitParts(usage, rates) : plainParts(usage, rates)
  const total = totalOf(cost, request ?? 0)
  if (total !== null && !Number.isSafeInteger(total)) return UNKNOWN
  cost.total = total
  cost.priceVersion = priceVersion
  if (request !== undefined) cost.request = request
  const saved = usage.cacheRead === 0 ? 0 : nanoFor(usage.cacheRead, rates.input) - (cost.cacheRead ?? 0)
  if (saved > 0) cost.cacheSavings = saved
  return cost
}

/** The whole request moves to the tier its size reaches. */
function ratesFor({ rates, tiers }: RateCard, { input, cacheRead, cacheWrite }: Usage): Rates {
  if (tiers.length === 0) return rates
  const size = input + cacheRead + cacheWrite
  return tiers.findLast(({ above }) => size > above)?.rates ?? rates
}

type WritableCost = { -readonly [K in keyof Cost]: Cost[K] }

/** The parts alone; their total is 0 until it is known. */
const plainParts = (usage: Usage, rates: Rates): WritableCost => ({
  input: nanoFor(usage.input, rates.input),
  output: amount(usage.output, rates.output),
  cacheRead: nanoFor(usage.cacheRead, rates.cacheRead),
  cacheWrite: nanoFor(usage.cacheWrite, rates.cacheWrite),
  total: 0,
})

/** Takes the counts that have a price of their own out of the count they are part of. */
function splitParts(usage: Usage, rates: Rates): WritableCost {
  const input = new Remainder(usage.input)
  const output = new Remainder(usage.output)
  const cacheWrite = new Remainder(usage.cacheWrite)
  const own = {
    ...input.take('audioInput', usage.audioInput, rates.audioInput),
    ...input.take('imageInput', usage.imageInput, rates.imageInput),
    ...output.take('audioOutput', usage.audioOutput, rates.audioOutput),
    ...output.take('imageOutput', usage.imageOutput, rates.imageOutput),
    ...output.take('reasoning', usage.reasoning, rates.reasoning),
    ...cacheWrite.take('cacheWrite1h', usage.cacheWrite1h, rates.cacheWrite1h),
  }
  return {
    input: nanoFor(input.left, rates.input),
    output: amount(output.left, rates.output),
    cacheRead: nanoFor(usage.cacheRead, rates.cacheRead),
    cacheWrite: nanoFor(cacheWrite.left, rates.cacheWrite),
    total: 0,
    ...own,
  }
}

/** Never gives out more than there is: parts that a provider counts too high must not bill a token twice. */
class Remainder {
  left: number

  constructor(tokens: number) {
    this.left = tokens
  }

  take<K extends string>(kind: K, tokens = 0, rate: Rate | undefined): { readonly [P in K]?: Nano } {
    if (tokens === 0 || rate === undefined) return {}
    const taken = Math.min(tokens, this.left)
    this.left -= taken
    return { [kind]: nanoFor(taken, rate) } as { readonly [P in K]?: Nano }
  }
}

const amount = (tokens: number, rate: Rate | undefined): Nano | null =>
  rate === undefined ? (tokens === 0 ? 0 : null) : nanoFor(tokens, rate)

/** Each part by its name: looking names up in a list costs more than all the rest of a charge. */
function totalOf(cost: WritableCost, request: Nano): Nano | null {
  const { input, output, cacheRead, cacheWrite, cacheWrite1h = 0, reasoning = 0 } = cost
  const { audioInput = 0, audioOutput = 0, imageInput = 0, imageOutput = 0 } = cost
  if (input === null || output === null || cacheRead === null || cacheWrite === null || cacheWrite1h === null)
    return null
  if (reasoning === null || audioInput === null || audioOutput === null) return null
  if (imageInput === null || imageOutput === null) return null
  const tokens = input + output + cacheRead + cacheWrite + cacheWrite1h + reasoning
  return request + tokens + audioInput + audioOutput + imageInput + imageOutput
}

const isNothing = ({ input, output, cacheRead, cacheWrite }: Usage): boolean =>
  input === 0 && output === 0 && cacheRead === 0 && cacheWrite === 0

const isCount = (tokens = 0): boolean => Number.isSafeInteger(tokens) && tokens >= 0

const isCounted = (usage: Usage): boolean =>
  isCount(usage.input) &&
  isCount(usage.output) &&
  isCount(usage.cacheRead) &&
  isCount(usage.cacheWrite) &&
  isCount(usage.reasoning) &&
  isCount(usage.cacheWrite1h) &&
  isCount(usage.audioInput) &&
  isCount(usage.audioOutput) &&
  isCount(usage.imageInput) &&
  isCount(usage.imageOutput)

const hasParts = (usage: Usage): boolean =>
  usage.reasoning !== undefined ||
  usage.cacheWrite1h !== undefined ||
  usage.audioInput !== undefined ||
  usage.audioOutput !== undefined ||
  usage.imageInput !== undefined ||
  usage.imageOutput !== undefined
