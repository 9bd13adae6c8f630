import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  createPlugboard,
  PlugboardError,
  PriceVersions,
  type Catalog,
  type Cost,
  type Ledger,
  type LedgerEntry,
  type Plugboard,
  type Scope,
} from 'plugboard'
import { recomputation } from '../../../core/services/cost/recompute.ts'
import { rerate } from '../../../core/services/cost/rerate.ts'
import { AT, model, priceBook, usage } from './support.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rerate-'))
})
afterEach(() => rm(dir, { recursive: true }))

const open = (services?: (scope: Scope) => unknown): Promise<Plugboard> =>
  createPlugboard({
    dataDir: dir,
    hostDir: false,
    watch: false,
    logLevel: 'silent',
    env: {},
    settings: { sandbox: { wordDelayMs: 0 } },
    services: (scope) => void services?.(scope),
  })

const ask = (plugboard: Plugboard, model: string): Promise<unknown> =>
  plugboard.complete(model, { messages: [{ role: 'user', content: 'What does it cost?' }] })

const overridePrices = (models: object): Promise<void> =>
  writeFile(join(dir, 'prices.json'), JSON.stringify({ models }))

const costOfOne: Cost = { input: 1_000, output: 0, cacheRead: 0, cacheWrite: 0, total: 1_000 }

const emptyEntry: LedgerEntry = {
  id: 'req_1',
  at: AT,
  keyId: undefined,
  trackingId: undefined,
  userId: undefined,
  projectId: undefined,
  provider: 'acme',
  model: 'one',
  generation: 'g',
  attempt: 1,
  outcome: 'completed',
  errorClass: undefined,
  usage: usage({}),
  cost: costOfOne,
  latencyMs: 1,
  ttfbMs: 1,
  streamed: false,
}

/** Everything in the database that money is kept in. */
function books(): unknown {
  using db = new DatabaseSync(join(dir, 'plugboard.db'), { readOnly: true })
  return [db.prepare('SELECT * FROM ledger').all(), db.prepare('SELECT * FROM price_version').all()]
}

describe('a charge', () => {
  test('can be worked out again from the price kept with it, after prices have changed', async () => {
    let scope: Scope | undefined
    await using plugboard = await open((own) => (scope = own))
    await ask(plugboard, 'sandbox:demo')
    await overridePrices({ 'sandbox:demo': { input: '100', output: '100' } })
    await plugboard.reloadPrices()
    await ask(plugboard, 'sandbox:demo')
    await ask(plugboard, 'sandbox:local')

    const recompute = recomputation((scope as Scope).get(PriceVersions))
    const entries = plugboard.ledger.entries()
    expect(entries.map(({ cost }) => cost.priceVersion?.split('-')[0])).toEqual(['manifest', 'override', 'manifest'])
    for (const entry of entries) {
      const { total, priceVersion } = entry.cost
      expect(recompute(entry)).toMatchObject({ total, priceVersion })
    }
    expect(entries[0]?.cost.total).toBe(0)
    expect(entries[1]?.cost.total).toBeGreaterThan(entries[2]?.cost.total ?? Infinity)
  })

  test('without a known price names none and is null in the books', async () => {
    await using plugboard = await open()
    await ask(plugboard, 'sandbox:unpriced')
    const [entry] = plugboard.ledger.entries()
    expect(entry?.cost).toEqual({ input: null, output: null, cacheRead: null, cacheWrite: null, total: null })
    expect(plugboard.ledger.totals()).toMatchObject({ unpriced: 1, nano: 0n })
  })
})

