import { describe, expect, it } from 'vitest'
import { calendarPeriod, momentOf, shifted } from '../../../core/services/usage/calendar.ts'
import { HOUR, openUsage } from './support.ts'

const iso = (at: number): string => new Date(at).toISOString()

describe('days and months of usage', () => {
  it('are 23 and 25 hours long where clocks are changed, and hold every hour of them', async () => {
    await using books = openUsage()
    const hours = (from: string, count: number) =>
      Array.from({ length: count }, (_, hour) => ({ began: Date.parse(from) + hour * HOUR, nano: 1 }))
    await books.book(...hours('2026-03-28T23:00:00Z', 72), ...hours('2026-10-24T22:00:00Z', 72))
    const rows = await books.usage.rows({ by: 'day', timeZone: 'Europe/Berlin' })
    expect(rows.map(({ key, calls, cost }) => [key, calls, cost?.total])).toEqual([
      ['2026-03-29', 23, 23n],
      ['2026-03-30', 24, 24n],
      ['2026-03-31', 24, 24n],
      ['2026-04-01', 1, 1n],
      ['2026-10-25', 25, 25n],
      ['2026-10-26', 24, 24n],
      ['2026-10-27', 23, 23n],
    ])
    expect((rows[0]?.period?.end ?? 0) - (rows[0]?.period?.start ?? 0)).toBe(23 * HOUR)
    const months = await books.usage.rows({ by: 'month', timeZone: 'Europe/Berlin' })
    expect(months.map(({ key, calls }) => [key, calls])).toEqual([
      ['2026-03', 71],
      ['2026-04', 1],
      ['2026-10', 72],
    ])
  })

  it('change with the last millisecond, in their own zone', async () => {
    await using books = openUsage()
    await books.book({ began: '2026-01-31T22:59:59.999Z' }, { began: '2026-01-31T23:00:00Z' })
    const of = async (timeZone: string) => (await books.usage.rows({ by: 'month', timeZone })).map(({ key }) => key)
    expect(await of('Europe/Berlin')).toEqual(['2026-01', '2026-02'])
    expect(await of('UTC')).toEqual(['2026-01'])
    expect((await books.usage.totals({ since: '2026-02-01', timeZone: 'Europe/Berlin' })).calls).toBe(1)
  })
})

describe('a date', () => {
  it.each([
    ['2026-03-29', 'UTC', '2026-03-29T00:00:00.000Z'],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    ['2026-03-08', 'America/Havana', '2026-03-08T05:00:00.000Z'], // Begins at one o'clock: midnight was skipped.
    ['2026-01-01', 'Pacific/Kiritimati', '2025-12-31T10:00:00.000Z'],
    ['2026-01-01', 'Pacific/Pago_Pago', '2026-01-01T11:00:00.000Z'],
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'], // Never was: the 31st followed the 29th.
    ['2026-03-29T02:30:00+01:00', 'Asia/Tokyo', '2026-03-29T01:30:00.000Z'],
  ])('%s in %s begins at %s', (date, zone, at) => {
    expect(iso(momentOf(date, zone, 'since'))).toBe(at)
  })
})

describe('a period', () => {
  const period = (kind: 'day' | 'week' | 'month', zone: string, at: string): string[] => {
    const { since, until } = calendarPeriod(kind, zone, Date.parse(at))
    return [iso(since), iso(until)]
  }

  it('is the calendar day, week from Monday, or month', () => {
    expect(period('day', 'UTC', '2026-03-29T23:59:59Z')).toEqual([
      '2026-03-29T00:00:00.000Z',
      '2026-03-30T00:00:00.000Z',
    ])
    expect(period('week', 'UTC', '2026-03-29T23:59:59Z')).toEqual([
      '2026-03-23T00:00:00.000Z',
      '2026-03-30T00:00:00.000Z',
    ])
    expect(period('week', 'UTC', '2026-03-30T00:00:00Z')).toEqual([
      '2026-03-30T00:00:00.000Z',
      '2026-04-06T00:00:00.000Z',
    ])
    expect(period('week', 'Europe/Berlin', '2026-03-25T12:00:00Z')).toEqual([
      '2026-03-22T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ])
    expect(period('month', 'Europe/Berlin', '2026-03-31T22:00:00Z')).toEqual([
      '2026-03-31T22:00:00.000Z',
      '2026-04-30T22:00:00.000Z',
    ])
  })

  it.each([
    ['day', 1, '2026-03-28T23:00:00Z', '2026-03-29T22:00:00.000Z'],
    ['day', -1, '2026-03-29T22:00:00Z', '2026-03-28T23:00:00.000Z'],
    ['week', 1, '2026-03-25T11:00:00Z', '2026-04-01T10:00:00.000Z'],
    ['month', 1, '2026-01-30T23:00:00Z', '2026-02-27T23:00:00.000Z'],
    ['month', -1, '2026-03-30T22:00:00Z', '2026-02-27T23:00:00.000Z'],
    ['month', 1, '2026-12-14T23:00:00Z', '2027-01-14T23:00:00.000Z'],
    ['month', -1, '2026-01-14T23:00:00Z', '2025-12-14T23:00:00.000Z'],
  ] as const)('one %s further by %i from %s is %s in Berlin', (kind, by, from, to) => {
    expect(iso(shifted(kind, 'Europe/Berlin', Date.parse(from), by))).toBe(to)
  })
})
