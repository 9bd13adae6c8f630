import type { Command } from 'commander'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson } from '../output.ts'

interface ResetOptions extends CommonOptions {
  readonly provider?: string
}

export function usageReset(usage: Command): void {
  withCommonOptions(
    usage.command('reset').description('Let usage count from now on; nothing is deleted, budgets and bills go on'),
  )
    .option('--provider <id>', 'only the calls to a provider')
    .action(async (options: ResetOptions) => {
      await using plugboard = await openPlugboard(options)
      const { provider } = options
      const scope = provider === undefined ? {} : { provider }
      const reset = await plugboard.usage.reset({ actor: 'cli', scope })
      if (options.json) return printJson(reset)
      const whose = provider === undefined ? '' : ` of "${provider}"`
      console.log(`Usage${whose} counts from ${new Date(reset.at).toISOString()} on; --all shows what was before.`)
    })
}
