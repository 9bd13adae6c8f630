import type { BudgetScope } from './budget.ts'

/** A scope in a sentence: `provider "openai"`. */
export const scopeText = ({ kind, value }: BudgetScope): string =>
  kind === 'global' ? 'all calls' : `${kind} "${value}"`
