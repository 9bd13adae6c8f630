import type { Command } from 'commander'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson } from '../output.ts'

export function providersSwitch(providers: Command): void {
  switchable(providers.command('enable').description('Let a provider be called again'), 'enable')
  switchable(providers.command('disable').description('Refuse new calls to a provider; running ones finish'), 'disable')
}

const switchable = (command: Command, direction: 'enable' | 'disable'): Command =>
  withCommonOptions(command)
    .argument('<id>', 'as `providers list` shows it')
    .action(async (id: string, options: CommonOptions) => {
      await using plugboard = await openPlugboard(options)
      const provider = await plugboard.providers[direction](id, 'cli')
      if (options.json) printJson(provider)
      else console.log(`"${id}" is ${provider.state}.`)
    })
