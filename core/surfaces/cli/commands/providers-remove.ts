import type { Command } from 'commander'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson } from '../output.ts'

export function providersRemove(providers: Command): void {
  withCommonOptions(
    providers.command('remove').description('Forget the saved settings and keys of a provider, or a whole instance'),
  )
    .argument('<id>', 'as `providers list` shows it')
    .action(async (id: string, options: CommonOptions) => {
      await using plugboard = await openPlugboard(options)
      const removed = await plugboard.providers.remove(id, 'cli')
      if (options.json) printJson({ id, removed })
      else console.log(removed ? `What was saved for "${id}" is removed.` : `Nothing was saved for "${id}".`)
    })
}
