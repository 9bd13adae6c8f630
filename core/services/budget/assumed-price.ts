import { nanoFor, nanoFromDecimal, rateOf, type Nano } from '../cost/money.ts'

/** Dollars per million tokens, as dear as the dearest models in wide use: an assumption must not be too low. */
const INPUT = rateOf(nanoFromDecimal('15.00'), 1_000_000)
const OUTPUT = rateOf(nanoFromDecimal('75.00'), 1_000_000)

/** What tokens of a model without a known price are held and charged at, where a budget says `estimate`. */
export const assumedNano = (inputTokens: number, outputTokens: number): Nano =>
  nanoFor(inputTokens, INPUT) + nanoFor(outputTokens, OUTPUT)
