import { describe, expect, it } from 'vitest'
import {
  AuditLog,
  Catalog,
  Clock,
  CostService,
  KeyRing,
  Ledger,
  Logger,
  type LedgerEntry,
  type Scope,
} from '../../core/index.ts'
import { SqliteStore } from '../../core/services/store/sqlite-store.ts'
import { Store } from '../../core/services/store/store.ts'
import { codePlugin, hello, startBench } from '../fixtures-plugins.ts'

/** A ledger of the host's own. */
function memoryLedger(): Ledger & { readonly kept: LedgerEntry[] } {
  const kept: LedgerEntry[] = []
  return {
    kept,
    record: async (entry) => void kept.push(entry),
    entries: () => kept,
    booked: (ids) => new Set(kept.map(({ id }) => id).filter((id) => ids.includes(id))),
    totals: () => ({ calls: kept.length, inputTokens: 0, outputTokens: 0, nano: 0n, unpriced: 0 }),
  }
}

describe('a host', () => {
  it('may bring its own clock, and everything goes by it', async () => {
    let now = 1_000_000
    const clock: Clock = { now: () => now, monotonic: () => (now += 7) }
    await using bench = await startBench(
      { acme: codePlugin('acme') },
      { services: (scope) => scope.value(Clock, clock) },
    )
    const { plugboard } = bench
    now = 2_000_000
    const { timestamp, durationMs } = await plugboard.complete('acme:demo', hello)
    expect(plugboard.clock).toBe(clock)
    expect(timestamp).toBeGreaterThanOrEqual(2_000_000)
    expect(timestamp).toBeLessThan(2_001_000)
    expect(durationMs).toBeGreaterThanOrEqual(7)
    expect(plugboard.ledger.entries()[0]).toMatchObject({ at: expect.closeTo(2_000_000, -3) as number, ttfbMs: 7 })
    expect(plugboard.keys.add('x').key.createdAt).toBeLessThan(2_001_000)
  })

  it('may bring its own ledger, and calls are booked there and nowhere else', async () => {
    const ledger = memoryLedger()
    using store = new SqliteStore(':memory:')
    await using bench = await startBench(
      { acme: codePlugin('acme') },
      { services: (scope) => scope.value(Ledger, ledger).value(Store, store) },
    )
    await bench.plugboard.complete('acme:demo', hello)
    expect(bench.plugboard.ledger).toBe(ledger)
    expect(ledger.kept).toMatchObject([{ provider: 'acme', outcome: 'completed' }])
    expect(store.db.prepare('SELECT count(*) AS n FROM ledger').get()).toEqual({ n: 0 })
  })

  it('may bring its own prices', async () => {
    const prices: CostService = { costOf: () => ({ input: 1, output: 2, cacheRead: 0, cacheWrite: 0, total: 3 }) }
    await using bench = await startBench(
      { acme: codePlugin('acme') },
      { services: (scope) => scope.value(CostService, prices) },
    )
    expect((await bench.plugboard.complete('acme:demo', hello)).cost?.total).toBe(3)
  })

  it('may bring its own logger, and plugins write to it under their own name', async () => {
    await using bench = await startBench({
      acme: codePlugin('acme', { setup: `context.log.warn('careful', { n: 1 })` }),
    })
    expect(bench.log.lines).toContainEqual({
      level: 'warn',
      message: 'careful',
      details: { n: 1 },
      fields: { plugin: 'acme' },
    })
  })

  it('may register how to build a service, which then is built once', async () => {
    const seen: string[] = []
    let own: Scope | undefined
    const services = (scope: Scope): void => {
      own = scope
      scope.provide(Ledger, () => ({
        ...memoryLedger(),
        record: async ({ model }) => void seen.push(model),
      }))
    }
    await using bench = await startBench({ acme: codePlugin('acme') }, { services })
    await bench.plugboard.complete('acme:demo', hello)
    expect(seen).toEqual(['demo'])
    expect(own?.get(Ledger)).toBe(bench.plugboard.ledger)
  })
})

describe('the services', () => {
  it('are all there, one of each', async () => {
    let scope: Scope | undefined
    await using bench = await startBench({}, { services: (given) => void (scope = given) })
    const { plugboard } = bench
    for (const key of [AuditLog, Catalog, Clock, CostService, KeyRing, Ledger, Logger, Store])
      expect(scope?.get<unknown>(key)).toBe(scope?.get<unknown>(key))
    expect(scope?.get(Catalog)).toBe(plugboard.catalog)
    expect(scope?.get(Ledger)).toBe(plugboard.ledger)
    expect(scope?.get(KeyRing)).toBe(plugboard.keys)
    expect(scope?.get(AuditLog)).toBe(plugboard.auditLog)
  })

  it('are disposed after the plugins that use them, those that others need last', async () => {
    const order: string[] = []
    const closing = <T extends object>(name: string, service: T): T & Disposable => ({
      ...service,
      [Symbol.dispose]: () => void order.push(name),
    })
    const bench = await startBench(
      { acme: codePlugin('acme', { setup: `context.defer(() => context.log.info('plugin undone'))` }) },
      {
        services: (scope) =>
          void scope
            .provide(CostService, () =>
              closing('prices', { costOf: () => ({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 }) }),
            )
            .provide(Ledger, (own) => (own.get(CostService), closing('ledger', memoryLedger()))),
      },
    )
    const off = bench.plugboard.on('plugin:disposed', () => order.push('plugin'))
    await bench[Symbol.asyncDispose]()
    off()
    expect(order).toEqual(['plugin', 'ledger', 'prices'])
    expect(bench.log.messages('info')).toEqual(['plugin undone'])
  })
})
