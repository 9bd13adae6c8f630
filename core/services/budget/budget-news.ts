import { Events, type Unsubscribe } from '../../kernel/events.ts'
import type { AuditLog } from '../audit/audit.ts'
import type { Logger } from '../logger/logger.ts'
import type { Balances } from './balances.ts'
import { stateOf } from './budget-state.ts'
import type { BudgetEvents } from './budget.ts'
import { periodAt } from './periods.ts'
import type { Settled } from './settlement.ts'

/** Tells what is committed: to listeners, to the operator's log, and what must be remembered to the audit log. */
export class BudgetNews {
  readonly #events: Events<BudgetEvents>
  readonly #balances: Balances
  readonly #audit: AuditLog
  readonly #log: Logger

  constructor(balances: Balances, audit: AuditLog, log: Logger) {
    this.#events = new Events((error, event) => log.error(`a listener of "${event}" failed`, { error }))
    this.#balances = balances
    this.#audit = audit
    this.#log = log
  }

  on<K extends keyof BudgetEvents>(event: K, listener: (payload: BudgetEvents[K]) => void): Unsubscribe {
    return this.#events.on(event, listener)
  }

  settled({ alerts, overshoots }: Settled): void {
    for (const { budget, windowStart } of alerts) {
      const period = periodAt(budget.window, budget.timeZone, windowStart)
      this.#events.emit('alert', stateOf(budget, period, this.#balances))
    }
    for (const overshoot of overshoots) {
      const { budget, callId, charged, held } = overshoot
      const details = { budget: budget.id, callId, charged, held }
      this.#log.warn('a call cost more than it had reserved, and passed a budget', details)
      this.#events.emit('overshoot', overshoot)
    }
  }

  recovered(recovered: readonly BudgetEvents['recovered'][]): void {
    for (const dead of recovered) {
      const { owner, calls, amounts } = dead
      if (calls.length === 0) continue
      this.#log.warn('a process died; what its calls held on budgets is free again', { owner, calls, amounts })
      this.#audit
        .record({ action: 'budget_holds_freed', subject: owner, actor: 'system', details: { calls, amounts } })
        .catch((error: unknown) => this.#log.error('the audit log could not be written', { error }))
      this.#events.emit('recovered', dead)
    }
  }
}
