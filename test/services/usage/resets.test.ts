import { describe, expect, it } from 'vitest'
import { SqliteAlerts } from '../../../core/services/alerts/sqlite-alerts.ts'
import { SqliteBudgets } from '../../../core/services/budget/sqlite-budgets.ts'
import { createPinoLogger } from '../../../core/services/logger/pino-logger.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { TestClock } from '../budget/support.ts'
import { HOUR, openUsage } from './support.ts'

const NOON = Date.UTC(2026, 2, 14, 12)

describe('a reset of usage', () => {
  it('lets usage start at nothing, deletes nothing, and is undone by asking for all', async () => {
    await using books = openUsage()
    await books.book({ began: NOON - HOUR, nano: 5 }, { began: NOON - 2 * HOUR, provider: 'other', nano: 7 })
    const reset = await books.usage.reset({ actor: 'key_1' })
    expect(reset).toEqual({ seq: 1, at: NOON, scope: {}, actor: 'key_1' })
    books.clock.advance(HOUR)
    await books.book({ began: NOON + 1, nano: 11 })

    expect((await books.usage.totals()).cost?.total).toBe(11n)
    expect((await books.usage.rows({ by: 'provider' })).map(({ key }) => key)).toEqual(['acme'])
    expect((await books.usage.summary()).total.calls).toBe(1)
    expect((await books.usage.getUsage('other')).calls).toBe(0)
    expect((await books.usage.totals({ all: true })).cost?.total).toBe(23n)
    expect(books.ledger.totals().calls).toBe(3)
    expect(await books.usage.report()).toMatchObject({ resetAt: NOON, totals: { calls: 1 } })
    expect(await books.usage.report({ all: true })).toMatchObject({ resetAt: null, totals: { calls: 3 } })
  })

  it('of one scope leaves the others alone, also calls that name none', async () => {
    await using books = openUsage()
    await books.book(
      { began: NOON - HOUR, userId: 'ann' },
      { began: NOON - HOUR, userId: 'bob' },
      { began: NOON - HOUR },
      { began: NOON - HOUR, provider: 'other', userId: 'ann' },
    )
    await books.usage.reset({ actor: 'test', scope: { userId: 'ann', provider: 'acme' } })
    expect((await books.usage.totals()).calls).toBe(3)
    await books.usage.reset({ actor: 'test', scope: { provider: 'other' } })
    expect((await books.usage.totals()).calls).toBe(2)
    expect((await books.usage.totals({ filter: { userId: 'ann' } })).calls).toBe(0)
    await expect(books.usage.reset({ actor: 'test', scope: { colour: 'red' } as object })).rejects.toMatchObject({
      code: 'USAGE_QUERY_INVALID',
    })
  })

  it('counts the calls that ran on when it was made', async () => {
    await using books = openUsage()
    await books.usage.reset({ actor: 'test' })
    await books.book({ began: NOON - HOUR, latencyMs: HOUR + 1 }, { began: NOON - HOUR, latencyMs: HOUR })
    expect((await books.usage.totals()).calls).toBe(1)
  })

  it('only the last of a scope holds, in every process at once', async () => {
    await using dir = await tempDir()
    await using one = openUsage(dir.at('plugboard.db'), new TestClock(NOON))
    await using two = openUsage(dir.at('plugboard.db'), new TestClock(NOON + 2 * HOUR))
    await one.book({ began: NOON - 1, nano: 1 })
    await one.usage.reset({ actor: 'one' })
    await two.book({ began: NOON + HOUR, nano: 2 })
    expect((await one.usage.totals()).cost?.total).toBe(2n)
    await two.usage.reset({ actor: 'two' })
    expect((await one.usage.totals()).calls).toBe(0)
    expect(one.usage.resets().map(({ actor }) => actor)).toEqual(['two', 'one'])
  })

  it('stands in the audit log, and does not touch budgets', async () => {
    await using books = openUsage()
    const { store, ledger, audit, clock } = books
    await books.book({ began: NOON - HOUR, nano: 5 })
    const log = createPinoLogger('silent')
    const alerts = new SqliteAlerts(store, clock, log)
    await using budgets = new SqliteBudgets({ store, ledger, audit, alerts, clock, log })
    await budgets.set({ scope: { kind: 'provider', value: 'acme' }, window: 'daily', limitNano: 100 })
    await books.usage.reset({ actor: 'key_1', scope: { provider: 'acme' } })
    expect(audit.entries()[0]).toMatchObject({
      action: 'usage_reset',
      actor: 'key_1',
      details: { scope: { provider: 'acme' }, at: NOON },
    })
    expect(budgets.list()[0]?.spent.nano).toBe(5)
    await budgets.set({ scope: { kind: 'global', value: '' }, window: 'daily', limitNano: 100 })
    expect(budgets.list()[1]?.spent.nano).toBe(5)
  })
})
