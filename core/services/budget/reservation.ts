import { assumedNano } from './assumed-price.ts'
import type { Balances } from './balances.ts'
import type { Amount, Bound, Budget, Hold, HoldLine, ReserveRequest } from './budget.ts'
import type { BudgetInForce } from './in-force.ts'
import { REFUSAL_KINDS, type Refusal } from './refusal.ts'

/** What a call may reserve on the budgets that apply, or why it may not. Reads only: nothing is held yet. */
export function plan(
  request: ReserveRequest,
  budgets: readonly BudgetInForce[],
  now: number,
  balances: Balances,
): Hold | Refusal {
  let refusal: Refusal | undefined
  for (const maxOutput of request.sizes) {
    const bound = request.bound(maxOutput)
    const refusals: Refusal[] = []
    for (const budget of budgets) {
      const refused = refusalOf(budget, bound, now, balances)
      if (refused !== undefined) refusals.push(refused)
    }
    if (refusals.length === 0) return holdFor(request, maxOutput, bound, budgets, now)
    refusal = refusals.toSorted((a, b) => REFUSAL_KINDS.indexOf(a.kind) - REFUSAL_KINDS.indexOf(b.kind))[0]
  }
  if (refusal === undefined) throw new RangeError('a call must name at least one size of its answer')
  return refusal
}

export const isHold = (planned: Hold | Refusal): planned is Hold => 'lines' in planned

function holdFor(
  { id, maxCost }: ReserveRequest,
  maxOutput: number,
  bound: Bound,
  budgets: readonly BudgetInForce[],
  now: number,
): Hold {
  const lines = budgets.map(({ budget, periodAt }): HoldLine => ({
    budget,
    windowStart: periodAt(now).start,
    ...amountFor(budget, bound),
  }))
  const limited = ({ budget, nano }: HoldLine): boolean =>
    (budget.limitNano !== null && nano > 0) || budget.limitTokens !== null || budget.hardRunTokens !== null
  const binding = lines.some(limited) || (maxCost !== undefined && bound.nano !== 0)
  return { id, maxOutput, binding, lines }
}

function refusalOf(
  { budget, periodAt }: BudgetInForce,
  bound: Bound,
  now: number,
  balances: Balances,
): Refusal | undefined {
  const period = periodAt(now)
  const needed = amountFor(budget, bound)
  const refuse = (kind: Refusal['kind'], tokens = needed.tokens): Refusal => ({
    kind,
    budget,
    period,
    balance: balances.read(budget.id, period.start),
    needed: { nano: needed.nano, tokens },
    holding: kind === 'held' ? balances.holding(budget.id, period.start, MAX_HOLDING) : [],
  })
  if (bound.nano === 'unknown' && budget.limitNano !== null && budget.unknownPrice === 'deny') return refuse('price')
  if (budget.hardRunTokens !== null) {
    const likely = bound.likelyInputTokens + bound.outputTokens
    if (likely > budget.hardRunTokens) return refuse('run', likely)
  }
  if (balances.fits(budget, period.start, needed)) return undefined
  const { spent } = balances.read(budget.id, period.start)
  const fitsAlone =
    (budget.limitNano === null || needed.nano === 0 || spent.nano + needed.nano <= budget.limitNano) &&
    (budget.limitTokens === null || spent.tokens + needed.tokens <= budget.limitTokens)
  return refuse(fitsAlone ? 'held' : 'spent')
}

const MAX_HOLDING = 5

function amountFor({ limitNano, unknownPrice }: Budget, { nano, inputTokens, outputTokens }: Bound): Amount {
  const assumed = limitNano !== null && unknownPrice === 'estimate' ? assumedNano(inputTokens, outputTokens) : 0
  return { nano: whole(nano === 'unknown' ? assumed : nano), tokens: whole(inputTokens + outputTokens) }
}

/** More than that no limit allows, and no database keeps. */
const whole = (amount: number): number => Math.min(Math.ceil(amount), Number.MAX_SAFE_INTEGER)
