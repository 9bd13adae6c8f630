import type { Command } from 'commander'
import { PlugboardError } from '@plugboard/sdk'
import { scopeText } from '../../../services/budget/budget.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson } from '../output.ts'

export function budgetRemove(budget: Command): void {
  withCommonOptions(budget.command('remove').description('Remove a budget; running servers notice at once'))
    .argument('<id>', 'as `budget list` shows it')
    .action(async (id: string, options: CommonOptions) => {
      await using plugboard = await openPlugboard(options)
      const removed = await plugboard.budgets.remove(id, 'cli')
      if (removed === undefined)
        throw new PlugboardError('BUDGET_UNKNOWN', `There is no budget "${id}".`, {
          hint: '`plugboard budget list` shows them.',
        })
      if (options.json) printJson(removed)
      else console.log(`The ${removed.window} budget for ${scopeText(removed.scope)} is removed.`)
    })
}
