import type { Command } from 'commander'
import type { PluginInfo } from '../../../kernel/plugin-info.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson, printTable } from '../output.ts'
import { printProblem } from '../problem.ts'

export function pluginList(plugin: Command): void {
  withCommonOptions(
    plugin.command('list').description('List plugins, their states and what is wrong with them'),
  ).action(async (options: CommonOptions) => {
    await using plugboard = await openPlugboard(options)
    if (options.json) return printJson(plugboard.plugins)
    printTable(['PLUGIN', 'VERSION', 'STATE', 'FROM', 'PROVIDERS'], plugboard.plugins.map(row))
    for (const plugin of plugboard.plugins) printProblem(plugin)
  })
}

const row = ({ id, version, state, origin, providers }: PluginInfo): string[] => [
  id,
  version ?? '',
  state,
  origin,
  providers.join(' '),
]
