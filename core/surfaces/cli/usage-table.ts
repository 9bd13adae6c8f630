import { roundedDollars } from '../../services/cost/money.ts'
import type { UsageRow, UsageSums } from '../../services/usage/usage.ts'
import { printTable } from './output.ts'

const HEADINGS = ['CALLS', 'FAILED', 'TOKENS IN', 'CACHED', 'TOKENS OUT', 'COST', 'SHARE', 'MEAN TIME', '']

/** One line per row, and one for all of them. */
export function printUsage(heading: string, rows: readonly UsageRow[], totals: UsageSums, nameOf = keyOf): void {
  const cells = rows.map((row) => [nameOf(row.key), ...cellsOf(row, totals)])
  printTable([heading, ...HEADINGS], [...cells, ['all', ...cellsOf(totals, totals)]], 1)
}

const keyOf = (key: string | null): string => key ?? '(none)'

function cellsOf(sums: UsageSums, all: UsageSums): string[] {
  const { calls, failed, tokens, cost, averageLatencyMs } = sums
  return [
    number(calls),
    failed === 0 ? '' : number(failed),
    number(tokens.input + tokens.cacheRead + tokens.cacheWrite),
    tokens.cacheRead === 0 ? '' : number(tokens.cacheRead),
    number(tokens.output),
    costText(sums),
    cost === null || all.cost === null ? '' : share(cost.total, all.cost.total),
    averageLatencyMs === null ? '' : `${(averageLatencyMs / 1_000).toFixed(1)} s`,
    notes(sums),
  ]
}

export const number = (count: number): string => count.toLocaleString('en')

export const costText = ({ cost }: Pick<UsageSums, 'cost'>): string =>
  cost === null ? 'unknown' : `$${roundedDollars(cost.total)}`

/** Of the whole, in percent. */
const share = (part: bigint, whole: bigint): string =>
  whole === 0n ? '' : `${(Number((part * 1_000n) / whole) / 10).toFixed(1)} %`

/** What an amount does not hold, or not for sure. */
export const notes = ({ cost, unpriced, estimated }: UsageSums): string =>
  [
    cost !== null && unpriced > 0 && `and ${number(unpriced)} without a known price`,
    estimated > 0 && `${number(estimated)} estimated`,
  ]
    .filter(Boolean)
    .join(', ')
