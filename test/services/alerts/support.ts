import { DELIVERY_TIMES, type DeliveryTimes } from '../../../core/services/alerts/deliverer.ts'
import { SqliteWebhooks } from '../../../core/services/alerts/sqlite-webhooks.ts'
import { createPinoLogger } from '../../../core/services/logger/pino-logger.ts'
import { givenMasterKey } from '../../../core/services/vault/master-key.ts'
import { SqliteVault } from '../../../core/services/vault/sqlite-vault.ts'
import { openBooks, TestClock, type Books } from '../budget/support.ts'

/** Looks often, so that what a test waits for is soon there. */
export const SOON: DeliveryTimes = { ...DELIVERY_TIMES, lookMs: 10, timeoutMs: 10_000, closeMs: 1_000 }

export interface Office extends AsyncDisposable {
  readonly books: Books
  readonly clock: TestClock
  readonly webhooks: SqliteWebhooks
  /** As `kill -9` would: nothing is written any more, and what is under way is left alone. */
  crash(): void
}

/** What one process has for telling: its own connection, outbox and deliverer. */
export function openOffice(file = ':memory:', clock = new TestClock(Date.now()), times = SOON): Office {
  const books = openBooks(file, clock)
  const { store, audit, alerts } = books
  const vault = new SqliteVault(store, givenMasterKey('11'.repeat(32)))
  const log = createPinoLogger('silent')
  const webhooks = new SqliteWebhooks({ store, vault, audit, alerts, clock, log, version: '0.0.0', times })
  return {
    books,
    clock,
    webhooks,
    crash: () => books.crash(),
    async [Symbol.asyncDispose]() {
      await webhooks[Symbol.asyncDispose]()
      if (store.db.isOpen) await books[Symbol.asyncDispose]()
    },
  }
}

/** An event that any service may have to tell. */
export const exhausted = {
  type: 'budget_exhausted',
  user_id: null,
  project_id: null,
  current_cost: 1,
  period: 'total',
  budget_id: 'bud_1',
  scope: { kind: 'global', value: '' },
  time_zone: 'UTC',
  limit: { cost: 1, tokens: null },
  spent: { cost: 1, tokens: 10 },
  held: { cost: 0, tokens: 0 },
  window_start: null,
  window_end: null,
  call_id: 'req_1',
  needed: null,
} as const

/** Puts an event into the outbox, as a service does within a transaction of its own. */
export async function tell({ books: { store, alerts } }: Office): Promise<string> {
  const alert = await store.write(() => alerts.put(exhausted))
  alerts.announce([alert])
  return alert.id
}
