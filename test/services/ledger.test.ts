import { describe, expect, it } from 'vitest'
import type { LedgerEntry } from '../../core/index.ts'
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

  it('takes no second entry under one id', async () => {
    using open = openLedger()
    await open.ledger.record(entry('req_1'))
    await expect(open.ledger.record(entry('req_1'))).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' })
    expect(open.ledger.entries()).toHaveLength(1)
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
