import type { Command } from 'commander'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson } from '../output.ts'

export function providersEnable(providers: Command): void {
  withCommonOptions(providers.command('enable').description('Let a provider be called again'))
    .argument('<id>', 'as `providers list` shows it')
    .action(async (id: string, options: CommonOptions) => {
      await using plugboard = await openPlugboard(options)
      const provider = await plugboard.providers.enable(id, 'cli')
      if (options.json) printJson(provider)
      else console.log(`"${id}" is enabled. It is ${provider.state}.`)
    })
}

export function providersDisable(providers: Command): void {
  withCommonOptions(providers.command('disable').description('Refuse new calls to a provider; running ones finish'))
    .argument('<id>', 'as `providers list` shows it')
    .action(async (id: string, options: CommonOptions) => {
      await using plugboard = await openPlugboard(options)
      const provider = await plugboard.providers.disable(id, 'cli')
      if (options.json) printJson(provider)
      else console.log(`"${id}" is disabled.`)
    })
}
