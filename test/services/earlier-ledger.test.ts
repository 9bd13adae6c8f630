import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { MIGRATIONS } from '../../core/services/store/migrations.ts'
import { tempDir } from '../support/temp-dir.ts'
import { openBooks, provider, spend, stateOf } from './budget/support.ts'
import { openUsage } from './usage/support.ts'

/** Those in which a row of the ledger had its id for a key. */
const EARLIER = MIGRATIONS.slice(0, 8)
const DAY = 86_400_000

/** A value of its own for each column, so that none can stand in for another. */
function rowOf(
  db: DatabaseSync,
  id: string,
  at: number,
  changes: Readonly<Record<string, string | number | null>> = {},
) {
  const columns = db.prepare('PRAGMA table_info(ledger)').all()
  const filled = columns.map(({ name, type }, n): [string, string | number] => [
    String(name),
    type === 'TEXT' ? `${String(name)} of ${id}` : n,
  ])
  return {
    ...Object.fromEntries(filled),
    id,
    at,
    outcome: 'completed',
    streamed: 1,
    estimated: 0,
    batch: 1,
    ...changes,
  }
}

/** Four calls, booked in another order than that of their ids; the last has no more than it needs. Returns them by id. */
function writeEarlier(file: string): Record<string, unknown>[] {
  using db = new DatabaseSync(file)
  for (const step of EARLIER) db.exec(step)
  db.exec(`PRAGMA user_version = ${EARLIER.length}`)
  const sums = { total_nano: null, provider: 'acme' }
  const rows = [
    rowOf(db, 'req_3', 12 * DAY + 5, { ...sums, outcome: 'failed' }),
    rowOf(db, 'req_1', 10 * DAY, sums),
    rowOf(db, 'req_2', 12 * DAY, { ...sums, outcome: 'cancelled', batch: 0 }),
  ]
  for (const row of rows) {
    const columns = Object.keys(row)
    const marks = columns.map(() => '?').join(', ')
    db.prepare(`INSERT INTO ledger (${columns.join(', ')}) VALUES (${marks})`).run(...Object.values(row))
  }
  db.exec(`INSERT INTO ledger (id, at, provider, model, attempt, outcome, input_tokens, output_tokens, cache_read_tokens,
    cache_write_tokens, reasoning_tokens, estimated, input_nano, output_nano, cache_read_nano, cache_write_nano, total_nano,
    latency_ms, streamed) VALUES ('req_0', ${DAY}, 'acme', 'large', 1, 'completed', 7, 40, 0, 0, 0, 0, 0, 900, 0, 0, 900, 1, 0)`)
  return db.prepare('SELECT * FROM ledger ORDER BY id').all()
}

describe('a ledger that an earlier version kept', () => {
  it('keeps every entry as it was, in the order of ids, and takes new ones behind them', async () => {
    await using dir = await tempDir()
    const before = writeEarlier(dir.at('books.db'))
    expect(before).toHaveLength(4)
    await using books = openBooks(dir.at('books.db'))
    const after = books.store.db.prepare('SELECT * FROM ledger ORDER BY seq').all()
    expect(after).toEqual(before.map((row, n) => ({ seq: n + 1, ...row })))
    expect(books.budgets.verify()).toMatchObject({ ok: true, problems: [], checked: { entries: 4 } })

    const budget = await books.budgets.set(provider({ window: 'total', limitNano: 10_000 }))
    await spend(books, { nano: 50, id: 'req_00' })
    expect(stateOf(books, budget).spent.nano).toBe(950)
    expect(books.ledger.entries().map(({ id }) => id)).toEqual(['req_00', 'req_3', 'req_2', 'req_1', 'req_0'])
    expect(books.budgets.verify().problems).toEqual([])
  })

  it('still refuses an outcome that there is none of', async () => {
    await using dir = await tempDir()
    writeEarlier(dir.at('books.db'))
    await using books = openBooks(dir.at('books.db'))
    expect(() => books.store.db.exec("UPDATE ledger SET outcome = 'lost'")).toThrow(/CHECK/)
  })

  it('tells the usage of each of its days', async () => {
    await using dir = await tempDir()
    writeEarlier(dir.at('books.db'))
    await using books = openUsage(dir.at('books.db'))
    const callsSince = async (since: number): Promise<number> =>
      (await books.usage.totals({ since, until: 90 * DAY })).calls
    expect(await Promise.all([0, 2 * DAY, 11 * DAY, 13 * DAY].map(callsSince))).toEqual([4, 3, 2, 0])
  })
})
