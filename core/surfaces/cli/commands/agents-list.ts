import type { Command } from 'commander'
import type { Agent } from '../../../services/agents/agents.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson, printTable } from '../output.ts'

export function agentsList(agents: Command): void {
  withCommonOptions(agents.command('list').description('List agents; call one as the model agent:NAME')).action(
    async (options: CommonOptions) => {
      await using plugboard = await openPlugboard(options)
      const found = plugboard.agents.list()
      if (options.json) printJson(found)
      else printTable(['AGENT', 'MODEL', 'OPTIONS', 'DESCRIPTION'], found.map(row))
    },
  )
}

const row = ({ name, model = 'default', options = {}, systemPrompt, description = '' }: Agent): string[] => [
  `agent:${name}`,
  model,
  [
    ...Object.entries(options).map(([option, value]) => `${option}=${JSON.stringify(value)}`),
    ...(systemPrompt === undefined ? [] : ['with instructions']),
  ].join(' '),
  description,
]
