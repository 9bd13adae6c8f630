import { PlugboardError } from '@plugboard/sdk'
import type { Balance } from './balances.ts'
import { scopeText, type Amount, type Budget, type Period } from './budget.ts'
import { dollarText } from './dollar-text.ts'

/** Why a budget refuses a call. Where several refuse, the first of these kinds is told: it is the one that lasts longest. */
export const REFUSAL_KINDS = ['price', 'run', 'spent', 'held'] as const

export interface Refusal {
  readonly kind: (typeof REFUSAL_KINDS)[number]
  readonly budget: Budget
  readonly period: Period
  readonly balance: Balance
  /** The least the call would have to reserve. */
  readonly needed: Amount
  /** Calls that hold the most. */
  readonly holding: readonly string[]
}

const CODES = { price: 'PRICE_UNKNOWN', run: 'TOKEN_LIMIT', spent: 'BUDGET_EXCEEDED', held: 'BUDGET_HELD' } as const

/** Long enough for a call to end, short enough to try again at once. */
const RETRY_AFTER_MS = 1_000

export function refusalError(refusal: Refusal): PlugboardError {
  const { kind, budget, period, balance, needed, holding } = refusal
  const { limitNano, limitTokens } = budget
  return new PlugboardError(CODES[kind], messageOf(refusal), {
    hint: hintOf(refusal),
    details: {
      budget: budget.id,
      scope: budget.scope,
      window: budget.window,
      limit: { nano: limitNano, tokens: limitTokens },
      spent: balance.spent,
      held: balance.held,
      needed,
      resetsAt: period.end === Infinity ? null : new Date(period.end).toISOString(),
      ...(kind === 'held' ? { holding, retryAfterMs: RETRY_AFTER_MS } : {}),
    },
  })
}

function messageOf({ kind, budget, balance, needed }: Refusal): string {
  const name = `The ${budget.window} budget for ${scopeText(budget.scope)} (${budget.id})`
  if (kind === 'price') return `${name} lets no model be called whose price is not known.`
  if (kind === 'run')
    return `${name} allows ${count(budget.hardRunTokens ?? 0)} tokens per call; this one can use ${count(needed.tokens)}.`
  const parts: string[] = []
  if (budget.limitNano !== null && needed.nano > 0)
    parts.push(
      `${dollarText(balance.spent.nano)} of ${dollarText(budget.limitNano)} is spent, ${dollarText(balance.held.nano)} ` +
        `is held by running calls, and this one may cost up to ${dollarText(needed.nano)}`,
    )
  if (budget.limitTokens !== null)
    parts.push(
      `${count(balance.spent.tokens)} of ${count(budget.limitTokens)} tokens are spent, ${count(balance.held.tokens)} ` +
        `are held by running calls, and this one may use up to ${count(needed.tokens)}`,
    )
  return `${name} cannot pay this call: ${parts.join('; ')}.`
}

function hintOf({ kind, budget, period }: Refusal): string {
  if (kind === 'price')
    return 'Give the model a price, or let the budget estimate or allow such models (plugboard budget set --unknown-price).'
  if (kind === 'run') return 'Send less, name a smaller max_tokens, or raise the cap (plugboard budget set --hard-cap).'
  if (kind === 'held') return 'Ask again in a moment: running calls give back what they do not use.'
  const anew =
    period.end === Infinity ? '' : `It starts anew at ${new Date(period.end).toISOString()} (${budget.timeZone}). `
  return `${anew}Raise it with plugboard budget set, name a smaller max_tokens, or use a cheaper model.`
}

const count = (tokens: number): string => tokens.toLocaleString('en')
