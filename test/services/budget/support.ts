import type { Cost, Usage } from '@plugboard/sdk'
import { SqliteAlerts } from '../../../core/services/alerts/sqlite-alerts.ts'
import { SqliteAuditLog } from '../../../core/services/audit/sqlite-audit-log.ts'
import type { Budget, BudgetSpec, Hold, ReserveRequest, Spender } from '../../../core/services/budget/budget.ts'
import type { LeaseTimes } from '../../../core/services/budget/lease.ts'
import { SqliteBudgets } from '../../../core/services/budget/sqlite-budgets.ts'
import type { Bound } from '../../../core/services/budget/budget.ts'
import type { Clock } from '../../../core/services/clock/clock.ts'
import type { LedgerEntry } from '../../../core/services/ledger/ledger.ts'
import { SqliteLedger } from '../../../core/services/ledger/sqlite-ledger.ts'
import { createPinoLogger } from '../../../core/services/logger/pino-logger.ts'
import { SqliteStore } from '../../../core/services/store/sqlite-store.ts'

/** Time that stands still until it is moved. A jump moves the wall clock alone, as setting a computer's clock does. */
export class TestClock implements Clock {
  #wall: number
  #elapsed = 0

  constructor(start = Date.UTC(2026, 2, 14, 12)) {
    this.#wall = start
  }

  now = (): number => this.#wall
  monotonic = (): number => this.#elapsed

  advance(ms: number): void {
    this.#wall += ms
    this.#elapsed += ms
  }

  jump(ms: number): void {
    this.#wall += ms
  }
}

/** Beats when a test asks for it: by the clock on the wall, tests are over before the first beat is due. */
export const BY_HAND: LeaseTimes = { renewMs: 5_000, leaseMs: 15_000, graceMs: 10_000 }

export interface Books<C extends Clock = TestClock> extends AsyncDisposable {
  readonly clock: C
  readonly store: SqliteStore
  readonly ledger: SqliteLedger
  readonly audit: SqliteAuditLog
  readonly alerts: SqliteAlerts
  readonly budgets: SqliteBudgets
  /** As `kill -9` would: nothing is given back. */
  crash(): void
}

/** What one process has: its own connection, ledger and budgets. `:memory:` for a process without others. */
export function openBooks(file?: string, clock?: TestClock, lease?: LeaseTimes): Books
export function openBooks<C extends Clock>(file: string, clock: C, lease?: LeaseTimes): Books<C>
export function openBooks(file = ':memory:', clock: Clock = new TestClock(), lease = BY_HAND): Books<Clock> {
  const store = new SqliteStore(file)
  const ledger = new SqliteLedger(store)
  const audit = new SqliteAuditLog(store, clock)
  const log = createPinoLogger('silent')
  const alerts = new SqliteAlerts(store, clock, log)
  const budgets = new SqliteBudgets({ store, ledger, audit, alerts, clock, log, lease })
  return {
    clock,
    store,
    ledger,
    audit,
    alerts,
    budgets,
    crash: () => store.db.close(),
    async [Symbol.asyncDispose]() {
      await budgets[Symbol.asyncDispose]()
      store[Symbol.dispose]()
    },
  }
}

export const SPENDER: Spender = { provider: 'acme', model: 'large', keyId: 'key_1', userId: 'ann', projectId: 'apollo' }

let calls = 0
export const newId = (): string => `req_${String(++calls).padStart(9, '0')}`

/** A call of which at most so much can be used; tokens stand for themselves, input is left out. */
export const request = (
  nano: Bound['nano'],
  { tokens = 0, likely = 0, spender = SPENDER, id = newId(), sizes = [tokens] as readonly number[] } = {},
): ReserveRequest => ({
  id,
  spender,
  sizes,
  bound: (outputTokens) => ({ nano, inputTokens: 0, outputTokens, likelyInputTokens: likely }),
})

export const provider = (terms: Partial<BudgetSpec> = {}): BudgetSpec => ({
  scope: { kind: 'provider', value: 'acme' },
  window: 'daily',
  ...terms,
})

export interface Used {
  readonly nano: number | null
  readonly tokens?: number
  readonly id?: string
  readonly spender?: Spender
  readonly latencyMs?: number
}

export function entry(
  clock: Clock,
  { nano, tokens = 0, id = newId(), spender = SPENDER, latencyMs = 0 }: Used,
): LedgerEntry {
  const usage: Usage = { input: 0, output: tokens, cacheRead: 0, cacheWrite: 0, totalTokens: tokens }
  const none = nano === null ? null : 0
  const cost: Cost = { input: none, output: nano, cacheRead: none, cacheWrite: none, total: nano }
  const { provider, model, keyId, userId, projectId, agentId } = spender
  return {
    id,
    at: clock.now(),
    keyId,
    userId,
    projectId,
    agentId,
    trackingId: undefined,
    provider,
    model,
    generation: 'g1',
    attempt: 1,
    outcome: 'completed',
    errorClass: undefined,
    usage,
    cost,
    latencyMs,
    ttfbMs: undefined,
    streamed: false,
  }
}

/** Ends a call that was reserved. */
export const settle = (books: Books, hold: Hold, nano: number | null, tokens = 0, spender = SPENDER) =>
  books.budgets.book({ entry: entry(books.clock, { nano, tokens, id: hold.id, spender }), spender, hold })

/** Books a call that began before any budget applied to it. */
export const spend = (books: Books, used: Used) =>
  books.budgets.book({ entry: entry(books.clock, used), spender: used.spender ?? SPENDER })

export const stateOf = (books: Books, { id }: Pick<Budget, 'id'>) => {
  const found = books.budgets.list().find((state) => state.id === id)
  if (found === undefined) throw new Error(`there is no budget ${id}`)
  return found
}

export const reserve = async (
  books: Books,
  nano: number,
  options: Parameters<typeof request>[1] = {},
): Promise<Hold> => {
  const hold = await books.budgets.reserve(request(nano, options))
  if (hold === undefined) throw new Error('no budget applied')
  return hold
}
