import type { Usage, Warning } from '@plugboard/sdk'
import { assumedNano } from './assumed-price.ts'
import { NOTHING, type Balances, type Charge } from './balances.ts'
import { scopeText, type Amount, type Booking, type Budget, type BudgetEvents } from './budget.ts'
import type { BudgetInForce } from './in-force.ts'
import { periodAt } from './periods.ts'

/** What charging one call brought about, to be told when it is committed. */
export interface Settled {
  readonly alerts: readonly { readonly budget: Budget; readonly windowStart: number }[]
  readonly exhausted: Settled['alerts']
  readonly overshoots: readonly BudgetEvents['overshoot'][]
  readonly warnings: readonly Warning[]
}

export const NOTHING_SETTLED: Settled = { alerts: [], exhausted: [], overshoots: [], warnings: [] }

interface Line {
  readonly budget: Budget
  /** The same budget as it is now; undefined when it was removed meanwhile. */
  readonly current: Budget | undefined
  readonly windowStart: number
  readonly held: Amount
}

/**
 * Charges a booked call to the budgets it was reserved on, and to those set while it ran. Belongs into the transaction
 * that writes the entry. A hold that expired is charged all the same: the money is gone, and the books say so.
 */
export function settle(booking: Booking, applying: readonly BudgetInForce[], balances: Balances): Settled {
  if (applying.length === 0 && booking.hold === undefined) return NOTHING_SETTLED
  const lines = linesOf(booking, applying)
  if (lines.length === 0) return NOTHING_SETTLED
  const { entry, hold } = booking
  const tokens = tokensOf(entry.usage)
  const estimated = entry.cost.total === null
  const stillHolds = hold !== undefined && hold.lines.length > 0 && balances.endHold(hold.id)
  const charges: Charge[] = []
  const alerts: Settled['alerts'][number][] = []
  const exhausted: Settled['alerts'][number][] = []
  const overshoots: BudgetEvents['overshoot'][] = []
  const warnings: Warning[] = []
  for (const { budget, current, windowStart, held: reserved } of lines) {
    const held = stillHolds ? reserved : NOTHING
    const nano = entry.cost.total ?? nanoWithoutPrice(budget, entry.usage)
    const charge: Charge = { budgetId: budget.id, windowStart, nano, tokens, held }
    charges.push(charge)
    const charged = balances.charge(charge, current)
    if (charged.alert) alerts.push({ budget: current ?? budget, windowStart })
    if (charged.exhausted) exhausted.push({ budget: current ?? budget, windowStart })
    if (charged.over) overshoots.push({ budget, callId: entry.id, charged: { nano, tokens }, held })
    const { softRunTokens } = current ?? budget
    if (softRunTokens !== null && tokens > softRunTokens) warnings.push(softCapWarning(current ?? budget, tokens))
  }
  balances.keep(entry.id, estimated, charges)
  return { alerts, exhausted, overshoots, warnings }
}

function linesOf({ entry, hold }: Booking, applying: readonly BudgetInForce[]): Line[] {
  const reserved = (hold?.lines ?? []).map(({ budget, windowStart, nano, tokens }): Line => {
    const current = applying.find((each) => each.budget.id === budget.id)?.budget
    return { budget, current, windowStart, held: { nano, tokens } }
  })
  // A call counts in the window in which it began, as the calls do that were over when the budget was set.
  const begun = entry.at - entry.latencyMs
  const late = applying
    .filter(({ budget: { id } }) => !reserved.some(({ budget }) => budget.id === id))
    .map(({ budget }): Line => {
      const { start: windowStart } = periodAt(budget.window, budget.timeZone, begun)
      return { budget, current: budget, windowStart, held: NOTHING }
    })
  return [...reserved, ...late]
}

const nanoWithoutPrice = ({ limitNano, unknownPrice }: Budget, usage: Usage): number =>
  limitNano !== null && unknownPrice === 'estimate'
    ? assumedNano(usage.input + usage.cacheRead + usage.cacheWrite, usage.output)
    : 0

const tokensOf = ({ input, output, cacheRead, cacheWrite }: Usage): number => input + output + cacheRead + cacheWrite

const softCapWarning = ({ scope, softRunTokens }: Budget, tokens: number): Warning => ({
  type: 'other',
  feature: 'budget',
  message: `The call used ${tokens} tokens; the budget for ${scopeText(scope)} asks for at most ${softRunTokens} per call.`,
})
