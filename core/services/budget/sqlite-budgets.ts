import { setTimeout as sleep } from 'node:timers/promises'
import type { Warning } from '@plugboard/sdk'
import type { Unsubscribe } from '../../kernel/events.ts'
import type { Alert, Alerts } from '../alerts/alerts.ts'
import type { AuditLog } from '../audit/audit.ts'
import type { Clock } from '../clock/clock.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Logger } from '../logger/logger.ts'
import type { Store } from '../store/store.ts'
import { Balances } from './balances.ts'
import { BudgetNews } from './budget-news.ts'
import { stateOf } from './budget-state.ts'
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
  ReserveRequest,
  Spender,
} from './budget.ts'
import { payableSizes } from './cost-ceiling.ts'
import { exhaustedBy, settlementAlerts } from './cost-alerts.ts'
import { BELIEVED_MS, InForce } from './in-force.ts'
import { LEASE_TIMES, Lease, type LeaseTimes } from './lease.ts'
import { remembered } from './remembered.ts'
import { refusalError, type Refusal } from './refusal.ts'
import { isHold, plan } from './reservation.ts'
import { NOTHING_SETTLED, settle } from './settlement.ts'
import { verifyBooks } from './verify-books.ts'

export interface BudgetsParts {
  readonly store: Store
  readonly ledger: Ledger
  readonly audit: AuditLog
  readonly alerts: Alerts
  readonly clock: Clock
  readonly log: Logger
  readonly lease?: LeaseTimes
}

const NOTHING_TOLD: readonly Alert[] = []

/** Calls kept in memory while the database cannot be written; some 20 MB. */
const MAX_UNBOOKED = 10_000

interface Reserved {
  readonly planned: Hold | Refusal | undefined
  readonly renewed: boolean
  readonly recovered: readonly BudgetEvents['recovered'][]
  readonly told: readonly Alert[]
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
  readonly #news: BudgetNews
  readonly #open = new Set<string>()
  #unbooked: Booking[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(parts: BudgetsParts) {
    const { store, clock, audit, log } = parts
    this.#parts = parts
    this.#times = parts.lease ?? LEASE_TIMES
    this.#inForce = new InForce(store)
    this.#balances = new Balances(store)
    this.#table = new BudgetTable(store.db, this.#balances, () => this.#inForce.changed())
    this.#lease = new Lease(store, this.#balances, clock, this.#times)
    this.#news = new BudgetNews(this.#balances, audit, log)
    if (this.#lease.others) this.#watch()
  }

  async set(spec: BudgetSpec, actor = 'system'): Promise<Budget> {
    const change = await this.#parts.store.write(() => this.#table.set(spec, this.#parts.clock.now()))
    if (change.problem !== undefined) throw change.problem
    const { before, after } = change
    await this.#parts.audit.record({ action: 'budget_changed', subject: after.id, actor, details: { before, after } })
    await sleep(BELIEVED_MS)
    return after
  }

  async remove(id: string, actor = 'system'): Promise<Budget | undefined> {
    const before = await this.#parts.store.write(() => this.#table.remove(id, this.#parts.clock.now()))
    if (before !== undefined)
      await this.#parts.audit.record({ action: 'budget_changed', subject: id, actor, details: { before, after: null } })
    await sleep(BELIEVED_MS)
    return before
  }

  list(): readonly BudgetState[] {
    this.#refresh()
    const now = this.#parts.clock.now()
    return this.#inForce.all.map(({ budget, periodAt }) => stateOf(budget, periodAt(now), this.#balances))
  }

  appliesTo(spender: Spender): boolean {
    this.#refresh()
    return this.#inForce.applyingTo(spender).length > 0
  }

  async reserve(asked: ReserveRequest): Promise<Hold | undefined> {
    const bound = remembered(asked.bound)
    // The worst case is worked out before anything is written: if that fails, it is this call's failure alone.
    for (const size of asked.sizes.slice(0, 1)) bound(size)
    const request = { ...asked, bound, sizes: payableSizes({ ...asked, bound }) }
    const hold = await this.#reserveOnAll(request)
    const [maxOutput] = request.sizes
    if (hold !== undefined || request.maxCost === undefined || maxOutput === undefined) return hold
    return { id: request.id, maxOutput, binding: bound(maxOutput).nano !== 0, lines: [] }
  }

