import type { Balances } from './balances.ts'
import type { Budget, BudgetState, Period } from './budget.ts'

/** Where a budget stands in one of its windows. */
export function stateOf(budget: Budget, period: Period, balances: Balances): BudgetState {
  const { spent, held, alerted } = balances.read(budget.id, period.start)
  const beyond = (amount: number, limit: number | null): number => (limit === null ? 0 : Math.max(0, amount - limit))
  const overshoot = { nano: beyond(spent.nano, budget.limitNano), tokens: beyond(spent.tokens, budget.limitTokens) }
  return { ...budget, period, spent, held, overshoot, alerted }
}
