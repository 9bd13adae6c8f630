import { dollars, roundedDollars } from '../cost/money.ts'
import { counted } from './findings.ts'
import type { UsageSums, UsageSummaryLine } from './usage.ts'

export function summaryLine({ calls, tokens, cost, unpriced }: UsageSums): UsageSummaryLine {
  const inputTokens = tokens.input + tokens.cacheRead + tokens.cacheWrite
  const price = cost === null ? 'price unknown' : `$${roundedDollars(cost.total)}`
  const without = cost === null || unpriced === 0 ? '' : `, and ${counted(unpriced, 'call')} without a known price`
  return {
    calls,
    inputTokens,
    outputTokens: tokens.output,
    costUsd: cost === null ? null : dollars(Number(cost.total)),
    unpricedCalls: unpriced,
    text: `${counted(calls, 'call')}, ${inputTokens.toLocaleString('en')} tokens in, ${tokens.output.toLocaleString('en')} out, ${price}${without}`,
  }
}