  async #reserveOnAll(request: ReserveRequest): Promise<Hold | undefined> {
    if (!this.appliesTo(request.spender)) return undefined
    const startedAt = this.#parts.clock.monotonic()
    const { planned, renewed, recovered, told } = await this.#parts.store.write(() => this.#reserve(request))
    if (renewed) this.#lease.renewed(startedAt)
    this.#news.recovered(recovered)
    this.#parts.alerts.announce(told)
    if (planned === undefined) return undefined
    if (!isHold(planned)) throw refusalError(planned)
    this.#open.add(planned.id)
    this.#watch()
    return planned
  }

  async release(hold: Hold): Promise<void> {
    if (hold.lines.length === 0) return
    await this.#parts.store.write(() => this.#balances.release(hold))
    this.#open.delete(hold.id)
  }

  async book(booking: Booking): Promise<readonly Warning[]> {
    const { alerts } = this.#parts
    let settled = NOTHING_SETTLED
    let told: readonly Alert[] = NOTHING_TOLD
    try {
      await this.#parts.ledger.record(booking.entry, () => {
        this.#refresh()
        settled = settle(booking, this.#inForce.applyingTo(booking.spender), this.#balances)
        const due = settlementAlerts(booking, settled, this.#balances)
        if (due.length > 0) told = due.map((alert) => alerts.put(alert))
      })
    } catch (error) {
      this.#bookLater(booking, error)
      throw error
    }
    if (booking.hold !== undefined) this.#open.delete(booking.hold.id)
    if (settled !== NOTHING_SETTLED) this.#news.settled(settled)
    if (told.length > 0) alerts.announce(told)
    return settled.warnings
  }

  on<K extends keyof BudgetEvents>(event: K, listener: (payload: BudgetEvents[K]) => void): Unsubscribe {
    return this.#news.on(event, listener)
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
    this.#news.recovered(recovered)
    await this.#bookAgain()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    try {
      await this.#bookAgain()
      const missing = this.#unbooked.map(({ entry: { id } }) => id)
      if (missing.length > 0) this.#parts.log.error('these calls are missing in the ledger', { missing })
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
    if (budgets.length === 0) return { planned: undefined, renewed: false, recovered: [], told: [] }
    const now = this.#parts.clock.now()
    let planned = plan(request, budgets, now, this.#balances)
    let recovered: Reserved['recovered'] = []
    if (!isHold(planned) && planned.kind === 'held') {
      recovered = this.#recover()
      if (recovered.length > 0) planned = plan(request, budgets, now, this.#balances)
    }
    if (!isHold(planned)) {
      const told = exhaustedBy(planned, request.id, this.#balances).map((alert) => this.#parts.alerts.put(alert))
      return { planned, renewed: false, recovered, told }
    }
    // A process without holds does not beat, so somebody may doubt it just now.
    const renewed = this.#lease.due || this.#open.size === 0
    if (renewed) this.#lease.renew()
    this.#balances.hold(planned, this.#lease.owner)
    return { planned, renewed, recovered, told: [] }
  }

  /** The call fails, but its money is spent: it is booked as soon as the database can be written again. */
  #bookLater(booking: Booking, error: unknown): void {
    const { log } = this.#parts
    if (this.#unbooked.length === MAX_UNBOOKED) {
      const { id, provider, model, cost } = booking.entry
      log.error('a call is missing in the ledger', { id, provider, model, nano: cost.total, error })
      return
    }
    // Once for all of them: a full disk fails every call.
    if (this.#unbooked.length === 0) log.error('the ledger cannot be written; calls fail until it can', { error })
    this.#unbooked.push(booking)
    this.#watch()
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

  /**
   * Nothing is written twice here: a booking stands in the list of one round alone, what the ledger has is asked before the
   * first is written, and only this process books its calls.
   */
  async #bookAgain(): Promise<void> {
    const bookings = this.#unbooked
    if (bookings.length === 0) return
    this.#unbooked = []
    let tried = 0
    try {
      // Once for all of them: the answer takes a ledger's whole reading.
      const booked = new Set(this.#parts.ledger.booked(bookings.map(({ entry: { id } }) => id)))
      for (const booking of bookings) {
        tried++
        const { id } = booking.entry
        if (!booked.has(id)) await this.book(booking)
        else if (booking.hold !== undefined) await this.release(booking.hold)
        booked.add(id)
      }
    } catch {
      // It is in the list again, behind the others: one that can never be written must not keep them out.
      this.#unbooked.unshift(...bookings.slice(tried))
    }
  }
}
