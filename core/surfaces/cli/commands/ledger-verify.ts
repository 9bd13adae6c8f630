import type { Command } from 'commander'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson } from '../output.ts'

export function ledgerVerify(ledger: Command): void {
  withCommonOptions(
    ledger
      .command('verify')
      .description(
        'Compare all balances with the entries and holds they are the sum of; exit code 1 when one is wrong',
      ),
  ).action(async (options: CommonOptions) => {
    await using plugboard = await openPlugboard(options)
    const report = plugboard.budgets.verify()
    if (!report.ok) process.exitCode = 1
    if (options.json) return printJson(report)
    const { entries, balances, charges, holds } = report.checked
    console.log(`${entries} entries, ${charges} charges, ${holds} open holds and ${balances} balances compared.`)
    for (const { code, subject, message } of report.problems) console.log(`${code}  ${subject}: ${message}`)
    console.log(report.ok ? 'The books are right.' : `${report.problems.length} problems found.`)
  })
}
