import type { Command } from 'commander'
import { openPlugboard } from '../open-plugboard.ts'
import { printJson } from '../output.ts'
import { selectionOf, withUsageOptions, type UsageOptions } from '../usage-options.ts'

export function usageAdvice(usage: Command): void {
  withUsageOptions(
    usage.command('advice').description('What would have been cheaper, and what the ledger shows besides'),
  ).action(async (options: UsageOptions) => {
    await using plugboard = await openPlugboard(options)
    const report = await plugboard.usage.advice(selectionOf(options))
    if (options.json) return printJson({ ...report, currency: 'nano-USD' })
    if (report.advice.length === 0) return console.log('The ledger shows nothing that would have been cheaper.')
    for (const { text } of report.advice) console.log(`- ${text}`)
    console.log('\nWhat this cannot know:')
    for (const limit of report.limits) console.log(`- ${limit}`)
  })
}
