import { DatabaseSync } from 'node:sqlite'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { LedgerEntry, PriceVersion } from 'plugboard'
import { SqlitePriceVersions } from '../../../core/services/cost/sqlite-price-versions.ts'
import type { LedgerQuery } from '../../../core/services/ledger/ledger.ts'
import { SqliteLedger } from '../../../core/services/ledger/sqlite-ledger.ts'
import { systemClock } from '../../../core/services/clock/clock.ts'
import { ledgerKeysAudit } from '../../../core/services/store/migrations/001-ledger-keys-audit.ts'
import { SqliteStore } from '../../../core/services/store/sqlite-store.ts'
import { createPinoLogger } from '../../../core/services/logger/pino-logger.ts'

const entry: LedgerEntry = {
  id: 'req_1',
  at: 2,
  keyId: undefined,
  trackingId: undefined,
  userId: undefined,
  projectId: undefined,
  provider: 'acme',
  model: 'one',
  generation: undefined,
  attempt: 1,
  outcome: 'completed',
  errorClass: undefined,
  usage: {
    input: 1,
    output: 2,
    cacheRead: 3,
    cacheWrite: 4,
    reasoning: 1,
    cacheWrite1h: 2,
    audioInput: 1,
    audioOutput: 1,
    imageInput: 0,
    imageOutput: 1,
    totalTokens: 10,
    estimated: false,
  },
  cost: {
    input: 10,
    output: 20,
    cacheRead: 30,
    cacheWrite: 40,
    cacheWrite1h: 50,
    reasoning: 60,
    audioInput: 70,
    audioOutput: 80,
    imageInput: 90,
    imageOutput: 100,
    request: 110,
    total: 660,
    cacheSavings: 120,
    priceVersion: 'manifest-0123456789abcdef',
  },
  pricedAt: 1,
  batch: true,
  latencyMs: 1,
  ttfbMs: undefined,
  streamed: false,
}

test('the ledger keeps every kind of tokens and what each cost', async () => {
  using store = new SqliteStore(':memory:')
  const ledger = new SqliteLedger(store)
  await ledger.record(entry)
  expect(ledger.entries()).toEqual([entry])
})

test('the ledger reads from a time on, and page by page', async () => {
  using store = new SqliteStore(':memory:')
  const ledger = new SqliteLedger(store)
  for (const at of [1, 2, 3]) await ledger.record({ ...entry, id: `req_${at}`, at })
  const ids = (query: LedgerQuery): string[] => ledger.entries(query).map(({ id }) => id)
  expect(ids({ since: 2 })).toEqual(['req_3', 'req_2'])
  expect(ids({ since: 1, limit: 1 })).toEqual(['req_3'])
  expect(ids({ since: 2, before: 'req_3' })).toEqual(['req_2'])
  expect(ids({ since: 2, before: 'req_2' })).toEqual([])
})

test('a database from before is brought up with its charges', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ledger-'))
  const file = join(dir, 'plugboard.db')
  {
    using old = new DatabaseSync(file)
    old.exec(ledgerKeysAudit)
    old.exec(`PRAGMA user_version = 1; INSERT INTO ledger VALUES
      ('req_0', 1, NULL, NULL, NULL, NULL, 'acme', 'one', 'g', 1, 'completed', NULL, 1000, 500, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 5, 1)`)
  }
  {
    using store = new SqliteStore(file)
    const ledger = new SqliteLedger(store)
    expect(ledger.entries()).toMatchObject([
      { id: 'req_0', cost: { input: 1, output: 2, total: 3 }, pricedAt: undefined },
    ])
    expect(ledger.entries()[0]?.cost).not.toHaveProperty('priceVersion')
    await ledger.record(entry)
    expect(ledger.entries()).toHaveLength(2)
  }
  await rm(dir, { recursive: true })
})

test('price versions are kept once, for good, and read back whole', async () => {
  using store = new SqliteStore(':memory:')
  const version: PriceVersion = {
    id: 'override-1',
    layer: 'override',
    price: { input: '1', output: '2', tiers: [{ above: 5, input: '3' }] },
    markupPercent: '7.5',
  }
  const open = (): SqlitePriceVersions => new SqlitePriceVersions(store, systemClock, createPinoLogger('silent'))
  const versions = open()
  versions.note(version)
  versions.note({ ...version, price: 'free' })
  open().note({ ...version, price: 'free' })
  await store.write(() => undefined)
  expect(open().get('override-1')).toEqual(version)
  expect(open().get('never')).toBeUndefined()
})
