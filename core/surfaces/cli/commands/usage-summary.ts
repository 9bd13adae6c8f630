import type { Command } from 'commander'
import { roundedDollars } from '../../../services/cost/money.ts'
import type { Projection, UsageReport } from '../../../services/usage/usage.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { printJson } from '../output.ts'
import { selectionOf, withUsageOptions, type UsageOptions } from '../usage-options.ts'
import { costText, notes, number, printUsage } from '../usage-table.ts'

export function usageSummary(usage: Command): void {
  withUsageOptions(
    usage.command('summary', { isDefault: true }).description('This month: what it cost, and where it is heading'),
  ).action(async (options: UsageOptions) => {
    await using plugboard = await openPlugboard(options)
    const report = await plugboard.usage.report(selectionOf(options))
    const projection = await plugboard.usage.projection({ timeZone: options.timeZone })
    if (options.json) return printJson({ ...report, projection, currency: 'nano-USD' })
    printTotals(report)
    console.log(`\n${projection.text}${basisOf(projection)}`)
    if (report.byProvider.length === 0) return
    console.log('')
    printUsage('PROVIDER', report.byProvider, report.totals)
    console.log('')
    printUsage('MODEL', report.topModels, report.totals)
  })
}

function printTotals({ since, until, timeZone, totals, resetAt }: UsageReport): void {
  const { calls, tokens, cacheSavings } = totals
  const date = (at: number): string => new Date(at).toLocaleString('sv-SE', { timeZone })
  console.log(`${date(since)} to ${date(until)} (${timeZone})`)
  if (resetAt !== null) console.log(`Counted since the reset of ${date(resetAt)}; --all counts the calls before too.`)
  const input = tokens.input + tokens.cacheRead + tokens.cacheWrite
  const text = [costText(totals), notes(totals)].filter((part) => part !== '').join(', ')
  console.log(
    `${number(calls)} ${calls === 1 ? 'call' : 'calls'}, ${number(input)} tokens in, ${number(tokens.output)} out: ${text}`,
  )
  if (cacheSavings > 0n) console.log(`Reading from caches saved $${roundedDollars(cacheSavings)}.`)
}

function basisOf({ low, high, method, days, unpriced }: Projection): string {
  if (low === null || high === null) return ''
  const mean = method === 'mean_weekday' ? 'the same weekdays' : 'the days'
  const without = unpriced === 0 ? '' : `; without ${number(unpriced)} calls whose price is not known`
  return `\n  $${roundedDollars(low)} to $${roundedDollars(high)}, from the mean of ${mean} of the last ${days} full days${without}`
}
