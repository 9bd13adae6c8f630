import { PlugboardError } from '@plugboard/sdk'
import type { Budgets } from '../../services/budget/budget.ts'
import type { Clock } from '../../services/clock/clock.ts'
import type { LedgerEntry } from '../../services/ledger/ledger.ts'
import type { Call, Outcome } from '../call.ts'
import type { Interceptor } from '../compose.ts'
import { spenderOf } from '../spender.ts'

/** Writes down every call that reached a provider, before its last byte goes out, and charges it to its budgets. */
export const ledger =
  (budgets: Budgets, clock: Clock): Interceptor =>
  (call, next) => {
    const alertAt = alertNano(call.request.costAlertThreshold)
    call.settled(async (outcome) => {
      const { facts, request } = call
      facts.latencyMs = clock.monotonic() - call.startedAt
      const entry = entryOf(call, outcome, clock.now())
      if (entry === undefined || facts.target === undefined) return
      const spender = spenderOf(facts.target, request.caller)
      const warnings = await budgets.book({ entry, spender, hold: facts.hold, alertAt })
      if (warnings.length > 0) facts.warnings = [...(facts.warnings ?? []), ...warnings]
    })
    return next(call)
  }

function alertNano(dollars: number | undefined): number | undefined {
  if (dollars === undefined) return undefined
  const nano = Math.round(dollars * 1e9)
  if (Number.isSafeInteger(nano) && nano >= 0) return nano
  throw new PlugboardError('REQUEST_INVALID', `${dollars} is not an amount of dollars.`, {
    hint: 'Give costAlertThreshold as a number of dollars, 0 or more.',
    details: { param: 'budget.cost_alert_threshold' },
  })
}

function entryOf({ id, facts, request }: Call, outcome: Outcome, at: number): LedgerEntry | undefined {
  const { target, generation, attempt, usage, cost, latencyMs = 0, ttfbMs } = facts
  // Without a version of a plugin nobody was asked, so there is nothing to book.
  if (target === undefined || generation === undefined || usage === undefined || cost === undefined) return undefined
  const { keyId, trackingId, userId, projectId, agentId } = request.caller
  return {
    id,
    at,
    keyId,
    trackingId,
    userId,
    projectId,
    agentId,
    provider: target.provider,
    model: target.id,
    generation,
    attempt,
    outcome: outcome.status,
    errorClass: outcome.status === 'failed' ? outcome.error.class : undefined,
    usage,
    cost,
    pricedAt: facts.pricedAt,
    latencyMs: Math.round(latencyMs),
    ttfbMs: ttfbMs === undefined ? undefined : Math.round(ttfbMs),
    streamed: request.stream,
  }
}