describe('pricing past calls again', () => {
  async function makeCalls(): Promise<void> {
    await using plugboard = await open()
    for (const name of ['sandbox:demo', 'sandbox:demo', 'sandbox:local', 'sandbox:unpriced', 'sandbox:thinker'])
      await ask(plugboard, name)
  }

  test('at the same prices changes nothing', async () => {
    await makeCalls()
    await using plugboard = await open()
    for (const row of await plugboard.rerate()) {
      expect(row).toMatchObject({ changed: 0, inconsistent: 0 })
      expect(row.after).toBe(row.before)
    }
  })

  test('tells what a corrected price would make of each model’s calls, and leaves the books as they are', async () => {
    await makeCalls()
    await overridePrices({
      'sandbox:demo': { input: '2', output: '4' },
      'sandbox:unpriced': 'free',
      'sandbox:thinker': 'unknown',
    })
    const before = books()
    await using plugboard = await open()
    const rows = await plugboard.rerate()
    expect(rows.map(({ model }) => model)).toEqual(['demo', 'local', 'thinker', 'unpriced'])
    const [demo, local, thinker, unpriced] = rows
    expect(demo).toMatchObject({ calls: 2, changed: 2, unpricedBefore: 0, unpricedAfter: 0, inconsistent: 0 })
    expect(demo?.after).toBe((demo?.before ?? 0n) * 2n)
    expect(local).toMatchObject({ calls: 1, changed: 0, before: 0n, after: 0n })
    expect(thinker).toMatchObject({ calls: 1, changed: 1, after: 0n, unpricedAfter: 1 })
    expect(unpriced).toMatchObject({ calls: 1, changed: 1, after: 0n, unpricedBefore: 1, unpricedAfter: 0 })
    expect(await plugboard.rerate(Date.now() + 1_000)).toEqual([])
    expect(books()).toEqual(before)
  })

  test('reads a ledger of any length, in pages', async () => {
    const entries: LedgerEntry[] = []
    const at = (number: number): string => `req_${String(number).padStart(6, '0')}`
    for (let number = 2_500; number > 0; number--)
      entries.push({ ...emptyEntry, id: at(number), usage: usage({ input: 1 }), cost: costOfOne })
    const ledger: Pick<Ledger, 'entries'> = {
      entries: ({ limit = 100, before = 'req_9' } = {}) => entries.filter(({ id }) => id < before).slice(0, limit),
    }
    const prices = await priceBook({ settings: [{ models: { 'acme:one': { input: '2', output: '2' } } }] })
    const catalog = { get: () => model() } as unknown as Catalog
    const rows = await rerate({ ledger, prices, catalog, versions: { get: () => undefined } })
    expect(rows).toMatchObject([{ calls: 2_500, changed: 2_500, before: 2_500_000n, after: 5_000_000n }])
  })

  test('of a model whose plugin is gone goes by the other layers', async () => {
    const prices = await priceBook({ base: () => ({ input: '3', output: '3' }) })
    const ledger: Pick<Ledger, 'entries'> = {
      entries: ({ before } = {}) =>
        before === undefined ? [{ ...emptyEntry, usage: usage({ input: 1 }), cost: costOfOne }] : [],
    }
    const catalog = {
      get: () => {
        throw new PlugboardError('PROVIDER_UNPLUGGED', 'The provider is gone.')
      },
    } as unknown as Catalog
    const rows = await rerate({ ledger, prices, catalog, versions: { get: () => undefined } })
    expect(rows).toMatchObject([{ calls: 1, before: 1_000n, after: 3_000n }])
  })

  test('finds a ledger that was tampered with', async () => {
    await makeCalls()
    using db = new DatabaseSync(join(dir, 'plugboard.db'))
    db.exec("UPDATE ledger SET total_nano = total_nano - 1 WHERE model = 'thinker'")
    await using plugboard = await open()
    const rows = await plugboard.rerate()
    expect(rows.filter(({ inconsistent }) => inconsistent > 0).map(({ model }) => model)).toEqual(['thinker'])
  })

  test('on the command line, as a table and as JSON', async () => {
    await makeCalls()
    await overridePrices({ 'sandbox:demo': { input: '2', output: '4' } })
    const run = async (...args: string[]): Promise<string> => {
      const cli = join(import.meta.dirname, '../../../core/surfaces/cli/plugboard.js')
      const env = { PATH: process.env['PATH'] ?? '', PLUGBOARD_HOME: dir }
      return (await promisify(execFile)(process.execPath, [cli, 'usage', 'rerate', ...args], { env })).stdout
    }
    const table = await run()
    expect(table).toMatch(/^MODEL +CALLS +CHARGED +TODAY +DIFFERENCE +CHANGED/)
    expect(table).toMatch(/^sandbox:demo +2 +\$0\.\d+ +\$0\.\d+ +\$0\.\d+ +2$/m)
    expect(table).toMatch(/^all +5 /m)
    expect(table).toContain('1 were charged without a known price')
    const rows = JSON.parse(await run('--json', '--since', '2026-01-01')) as Record<string, unknown>[]
    const demo = rows.find(({ model }) => model === 'demo')
    expect(demo).toMatchObject({ calls: 2, changed: 2, currency: 'nano-USD' })
    expect(BigInt(String(demo?.['difference']))).toBe(BigInt(String(demo?.['before'])))
    await expect(run('--since', 'yesterday')).rejects.toThrow('"yesterday" is not a date')
  })
})
