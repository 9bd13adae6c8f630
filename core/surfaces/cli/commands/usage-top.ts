import { InvalidArgumentError, type Command } from 'commander'
import { openPlugboard } from '../open-plugboard.ts'
import { printJson } from '../output.ts'
import { selectionOf, withUsageOptions, type UsageOptions } from '../usage-options.ts'
import { printUsage } from '../usage-table.ts'

interface TopOptions extends UsageOptions {
  readonly limit: number
}

export function usageTop(usage: Command): void {
  withUsageOptions(usage.command('top').description('The models that are used most'))
    .option('--limit <number>', 'how many', wholeNumber, 10)
    .action(async (options: TopOptions) => {
      await using plugboard = await openPlugboard(options)
      const selection = selectionOf(options)
      const rows = await plugboard.usage.topModels(selection, options.limit)
      if (options.json) return printJson(rows)
      if (rows.length === 0) return console.log('There are no calls in that time.')
      printUsage('MODEL', rows, await plugboard.usage.totals(selection))
    })
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgumentError('It must be a whole number above 0.')
}
