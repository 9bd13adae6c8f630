import type { Command } from 'commander'
import { scopeText, type BudgetState } from '../../../services/budget/budget.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { formatCost, printJson, printTable } from '../output.ts'

export function budgetList(budget: Command): void {
  withCommonOptions(budget.command('list').description('List budgets, and what is spent and held on them')).action(
    async (options: CommonOptions) => {
      await using plugboard = await openPlugboard(options)
      const budgets = plugboard.budgets.list()
      if (options.json) return printJson(budgets)
      printTable(['BUDGET', 'FOR', 'WINDOW', 'LIMIT', 'SPENT', 'HELD', 'PER CALL', 'STARTS ANEW'], budgets.map(row))
    },
  )
}

const endOf = ({ period }: BudgetState): number | null => (period.end === Infinity ? null : period.end)

function row(budget: BudgetState): string[] {
  const { id, scope, window, timeZone, limitNano, limitTokens, spent, held, softRunTokens, hardRunTokens } = budget
  const end = endOf(budget)
  const both = (nano: number | null, tokens: number | null): string =>
    [
      ...(limitNano === null || nano === null ? [] : [formatCost(nano)]),
      ...(limitTokens === null || tokens === null ? [] : [`${tokens.toLocaleString('en')} tokens`]),
    ].join(', ')
  const perCall = [
    ...(softRunTokens === null ? [] : [`soft ${softRunTokens.toLocaleString('en')}`]),
    ...(hardRunTokens === null ? [] : [`hard ${hardRunTokens.toLocaleString('en')}`]),
  ]
  return [
    id,
    scopeText(scope),
    window,
    both(limitNano, limitTokens),
    both(spent.nano, spent.tokens),
    both(held.nano, held.tokens),
    perCall.join(', '),
    end === null ? 'never' : `${new Date(end).toISOString()} (${timeZone})`,
  ]
}
