import { PlugboardError } from '@plugboard/sdk'
import {
  BUDGET_WINDOWS,
  SCOPE_KINDS,
  UNKNOWN_PRICE_POLICIES,
  type Budget,
  type BudgetSpec,
  type BudgetWindow,
} from './budget.ts'
import { checkTimeZone } from './periods.ts'

/** What the fields of a budget are, its identity and dates left aside. */
export type BudgetTerms = Omit<Budget, 'id' | 'createdAt' | 'changedAt'>

const DEFAULTS = {
  timeZone: 'UTC',
  limitNano: null,
  limitTokens: null,
  softRunTokens: null,
  hardRunTokens: null,
  alertThreshold: 0.8,
  unknownPrice: 'deny',
} as const satisfies Partial<BudgetTerms>

/** The terms a spec asks for, over those there are. Throws PlugboardError `BUDGET_INVALID`. */
export function termsOf(spec: BudgetSpec, before: BudgetTerms | undefined): BudgetTerms {
  const { scope, window, timeZone, limitNano, limitTokens, softRunTokens, hardRunTokens, alertThreshold } = spec
  if (!SCOPE_KINDS.includes(scope.kind)) throw invalid(`"${String(scope.kind)}" is no kind of budget`, SCOPE_KINDS)
  if ((scope.kind === 'global') !== (scope.value === ''))
    throw invalid(
      scope.kind === 'global' ? 'the global budget has no value' : `whose ${scope.kind}? The value is empty`,
    )
  if (!BUDGET_WINDOWS.includes(window))
    throw invalid(`"${String(window)}" is no window`, BUDGET_WINDOWS satisfies readonly BudgetWindow[])
  if (timeZone !== undefined) checkTimeZone(timeZone)
  for (const [name, value] of Object.entries({ limitNano, limitTokens, softRunTokens, hardRunTokens }))
    if (value !== undefined && value !== null && (!Number.isSafeInteger(value) || value < 0))
      throw invalid(`${name} must be a whole number, not ${value}`)
  if (typeof alertThreshold === 'number' && !(alertThreshold > 0 && alertThreshold <= 1))
    throw invalid('alertThreshold must be above 0 and at most 1')
  if (spec.unknownPrice !== undefined && !UNKNOWN_PRICE_POLICIES.includes(spec.unknownPrice))
    throw invalid(`"${String(spec.unknownPrice)}" is no policy for unknown prices`, UNKNOWN_PRICE_POLICIES)

  const given = Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined))
  const terms: BudgetTerms = { ...DEFAULTS, ...before, ...(given as BudgetSpec) }
  if ([terms.limitNano, terms.limitTokens, terms.softRunTokens, terms.hardRunTokens].every((limit) => limit === null))
    throw invalid('a budget needs at least one limit')
  return terms
}

const invalid = (what: string, allowed?: readonly string[]): PlugboardError =>
  new PlugboardError('BUDGET_INVALID', `The budget cannot be set: ${what}.`, {
    hint: allowed === undefined ? 'Correct it and set the budget again.' : `Use one of: ${allowed.join(', ')}.`,
  })
