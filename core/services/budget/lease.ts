import { randomBytes } from 'node:crypto'
import type { StatementSync } from 'node:sqlite'
import type { Clock } from '../clock/clock.ts'
import type { Store } from '../store/store.ts'
import type { Balances } from './balances.ts'
import type { BudgetEvents, RecoveredAmount } from './budget.ts'

export interface LeaseTimes {
  /** Milliseconds between two renewals. */
  readonly renewMs: number
  /** Milliseconds without a renewal after which an owner is doubted. */
  readonly leaseMs: number
  /** Milliseconds a doubted owner has to show that it lives; more than `renewMs`. */
  readonly graceMs: number
}

export const LEASE_TIMES: LeaseTimes = { renewMs: 5_000, leaseMs: 15_000, graceMs: 10_000 }

interface OwnerRow {
  readonly id: string
  readonly beat: number
  readonly doubted_beat: number | null
  readonly doubted_at: number | null
}

/**
 * Who owns holds, and whether it still lives. One row per process is renewed, not one per call. An owner whose lease ran
 * out is first doubted, and is dead when it still has not renewed `graceMs` later: so a clock that jumps kills nobody,
 * because a living owner renews in between. A lease that ends later than any honest one was written before the clock was
 * set back, and is doubted too.
 *
 * All methods but `due` and `others` belong into a transaction.
 */
export class Lease {
  readonly owner = `${process.pid}-${randomBytes(6).toString('hex')}`
  readonly #store: Store
  readonly #balances: Balances
  readonly #clock: Clock
  readonly #times: LeaseTimes
  readonly #renew: StatementSync
  readonly #anyOther: StatementSync
  readonly #late: StatementSync
  readonly #doubt: StatementSync
  readonly #remove: StatementSync
  #renewedAt = -Infinity
  /** The transaction that renewed last. */
  #renewedIn: number | undefined

  constructor(store: Store, balances: Balances, clock: Clock, times: LeaseTimes) {
    const { db } = store
    this.#store = store
    this.#balances = balances
    this.#clock = clock
    this.#times = times
    this.#renew = db.prepare(`INSERT INTO budget_owner (id, beat, lease_ms, expires_at) VALUES (?1, 1, ?2, ?3)
      ON CONFLICT DO UPDATE SET beat = beat + 1, expires_at = ?3`)
    this.#anyOther = db.prepare('SELECT 1 FROM budget_owner WHERE id <> ? LIMIT 1')
    this.#late = db.prepare(`SELECT id, beat, doubted_beat, doubted_at FROM budget_owner
      WHERE id <> ?1 AND (expires_at <= ?2 OR expires_at > ?2 + lease_ms)`)
    this.#doubt = db.prepare('UPDATE budget_owner SET doubted_beat = beat, doubted_at = ? WHERE id = ?')
    this.#remove = db.prepare('DELETE FROM budget_owner WHERE id = ?')
  }

  /** Whether other owners are on the books. */
  get others(): boolean {
    return this.#anyOther.get(this.owner) !== undefined
  }

  /** Whether the lease must be renewed before anything is held under it. */
  get due(): boolean {
    return this.#clock.monotonic() - this.#renewedAt >= this.#times.renewMs
  }

  /** Once for all calls of a transaction. */
  renew(): void {
    if (this.#renewedIn === this.#store.transactions) return
    this.#renewedIn = this.#store.transactions
    this.#renew.run(this.owner, this.#times.leaseMs, this.#clock.now() + this.#times.leaseMs)
  }

  /** To be told once the transaction that renewed at that monotonic time is committed. */
  renewed(at: number): void {
    this.#renewedAt = at
  }

  /** Somebody may have taken this owner for dead: the next hold renews first. */
  mayBeLost(): void {
    this.#renewedAt = -Infinity
  }

  /** Frees what dead owners held. */
  recover(): BudgetEvents['recovered'][] {
    const now = this.#clock.now()
    const dead: BudgetEvents['recovered'][] = []
    for (const row of this.#late.all(this.owner, now) as unknown as OwnerRow[]) {
      const doubted = row.doubted_beat === row.beat && row.doubted_at !== null && row.doubted_at <= now
      if (!doubted) this.#doubt.run(now, row.id)
      else if (now - (row.doubted_at as number) >= this.#times.graceMs) dead.push(this.end(row.id))
    }
    return dead
  }

  /** Frees everything an owner holds, and forgets it. */
  end(owner: string): BudgetEvents['recovered'] {
    const calls = new Set<string>()
    const amounts = new Map<string, RecoveredAmount>()
    for (const { callId, budgetId, nano, tokens } of this.#balances.releaseAll(owner)) {
      calls.add(callId)
      const before = amounts.get(budgetId) ?? { nano: 0, tokens: 0 }
      amounts.set(budgetId, { budgetId, nano: before.nano + nano, tokens: before.tokens + tokens })
    }
    this.#remove.run(owner)
    return { owner, calls: [...calls], amounts: [...amounts.values()] }
  }
}
