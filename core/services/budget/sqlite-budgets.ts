import type { Warning } from '@plugboard/sdk'
import { Events, type Unsubscribe } from '../../kernel/events.ts'
import type { AuditLog } from '../audit/audit.ts'
import type { Clock } from '../clock/clock.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Logger } from '../logger/logger.ts'
import type { Store } from '../store/store.ts'
import { Balances } from './balances.ts'
import { BudgetTable } from './budget-table.ts'
import type {
  BooksReport,
  Booking,
  Budget,
  BudgetEvents,
  BudgetSpec,
  BudgetState,
  Budgets,
  Hold,
  Period,
  ReserveRequest,
  Spender,
} from './budget.ts'
import { payableSizes } from './cost-ceiling.ts'
import { InForce } from './in-force.ts'
import { LEASE_TIMES, Lease, type LeaseTimes } from './lease.ts'
import { periodAt } from './periods.ts'
import { refusalError, type Refusal } from './refusal.ts'
import { isHold, plan } from './reservation.ts'
import { NOTHING_SETTLED, settle, type Settled } from './settlement.ts'
import { verifyBooks } from './verify-books.ts'

export interface BudgetsParts {
  readonly store: Store
  readonly ledger: Ledger
  readonly audit: AuditLog
  readonly clock: Clock
  readonly log: Logger
  readonly lease?: LeaseTimes
}

interface Reserved {
  readonly planned: Hold | Refusal | undefined
  readonly renewed: boolean
  readonly recovered: readonly BudgetEvents['recovered'][]
}

/**
 * Budgets in the database that all processes share. Every step is one transaction that runs alone among them.
 *
 * What a crash costs: the holds of a killed process stay until its lease and the grace time are over (25 s by default) and
 * are then freed without a charge, because nobody knows how far those calls came. The provider's bill may then be higher
 * than the books by at most what `recovered` tells.
 */
export class SqliteBudgets implements Budgets, AsyncDisposable {
  readonly #parts: BudgetsParts
  readonly #times: LeaseTimes
  readonly #inForce: InForce
  readonly #balances: Balances
  readonly #table: BudgetTable
  readonly #lease: Lease
  readonly #events: Events<BudgetEvents>
  readonly #open = new Set<string>()
  #unbooked: Booking[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(parts: BudgetsParts) {
    const { store, clock, log } = parts
    this.#parts = parts
    this.#times = parts.lease ?? LEASE_TIMES
    this.#inForce = new InForce(store.db)
    this.#balances = new Balances(store.db)
    this.#table = new BudgetTable(store.db)
    this.#lease = new Lease(store.db, clock, this.#times)
    this.#events = new Events((error, event) => log.error(`a listener of "${event}" failed`, { error }))
    if (this.#lease.others) this.#watch()
  }

  async set(spec: BudgetSpec, actor = 'system'): Promise<Budget> {
    const change = await this.#parts.store.write(() => this.#table.set(spec, this.#parts.clock.now()))
    if (change.problem !== undefined) throw change.problem
    const { before, after } = change
    await this.#parts.audit.record({ action: 'budget_changed', subject: after.id, actor, details: { before, after } })
    return after
  }

  async remove(id: string, actor = 'system'): Promise<Budget | undefined> {
    const before = await this.#parts.store.write(() => this.#table.remove(id, this.#parts.clock.now()))
    if (before !== undefined)
      await this.#parts.audit.record({ action: 'budget_changed', subject: id, actor, details: { before, after: null } })
    return before
  }

  list(): readonly BudgetState[] {
    this.#refresh()
    const now = this.#parts.clock.now()
    return this.#inForce.all.map(({ budget, periodAt }) => this.#stateOf(budget, periodAt(now)))
  }

  appliesTo(spender: Spender): boolean {
    this.#refresh()
    return this.#inForce.applyingTo(spender).length > 0
  }

  async reserve(asked: ReserveRequest): Promise<Hold | undefined> {
    const request = { ...asked, sizes: payableSizes(asked) }
    const hold = await this.#reserveOnAll(request)
    const [maxOutput] = request.sizes
    if (hold !== undefined || request.maxCost === undefined || maxOutput === undefined) return hold
    return { id: request.id, maxOutput, binding: request.bound(maxOutput).nano !== 0, lines: [] }
  }

