import type { Command } from 'commander'
import { agentsList } from '../commands/agents-list.ts'
import { agentsRemove } from '../commands/agents-remove.ts'
import { agentsSet } from '../commands/agents-set.ts'

export function agents(program: Command): void {
  const agents = program.command('agents').description('Named models with options and instructions of their own')
  agentsList(agents)
  agentsSet(agents)
  agentsRemove(agents)
}
