import { describe, expect, it } from 'vitest'
import { TestClock, openBooks, provider, reserve, settle, stateOf } from './support.ts'

/** The first moment of a month and of a day of 23 hours, in their own zones. */
const EDGES = [
  ['monthly', 'America/New_York', Date.UTC(2026, 2, 1, 5)],
  ['monthly', 'Asia/Kathmandu', Date.UTC(2026, 1, 28, 18, 15)],
  ['monthly', 'UTC', Date.UTC(2028, 2, 1)],
  ['daily', 'Europe/Berlin', Date.UTC(2026, 2, 28, 23)],
  ['daily', 'America/Havana', Date.UTC(2026, 2, 8, 5)],
] as const

describe.each(EDGES)('at the edge of a %s window in %s', (window, timeZone, edge) => {
  it('the last millisecond counts in the old one and the next in the new one', async () => {
    await using books = openBooks(':memory:', new TestClock(edge - 1))
    const budget = await books.budgets.set(provider({ window, timeZone, limitNano: 100, alertThreshold: null }))
    const last = await reserve(books, 100)
    await expect(reserve(books, 1)).rejects.toMatchObject({ code: 'BUDGET_HELD' })
    books.clock.advance(1)
    expect(stateOf(books, budget)).toMatchObject({ period: { start: edge }, held: { nano: 0 } })
    const first = await reserve(books, 100)
    await settle(books, last, 90)
    await settle(books, first, 80)
    const spent = books.store.db
      .prepare('SELECT window_start, spent_nano FROM budget_balance ORDER BY window_start')
      .all()
    expect(spent).toMatchObject([{ spent_nano: 90 }, { window_start: edge, spent_nano: 80 }])
    expect(books.budgets.verify().problems).toEqual([])
  })

  it('a clock that is set back over it, and forward again, moves no money between the two', async () => {
    await using books = openBooks(':memory:', new TestClock(edge + 1_000))
    const budget = await books.budgets.set(provider({ window, timeZone, limitNano: 100, alertThreshold: null }))
    const hold = await reserve(books, 70)
    books.clock.jump(-2_000)
    const before = await reserve(books, 100)
    await settle(books, hold, 60)
    await settle(books, before, 100)
    await expect(reserve(books, 1)).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' })
    books.clock.jump(2_000)
    expect(stateOf(books, budget)).toMatchObject({ period: { start: edge }, spent: { nano: 60 }, held: { nano: 0 } })
    await reserve(books, 40)
    expect(books.budgets.verify().problems).toEqual([])
  })
})

describe('a budget that is removed while calls hold on it', () => {
  it('is settled by those that run, in whatever way they end', async () => {
    await using books = openBooks()
    const spec = provider({ window: 'total', limitNano: 100 })
    const removed = await books.budgets.set(spec)
    const [settled, released, kept] = [await reserve(books, 20), await reserve(books, 30), await reserve(books, 40)]
    await books.budgets.remove(removed.id)
    const anew = await books.budgets.set(spec)
    await settle(books, settled, 20)
    await books.budgets.release(released)
    await settle(books, kept, 50)
    const rows = books.store.db.prepare('SELECT budget_id, spent_nano, held_nano FROM budget_balance').all()
    expect(rows).toHaveLength(2)
    expect(rows).toContainEqual({ budget_id: removed.id, spent_nano: 70, held_nano: 0 })
    // The new one applies to calls that were running when it was set.
    expect(rows).toContainEqual({ budget_id: anew.id, spent_nano: 70, held_nano: 0 })
    expect(books.budgets.verify().problems).toEqual([])
  })
})