  async #reserveOnAll(request: ReserveRequest): Promise<Hold | undefined> {
    if (!this.appliesTo(request.spender)) return undefined
    const startedAt = this.#parts.clock.monotonic()
    const { planned, renewed, recovered } = await this.#parts.store.write(() => this.#reserve(request))
    if (renewed) this.#lease.renewed(startedAt)
    this.#tellRecovered(recovered)
    if (planned === undefined) return undefined
    if (!isHold(planned)) throw refusalError(planned)
    this.#open.add(planned.id)
    this.#watch()
    return planned
  }

  async release(hold: Hold): Promise<void> {
    await this.#parts.store.write(() => {
      for (const line of hold.lines)
        if (this.#balances.endHold(hold.id, line.budget.id))
          this.#balances.giveBack(line.budget.id, line.windowStart, line)
    })
    this.#open.delete(hold.id)
  }

  async book(booking: Booking): Promise<readonly Warning[]> {
    let settled = NOTHING_SETTLED
    try {
      await this.#parts.ledger.record(booking.entry, () => {
        this.#refresh()
        settled = settle(booking, this.#inForce.applyingTo(booking.spender), this.#balances)
      })
    } catch (error) {
      // The call fails, but its money is spent: it is booked as soon as the database can be written again.
      if (booking.hold !== undefined) this.#unbooked.push(booking)
      throw error
    }
    if (booking.hold !== undefined) this.#open.delete(booking.hold.id)
    this.#tellSettled(settled)
    return settled.warnings
  }

  on<K extends keyof BudgetEvents>(event: K, listener: (payload: BudgetEvents[K]) => void): Unsubscribe {
    return this.#events.on(event, listener)
  }

  verify(): BooksReport {
    return verifyBooks(this.#parts.store.db)
  }

  /** Shows that this process lives, frees what dead ones held, and books what could not be booked. Runs by itself. */
  async beat(): Promise<void> {
    const startedAt = this.#parts.clock.monotonic()
    const renew = this.#open.size > 0
    const recovered = await this.#parts.store.write(() => {
      if (renew) this.#lease.renew()
      return this.#recover()
    })
    if (renew) this.#lease.renewed(startedAt)
    this.#tellRecovered(recovered)
    await this.#bookAgain()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    try {
      await this.#bookAgain()
      await this.#parts.store.write(() => this.#lease.end(this.#lease.owner))
    } catch (error) {
      this.#parts.log.warn('budgets could not be closed; what this process holds is freed when its lease ends', {
        error,
      })
    }
  }

  #reserve(request: ReserveRequest): Reserved {
    this.#refresh()
    const budgets = this.#inForce.applyingTo(request.spender)
    if (budgets.length === 0) return { planned: undefined, renewed: false, recovered: [] }
    const now = this.#parts.clock.now()
    let planned = plan(request, budgets, now, this.#balances)
    let recovered: Reserved['recovered'] = []
    if (!isHold(planned) && planned.kind === 'held') {
      recovered = this.#recover()
      if (recovered.length > 0) planned = plan(request, budgets, now, this.#balances)
    }
    if (!isHold(planned)) return { planned, renewed: false, recovered }
    // A process without holds does not beat, so somebody may doubt it just now.
    const renewed = this.#lease.due || this.#open.size === 0
    if (renewed) this.#lease.renew()
    for (const line of planned.lines)
      this.#balances.hold(planned.id, line.budget.id, line.windowStart, this.#lease.owner, line)
    return { planned, renewed, recovered }
  }

  #recover(): readonly BudgetEvents['recovered'][] {
    const recovered = this.#lease.recover()
    // An owner that lives after all must notice that it has to renew.
    if (recovered.length > 0) this.#table.changed()
    return recovered
  }

  #refresh(): void {
    if (this.#inForce.refresh()) this.#lease.mayBeLost()
  }

  #stateOf(budget: Budget, period: Period): BudgetState {
    const { spent, held, alerted } = this.#balances.read(budget.id, period.start)
    const beyond = (amount: number, limit: number | null): number => (limit === null ? 0 : Math.max(0, amount - limit))
    const overshoot = {
      nano: beyond(spent.nano, budget.limitNano),
      tokens: beyond(spent.tokens, budget.limitTokens),
    }
    return { ...budget, period, spent, held, overshoot, alerted }
  }

  #tellSettled({ alerts, overshoots }: Settled): void {
    for (const { budget, windowStart } of alerts)
      this.#events.emit('alert', this.#stateOf(budget, periodAt(budget.window, budget.timeZone, windowStart)))
    for (const overshoot of overshoots) {
      const { budget, callId, charged, held } = overshoot
      this.#parts.log.warn('a call cost more than it had reserved, and passed a budget', {
        budget: budget.id,
        callId,
        charged,
        held,
      })
      this.#events.emit('overshoot', overshoot)
    }
  }

  #tellRecovered(recovered: readonly BudgetEvents['recovered'][]): void {
    for (const dead of recovered) {
      if (dead.calls.length === 0) continue
      const { owner, calls, amounts } = dead
      this.#parts.log.warn('a process died; what its calls held on budgets is free again', { owner, calls, amounts })
      this.#parts.audit
        .record({ action: 'budget_holds_freed', subject: owner, actor: 'system', details: { calls, amounts } })
        .catch((error: unknown) => this.#parts.log.error('the audit log could not be written', { error }))
      this.#events.emit('recovered', dead)
    }
  }

  /** Beats for as long as somebody's holds depend on it. */
  #watch(): void {
    this.#timer ??= setInterval(() => void this.#tick(), this.#times.renewMs).unref()
  }

  async #tick(): Promise<void> {
    try {
      await this.beat()
      if (this.#open.size > 0 || this.#unbooked.length > 0 || this.#lease.others) return
      clearInterval(this.#timer)
      this.#timer = undefined
    } catch (error) {
      this.#parts.log.error('the lease on budgets could not be renewed', { error })
    }
  }

  async #bookAgain(): Promise<void> {
    const bookings = this.#unbooked
    this.#unbooked = []
    for (const booking of bookings) {
      const booked = this.#parts.ledger.entries({ id: booking.entry.id }).length > 0
      if (!booked) await this.book(booking).catch(() => undefined)
      else if (booking.hold !== undefined) await this.release(booking.hold)
    }
  }
}
