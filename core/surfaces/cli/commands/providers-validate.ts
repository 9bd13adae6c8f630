import type { Command } from 'commander'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson } from '../output.ts'
import { validationLine } from '../provider-row.ts'

interface TestOptions extends CommonOptions {
  readonly allowCost: boolean
}

export function providersValidate(providers: Command): void {
  withCommonOptions(
    providers.command('validate').description('Test the connection of a provider, or of all that are available'),
  )
    .argument('[id]', 'as `providers list` shows it')
    .option('--allow-cost', 'where only a real request can tell, make one; it is booked', false)
    .action(async (id: string | undefined, options: TestOptions) => {
      await using plugboard = await openPlugboard(options)
      const { providers } = plugboard
      const results = id === undefined ? await providers.validateAll() : { [id]: await providers.validate(id, options) }
      if (options.json) printJson(id === undefined ? results : results[id])
      else for (const [each, validation] of Object.entries(results)) console.log(validationLine(each, validation))
      if (id !== undefined && results[id]?.ok !== true) process.exitCode = 1
    })
}
