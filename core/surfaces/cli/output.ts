import { dollars } from '../../services/cost/money.ts'

export const printJson = (value: unknown): void => {
  console.log(JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part), 2))
}

/** Columns under headings, as wide as their longest cell; those from column `rightFrom` on keep to the right. */
export function printTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  rightFrom = Infinity,
): void {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  for (const row of [headings, ...rows])
    console.log(
      row
        .map((cell, column) =>
          column < rightFrom ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
}

/** Nano-dollars as `$0.0075`, or that the price is not known. */
export const formatCost = (nano: number | null | undefined): string =>
  nano === null || nano === undefined ? 'price unknown' : `$${formatAmount(nano)}`

/** Nano-dollars as `0.0075`, with two decimals at least. */
export const formatAmount = (nano: number): string =>
  dollars(nano)
    .toFixed(9)
    .replace(/(\.\d\d\d*?)0+$/, '$1')
