import { describe, expect, it } from 'vitest'
import { periodAt } from '../../../core/services/budget/periods.ts'

interface ZonedDateTime {
  readonly epochMilliseconds: number
  startOfDay(): ZonedDateTime
  add(duration: { days?: number; months?: number }): ZonedDateTime
  with(fields: { day: number }): ZonedDateTime
}

interface TemporalApi {
  readonly Instant: { fromEpochMilliseconds(at: number): { toZonedDateTimeISO(zone: string): ZonedDateTime } }
}

const Temporal = (globalThis as { Temporal?: TemporalApi }).Temporal

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Havana', // the clock goes from 00:00 to 01:00: the day begins an hour late
  'Africa/Cairo',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe', // half an hour of summer time
  'Pacific/Apia', // 30 December 2011 never was
  'America/Sao_Paulo',
]

const iso = (at: number): string => new Date(at).toISOString()

describe('the window of a budget', () => {
  it.skipIf(Temporal === undefined)('is the same as the calendar of Temporal, around the clock and the globe', () => {
    const { Instant } = Temporal as TemporalApi
    const moments = [Date.UTC(2011, 11, 28), Date.UTC(2018, 10, 3), Date.UTC(2024, 1, 27), Date.UTC(2026, 2, 7)]
    for (const zone of ZONES)
      for (const first of moments)
        for (let at = first; at < first + 6 * 86_400_000; at += 9_413_337) {
          const day = Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).startOfDay()
          const days = periodAt('daily', zone, at)
          expect([iso(days.start), iso(days.end)], `${zone} ${iso(at)}`).toEqual([
            iso(day.epochMilliseconds),
            iso(day.add({ days: 1 }).startOfDay().epochMilliseconds),
          ])
          const month = day.with({ day: 1 }).startOfDay()
          const months = periodAt('monthly', zone, at)
          expect([iso(months.start), iso(months.end)], `${zone} ${iso(at)}`).toEqual([
            iso(month.epochMilliseconds),
            iso(month.add({ months: 1 }).startOfDay().epochMilliseconds),
          ])
        }
  })

  it('is 23 hours long on the day summer time begins, and 25 when it ends', () => {
    const hours = (at: number): number => {
      const { start, end } = periodAt('daily', 'Europe/Berlin', at)
      return (end - start) / 3_600_000
    }
    expect(hours(Date.UTC(2026, 2, 29, 12))).toBe(23)
    expect(hours(Date.UTC(2026, 9, 25, 12))).toBe(25)
    expect(hours(Date.UTC(2026, 9, 26, 12))).toBe(24)
  })

  it('changes with the last millisecond of the month, in its own zone', () => {
    const newYear = Date.UTC(2025, 11, 31, 23)
    expect(iso(periodAt('monthly', 'Europe/Berlin', newYear - 1).start)).toBe('2025-11-30T23:00:00.000Z')
    expect(iso(periodAt('monthly', 'Europe/Berlin', newYear).start)).toBe('2025-12-31T23:00:00.000Z')
    expect(iso(periodAt('monthly', 'UTC', newYear).start)).toBe('2025-12-01T00:00:00.000Z')
    expect(iso(periodAt('monthly', 'UTC', Date.UTC(2028, 1, 29, 23, 59, 59, 999)).end)).toBe('2028-03-01T00:00:00.000Z')
  })

  it('has neither beginning nor end for a total', () => {
    expect(periodAt('total', 'UTC', Date.UTC(2026, 0, 1))).toEqual({ start: 0, end: Infinity })
  })
})
