import type { Cost, Usage } from '@plugboard/sdk'
import type { Catalog, CostService, LedgerEntry } from 'plugboard'
import { SqliteAuditLog } from '../../../core/services/audit/sqlite-audit-log.ts'
import { SqliteLedger } from '../../../core/services/ledger/sqlite-ledger.ts'
import { SqliteStore } from '../../../core/services/store/sqlite-store.ts'
import { SqliteUsage } from '../../../core/services/usage/sqlite-usage.ts'
import { TestClock } from '../budget/support.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

export interface UsageBooks extends AsyncDisposable {
  readonly clock: TestClock
  readonly store: SqliteStore
  readonly ledger: SqliteLedger
  readonly audit: SqliteAuditLog
  readonly usage: SqliteUsage
  book(...calls: readonly CallSpec[]): Promise<void>
}

/** Nobody asks for models or prices where there is no advice. */
const none = <T>(): T => ({}) as T

/** What one process has: its own connection, ledger and usage. `:memory:` for a process without others. */
export function openUsage(file = ':memory:', clock = new TestClock()): UsageBooks {
  const store = new SqliteStore(file)
  const ledger = new SqliteLedger(store)
  const audit = new SqliteAuditLog(store, clock)
  const usage = new SqliteUsage({ store, clock, audit, prices: none<CostService>(), catalog: () => none<Catalog>() })
  return {
    clock,
    store,
    ledger,
    audit,
    usage,
    book: async (...calls) => {
      await Promise.all(calls.map((call) => ledger.record(entry(call))))
    },
    async [Symbol.asyncDispose]() {
      await usage[Symbol.asyncDispose]()
      store[Symbol.dispose]()
    },
  }
}

export interface CallSpec extends Partial<Omit<LedgerEntry, 'usage' | 'cost' | 'at'>> {
  /** ISO, or milliseconds since 1970. */
  readonly began: string | number
  /** Nano-dollars, all of it input unless `cost` says more; `null`: not known. */
  readonly nano?: number | null
  readonly usage?: Partial<Usage>
  readonly cost?: Partial<Cost>
}

let calls = 0

/** An id as the engine makes them. */
const idAt = (at: number): string =>
  `req_${at.toString(36).padStart(9, '0')}${(++calls).toString(36).padStart(4, '0')}0123456789ab`

export function entry({ began, nano = 0, usage = {}, cost = {}, ...rest }: CallSpec): LedgerEntry {
  const at = typeof began === 'number' ? began : Date.parse(began)
  const counts = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, ...usage }
  const part = nano === null ? null : 0
  const latencyMs = rest.latencyMs ?? 0
  return {
    id: idAt(at),
    keyId: undefined,
    trackingId: undefined,
    userId: undefined,
    projectId: undefined,
    provider: 'acme',
    model: 'large',
    generation: 'g1',
    attempt: 1,
    outcome: 'completed',
    errorClass: undefined,
    ttfbMs: undefined,
    streamed: false,
    ...rest,
    at: at + latencyMs,
    latencyMs,
    usage: { ...counts, totalTokens: counts.input + counts.output + counts.cacheRead + counts.cacheWrite },
    cost: { input: nano, output: part, cacheRead: part, cacheWrite: part, total: nano, ...cost },
  }
}
