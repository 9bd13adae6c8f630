import { describe, expect, it } from 'vitest'
import type { CallSpec } from './support.ts'
import { DAY, openUsage } from './support.ts'
import { TestClock } from '../budget/support.ts'

const DOLLAR = 1_000_000_000
const at = (iso: string): TestClock => new TestClock(Date.parse(iso))

/** One call at noon of each day, so many dollars each. */
const daily = (first: string, ...dollars: readonly number[]): CallSpec[] =>
  dollars.map((amount, day) => ({ began: Date.parse(`${first}T12:00:00Z`) + day * DAY, nano: amount * DOLLAR }))

describe('where the month is heading', () => {
  it('is what is spent and the mean of the full days, for each day that is left', async () => {
    await using books = openUsage(':memory:', at('2026-04-04T12:00:00Z'))
    await books.book(...daily('2026-04-01', 1, 2, 3), { began: '2026-04-04T09:00:00Z', nano: DOLLAR / 2 })
    const told = await books.usage.projection()
    // $6.50 so far; $2 a day for half of the fourth and for the 26 days from the fifth to the thirtieth.
    expect(told).toMatchObject({
      spent: 6_500_000_000n,
      amount: 59_500_000_000n,
      days: 3,
      method: 'mean_day',
      unpriced: 0,
      why: null,
      text: "You're on track for $59.50 this month.",
    })
    // Deviation $1 of a day; 26.5 days, and the doubt about the mean itself: 1.28 * sqrt(26.5 + 26.5^2 / 3).
    const off = Math.round(1.28 * Math.sqrt(26.5 + 26.5 ** 2 / 3) * DOLLAR)
    expect(told.low).toBe(told.amount! - BigInt(off))
    expect(told.high).toBe(told.amount! + BigInt(off))
  })

  it('knows weekends from weekdays once there are two weeks of both, from months before too', async () => {
    await using books = openUsage(':memory:', at('2026-04-15T00:00:00Z'))
    // Wednesday the first to Tuesday the fourteenth: $10 on weekdays, $1 on the four days of two weekends.
    await books.book(...daily('2026-04-01', 10, 10, 10, 1, 1, 10, 10, 10, 10, 10, 1, 1, 10, 10))
    const told = await books.usage.projection()
    // Sixteen days are left: twelve weekdays and two weekends.
    expect(told).toMatchObject({ spent: 104_000_000_000n, method: 'mean_weekday', days: 14 })
    expect(told.amount).toBe(104_000_000_000n + 124_000_000_000n)
    expect([told.low, told.high]).toEqual([told.amount, told.amount])
    // A Wednesday without calls: a mean Wednesday is $6.67 now, and two of them are left, with nine weekdays and two weekends.
    books.clock.advance(DAY)
    expect((await books.usage.projection()).amount).toBe(104_000_000_000n + 107_333_333_333n)
  })

  it('counts days without calls, and looks back four weeks', async () => {
    await using books = openUsage(':memory:', at('2026-04-01T00:00:00Z'))
    await books.book(
      { began: '2026-01-10T12:00:00Z', nano: 1_000 * DOLLAR },
      { began: '2026-03-20T12:00:00Z', nano: 28 * DOLLAR },
    )
    const told = await books.usage.projection()
    expect(told).toMatchObject({ spent: 0n, days: 28 })
    // Only Fridays are expected to cost something: $7 on each of four.
    expect(told.amount).toBe(28_000_000_000n)
  })

  it('counts days from the call that began first, also when others that began later ended before it', async () => {
    await using books = openUsage(':memory:', at('2026-04-04T12:00:00Z'))
    await books.book(...daily('2026-04-02', 2, 2))
    await books.book({ began: '2026-04-01T20:00:00Z', latencyMs: 2 * DAY, nano: DOLLAR })
    expect(await books.usage.projection()).toMatchObject({ spent: 5_000_000_000n, days: 3 })
  })

  it('is told to nobody after too few days', async () => {
    await using books = openUsage(':memory:', at('2026-04-03T12:00:00Z'))
    expect(await books.usage.projection()).toMatchObject({ spent: 0n, amount: null, days: 0 })
    await books.book(...daily('2026-04-01', 1, 2))
    expect(await books.usage.projection()).toMatchObject({
      spent: 3_000_000_000n,
      amount: null,
      low: null,
      method: null,
      why: 'Full days of calls: 2; 3 are needed to tell where the month is heading.',
    })
  })

  it('says which calls it does not know the price of, and nothing where it knows none', async () => {
    await using books = openUsage(':memory:', at('2026-04-05T00:00:00Z'))
    const unknown = daily('2026-04-01', 1, 1, 1, 1).map((call) => ({ ...call, nano: null, usage: { input: 9 } }))
    await books.book(...unknown)
    expect(await books.usage.projection()).toMatchObject({ spent: null, amount: null, unpriced: 4 })
    await books.book(...daily('2026-04-01', 1, 1, 1, 1))
    expect(await books.usage.projection()).toMatchObject({
      spent: 4_000_000_000n,
      amount: 30_000_000_000n,
      unpriced: 4,
    })
  })

  it('is that of the zone, of the filter, and of the whole month whatever was reset', async () => {
    await using books = openUsage(':memory:', at('2026-03-31T22:30:00Z'))
    await books.book(...daily('2026-03-20', 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1))
    const ends = async (timeZone: string) =>
      new Date((await books.usage.projection({ timeZone })).month.end).toISOString()
    expect(await ends('UTC')).toBe('2026-04-01T00:00:00.000Z')
    expect(await ends('Europe/Berlin')).toBe('2026-04-30T22:00:00.000Z')
    const before = await books.usage.projection()
    await books.usage.reset({ actor: 'test' })
    expect(await books.usage.projection()).toEqual(before)
    expect((await books.usage.totals()).calls).toBe(0)
    expect(await books.usage.projection({ filter: { userId: 'nobody' } })).toMatchObject({ spent: 0n, amount: null })
  })
})
