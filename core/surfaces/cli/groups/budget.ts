import type { Command } from 'commander'
import { budgetList } from '../commands/budget-list.ts'
import { budgetRemove } from '../commands/budget-remove.ts'
import { budgetSet } from '../commands/budget-set.ts'

export function budget(program: Command): void {
  const budget = program.command('budget').description('Limits on spending that hold')
  budgetList(budget)
  budgetSet(budget)
  budgetRemove(budget)
}
