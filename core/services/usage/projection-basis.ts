import type { Period } from '../budget/budget.ts'
import { dateAt, periodAt, weekday } from './calendar.ts'
import type { LedgerReader } from './ledger-reader.ts'
import type { ProjectionBasis } from './projection.ts'
import type { UsageFilter } from './usage.ts'

/** Full days that are looked back on: four of each weekday. */
const WINDOW_DAYS = 28

/** What the ledger says about this month and the days before today. */
export async function projectionBasis(
  reader: LedgerReader,
  filter: UsageFilter,
  timeZone: string,
  now: number,
): Promise<ProjectionBasis> {
  const [month, today] = [periodAt('monthly', timeZone, now), periodAt('daily', timeZone, now)]
  const before = daysBefore(today.start, timeZone)
  const since = Math.min(month.start, before[0]?.start ?? month.start)
  const selection = { since, until: month.end, filter, timeZone, all: true }
  const [rows = []] = await reader.read('rows', [{ ...selection, by: 'day' }])
  const first = (await reader.read('first', { ...selection, since: undefined })) ?? Infinity
  const spentOn = new Map(rows.map(({ period, cost }) => [period?.start, cost?.total ?? 0n]))
  const thisMonth = rows.filter(({ period }) => period !== undefined && period.start >= month.start)
  const priced = thisMonth.flatMap(({ cost }) => (cost === null ? [] : [cost]))
  return {
    timeZone,
    month,
    now,
    spent: thisMonth.length > 0 && priced.length === 0 ? null : priced.reduce((sum, { total }) => sum + total, 0n),
    unpriced: thisMonth.reduce((sum, { unpriced }) => sum + unpriced, 0),
    days: before
      .filter(({ end }) => end > first)
      .map(({ start }) => ({ nano: spentOn.get(start) ?? 0n, weekday: weekdayOf(timeZone, start) })),
    today: { ...today, weekday: weekdayOf(timeZone, now) },
    ahead: daysUntil(today.end, month.end, timeZone).map(({ start }) => weekdayOf(timeZone, start)),
  }
}

const weekdayOf = (timeZone: string, at: number): number => weekday(dateAt(timeZone, at))

function daysBefore(start: number, timeZone: string): Period[] {
  const days: Period[] = []
  for (let end = start; days.length < WINDOW_DAYS; end = days[0]?.start ?? end)
    days.unshift(periodAt('daily', timeZone, end - 1))
  return days
}

function daysUntil(end: number, monthEnd: number, timeZone: string): Period[] {
  const days: Period[] = []
  for (let start = end; start < monthEnd; start = days.at(-1)?.end ?? monthEnd)
    days.push(periodAt('daily', timeZone, start))
  return days
}
