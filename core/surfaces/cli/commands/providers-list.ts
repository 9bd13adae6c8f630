import type { Command } from 'commander'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson, printTable } from '../output.ts'
import { printProblem } from '../problem.ts'
import { PROVIDER_HEADINGS, providerRow } from '../provider-row.ts'

interface ListOptions extends CommonOptions {
  readonly available: boolean
}

export function providersList(providers: Command): void {
  withCommonOptions(providers.command('list').description('List providers, their states and masked keys'))
    .option('--available', 'only those that can be called', false)
    .action(async (options: ListOptions) => {
      await using plugboard = await openPlugboard(options)
      const found = options.available ? plugboard.providers.available() : plugboard.providers.list()
      // Schemas are long, and `show` has them.
      if (options.json) return printJson(found.map(({ schema: _schema, ...provider }) => provider))
      printTable(PROVIDER_HEADINGS, found.map(providerRow))
      found.forEach(printProblem)
    })
}
