import { Argument, type Command } from 'commander'
import { USAGE_DIMENSIONS, type UsageDimension } from '../../../services/usage/usage.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { printJson } from '../output.ts'
import { selectionOf, withUsageOptions, type UsageOptions } from '../usage-options.ts'
import { printUsage } from '../usage-table.ts'

export function usageBy(usage: Command): void {
  withUsageOptions(usage.command('by').description('Add calls up by provider, model, key, user, day and so on'))
    .addArgument(new Argument('<what>', 'what to add up by').choices(USAGE_DIMENSIONS))
    .action(async (by: UsageDimension, options: UsageOptions) => {
      await using plugboard = await openPlugboard(options)
      const selection = selectionOf(options)
      const [rows = [], [totals] = []] = await plugboard.usage.rowsOf([{ ...selection, by }, selection])
      if (options.json) return printJson(rows)
      if (rows.length === 0 || totals === undefined) return console.log('There are no calls in that time.')
      const names = new Map(by === 'key' ? plugboard.keys.list().map(({ id, name }) => [id, `${name} (${id})`]) : [])
      printUsage(by.toUpperCase(), rows, totals, (key) => (key === null ? '(none)' : (names.get(key) ?? key)))
    })
}
