import { nanoForTokens, nanoFromDecimal, type Nano } from '../cost/money.ts'

/** Dollars per million tokens, as dear as the dearest models in wide use: an assumption must not be too low. */
const INPUT = nanoFromDecimal('15.00')
const OUTPUT = nanoFromDecimal('75.00')

/** What tokens of a model without a known price are held and charged at, where a budget says `estimate`. */
export const assumedNano = (inputTokens: number, outputTokens: number): Nano =>
  nanoForTokens(inputTokens, INPUT) + nanoForTokens(outputTokens, OUTPUT)
