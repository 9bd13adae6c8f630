import type { Command } from 'commander'
import { agentIn } from '../../../services/agents/agents.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson } from '../output.ts'

export function agentsRemove(agents: Command): void {
  withCommonOptions(agents.command('remove').description('Remove an agent; running servers notice at once'))
    .argument('<name>', 'as `agents list` shows it, with or without "agent:"')
    .action(async (name: string, options: CommonOptions) => {
      await using plugboard = await openPlugboard(options)
      const removed = await plugboard.agents.remove(agentIn(name) ?? name, 'cli')
      if (options.json) printJson(removed)
      else console.log(`The agent "${removed.name}" is removed.`)
    })
}
