import { describe, expect, it } from 'vitest'
import type { LedgerEntry } from '../../core/index.ts'
import { verifyBooks } from '../../core/services/budget/verify-books.ts'
import type { LedgerQuery } from '../../core/services/ledger/ledger.ts'
import { SqliteLedger } from '../../core/services/ledger/sqlite-ledger.ts'
import { SqliteStore } from '../../core/services/store/sqlite-store.ts'
import { startNode } from '../support/process.ts'
import { tempDir } from '../support/temp-dir.ts'

const unpriced = { input: null, output: null, cacheRead: null, cacheWrite: null, total: null }

const entry = (id: string, changes: Partial<LedgerEntry> = {}): LedgerEntry => ({
  id,
  at: 1_700_000_000_000,
  keyId: 'key_1',
  trackingId: 'run-7',
  userId: 'ada',
  projectId: 'engine',
  agentId: 'planner',
  provider: 'acme',
  model: 'demo',
  generation: 'abc',
  attempt: 1,
  outcome: 'completed',
  errorClass: undefined,
  usage: { input: 3, output: 2, cacheRead: 1, cacheWrite: 0, reasoning: 1, totalTokens: 6, estimated: false },
  cost: { input: 30, output: 20, cacheRead: 1, cacheWrite: 0, total: 51 },
  latencyMs: 12,
  ttfbMs: 5,
  streamed: true,
  ...changes,
})

function openLedger(): { ledger: SqliteLedger; store: SqliteStore } & Disposable {
  const store = new SqliteStore(':memory:')
  return { store, ledger: new SqliteLedger(store), [Symbol.dispose]: () => store[Symbol.dispose]() }
}

describe('the ledger', () => {
  it('gives back what was written, whole', async () => {
    using open = openLedger()
    const full = entry('req_1')
    const sparse = entry('req_2', {
      keyId: undefined,
      trackingId: undefined,
      userId: undefined,
      projectId: undefined,
      agentId: undefined,
      generation: undefined,
      outcome: 'failed',
      errorClass: 'rate_limit',
      usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, totalTokens: 0, estimated: true },
      cost: unpriced,
      ttfbMs: undefined,
      streamed: false,
    })
    await Promise.all([open.ledger.record(full), open.ledger.record(sparse)])
    expect(open.ledger.entries()).toEqual([sparse, full])
    expect(open.ledger.entries({ id: 'req_1' })).toEqual([full])
    expect(open.ledger.entries({ limit: 1 })).toEqual([sparse])
  })

  it('tells the last booked first, whatever its id and its time, and page by page', async () => {
    using open = openLedger()
    const ids = ['req_5', 'req_1', 'req_9', 'req_3']
    for (const [n, id] of ids.entries()) await open.ledger.record(entry(id, { at: 1_700_000_000_000 - n }))
    const told = (query?: LedgerQuery): string[] => open.ledger.entries(query).map(({ id }) => id)
    expect(told()).toEqual(['req_3', 'req_9', 'req_1', 'req_5'])
    expect(told({ limit: 2 })).toEqual(['req_3', 'req_9'])
    expect(told({ limit: 2, before: 'req_9' })).toEqual(['req_1', 'req_5'])
    // Also when it is not the page before that is read on.
    expect(told({ before: 'req_3' })).toEqual(['req_9', 'req_1', 'req_5'])
    expect(told({ before: 'req_5' })).toEqual([])
    expect(told({ before: 'req_7' })).toEqual([])
  })

  it('knows which of many calls are booked', async () => {
    using open = openLedger()
    await Promise.all(['req_1', 'req_2', `req_'"\\`].map((id) => open.ledger.record(entry(id))))
    const asked = ['req_2', 'req_3', `req_'"\\`, 'req_4']
    expect(open.ledger.booked(asked)).toEqual(new Set(['req_2', `req_'"\\`]))
    expect(open.ledger.booked([])).toEqual(new Set())
  })

  it('has each entry once when the commit that they share fails', async () => {
    using open = openLedger()
    const { db } = open.store
    // A violation that is noticed with the commit: everything was written by then.
    const orphan = (): void => {
      db.exec(`PRAGMA defer_foreign_keys = ON; INSERT INTO budget_balance (budget_id, window_start) VALUES ('none', 0)`)
    }
    const results = await Promise.allSettled([
      open.ledger.record(entry('req_1')),
      open.ledger.record(entry('req_2'), orphan),
      open.ledger.record(entry('req_3')),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(open.ledger.entries().map(({ id }) => id)).toEqual(['req_3', 'req_1'])
    expect(verifyBooks(db).problems).toEqual([])
  })

  it('adds up what is known and counts what is not', async () => {
    using open = openLedger()
    await Promise.all([
      open.ledger.record(entry('req_1')),
      open.ledger.record(entry('req_2', { cost: unpriced })),
      open.ledger.record(entry('req_3', { cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 } })),
    ])
    expect(open.ledger.totals()).toEqual({ calls: 3, inputTokens: 12, outputTokens: 6, nano: 51n, unpriced: 1 })
  })

  it('adds up beyond what a double can hold', async () => {
    using open = openLedger()
    const total = Number.MAX_SAFE_INTEGER
    const cost = { input: 0, output: total, cacheRead: 0, cacheWrite: 0, total }
    await Promise.all(['req_1', 'req_2', 'req_3'].map((id) => open.ledger.record(entry(id, { cost }))))
    expect(open.ledger.totals().nano).toBe(3n * BigInt(total))
  })

  it('starts at nothing', () => {
    using open = openLedger()
    expect(open.ledger.totals()).toEqual({ calls: 0, inputTokens: 0, outputTokens: 0, nano: 0n, unpriced: 0 })
    expect(open.ledger.entries()).toEqual([])
  })
})

describe('the ledger of a process that is killed', () => {
  it('holds every call whose answer was delivered', async () => {
    await using dir = await tempDir()
    const script = `
      const { createPlugboard } = await import(${JSON.stringify(new URL('../../core/index.ts', import.meta.url).href)})
      const plugboard = await createPlugboard({ dataDir: ${JSON.stringify(dir.at('data'))}, hostDir: false, watch: false })
      for (let n = 0; n < 20; n++) await plugboard.complete('sandbox:demo', { messages: [{ role: 'user', content: 'Hi' }] })
      process.kill(process.pid, 'SIGKILL')`
    await using child = startNode(['--input-type=module', '--eval', script])
    expect(await child.exited).toMatchObject({ signal: 'SIGKILL' })
    using store = new SqliteStore(dir.at('data', 'plugboard.db'))
    expect(new SqliteLedger(store).totals()).toMatchObject({ calls: 20, unpriced: 0 })
  })
})
