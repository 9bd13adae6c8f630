import type { Command } from 'commander'
import type { ProviderInfo } from '../../../services/providers/providers.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson, printTable } from '../output.ts'
import { printProblem } from '../problem.ts'
import { PROVIDER_HEADINGS, providerRow } from '../provider-row.ts'
import { knownProvider } from '../known-provider.ts'

export function providersShow(providers: Command): void {
  withCommonOptions(providers.command('show').description('Show a provider and its settings; keys are masked'))
    .argument('<id>', 'as `providers list` shows it')
    .action(async (id: string, options: CommonOptions) => {
      await using plugboard = await openPlugboard(options)
      const provider = knownProvider(plugboard, id)
      if (options.json) return printJson(provider)
      printTable(PROVIDER_HEADINGS, [providerRow(provider)])
      console.log()
      printTable(['SETTING', 'VALUE'], settingsOf(provider))
      if (provider.keysUrl !== undefined) console.log(`\nKeys are made at ${provider.keysUrl}`)
      printProblem(provider)
    })
}

/** Everything that can be set, also what is not. */
function settingsOf({ settings, secrets, schema }: ProviderInfo): string[][] {
  const possible = Object.keys((schema as { readonly properties?: object } | undefined)?.properties ?? {})
  const keys = new Set([...possible, ...Object.keys(settings), ...Object.keys(secrets)])
  return [...keys].map((key) => [key, secrets[key] ?? textOf(settings[key])])
}

const textOf = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
