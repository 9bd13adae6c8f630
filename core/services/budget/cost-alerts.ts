import type {
  AlertAmount,
  AlertBody,
  BudgetCostAlert,
  BudgetExhausted,
  BudgetFacts,
  RequestCostAlert,
} from '../alerts/alerts.ts'
import { dollars } from '../cost/money.ts'
import { partOf, type Balances } from './balances.ts'
import type { Amount, Booking, Budget, BudgetWindow } from './budget.ts'
import { periodAt } from './periods.ts'
import type { Refusal } from './refusal.ts'
import type { Settled } from './settlement.ts'

/** What a booked call gives to tell. Belongs into the transaction that books it, right after the charge. */
export function settlementAlerts(
  booking: Booking,
  { alerts, exhausted }: Settled,
  balances: Balances,
): readonly AlertBody[] {
  if (alerts.length === 0 && exhausted.length === 0 && booking.alertAt === undefined) return NO_ALERTS
  const { id } = booking.entry
  return [
    ...alerts.map(({ budget, windowStart }) => budgetAlert(factsOf(budget, windowStart, id, balances), budget)),
    ...exhausted.map(({ budget, windowStart }) => exhaustedAlert(factsOf(budget, windowStart, id, balances), null)),
    ...requestAlert(booking),
  ]
}

const NO_ALERTS: readonly AlertBody[] = []

/**
 * What a refused call gives to tell: that a budget which could have paid it has not enough left, when nobody was told in
 * this window. Belongs into the transaction that refused it.
 */
export function exhaustedBy(
  { kind, budget, period, needed }: Refusal,
  callId: string,
  balances: Balances,
): AlertBody[] {
  const { id, limitNano, limitTokens } = budget
  const payable =
    (limitNano === null || needed.nano <= limitNano) && (limitTokens === null || needed.tokens <= limitTokens)
  if (kind !== 'spent' || !payable || !balances.exhaust(id, period.start)) return []
  return [exhaustedAlert(factsOf(budget, period.start, callId, balances), amountOf(needed))]
}

const PERIODS: Readonly<Record<BudgetWindow, BudgetFacts['period']>> = {
  daily: 'day',
  monthly: 'month',
  total: 'total',
}

function factsOf(budget: Budget, windowStart: number, callId: string, balances: Balances): BudgetFacts {
  const { id, scope, window, timeZone, limitNano, limitTokens } = budget
  const { spent, held } = balances.read(id, windowStart)
  const { start, end } = periodAt(window, timeZone, windowStart)
  return {
    user_id: scope.kind === 'user' ? scope.value : null,
    project_id: scope.kind === 'project' ? scope.value : null,
    current_cost: dollars(spent.nano),
    period: PERIODS[window],
    budget_id: id,
    scope,
    time_zone: timeZone,
    limit: { cost: limitNano === null ? null : dollars(limitNano), tokens: limitTokens },
    spent: amountOf(spent),
    held: amountOf(held),
    window_start: end === Infinity ? null : new Date(start).toISOString(),
    window_end: end === Infinity ? null : new Date(end).toISOString(),
    call_id: callId,
  }
}

function budgetAlert(facts: BudgetFacts, { limitNano, limitTokens, alertThreshold }: Budget): BudgetCostAlert {
  const nano = partOf(limitNano, alertThreshold)
  return {
    type: 'cost_alert',
    kind: 'budget',
    ...facts,
    threshold: nano === null ? null : dollars(nano),
    threshold_tokens: partOf(limitTokens, alertThreshold),
  }
}

const exhaustedAlert = (facts: BudgetFacts, needed: AlertAmount | null): BudgetExhausted => ({
  type: 'budget_exhausted',
  ...facts,
  needed,
})

function requestAlert({ entry, alertAt }: Booking): RequestCostAlert[] {
  const { total } = entry.cost
  if (alertAt === undefined || total === null || total < alertAt) return []
  return [
    {
      type: 'cost_alert',
      kind: 'request',
      user_id: entry.userId ?? null,
      project_id: entry.projectId ?? null,
      current_cost: dollars(total),
      threshold: dollars(alertAt),
      period: 'request',
      call_id: entry.id,
      tracking_id: entry.trackingId ?? null,
      key_id: entry.keyId ?? null,
      provider: entry.provider,
      model: entry.model,
    },
  ]
}

const amountOf = ({ nano, tokens }: Amount): AlertAmount => ({ cost: dollars(nano), tokens })
