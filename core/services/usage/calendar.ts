import { periodAt } from '../budget/periods.ts'
import { queryInvalid } from './query-invalid.ts'
import type { Moment, UsagePeriod } from './usage.ts'

/** Budgets and analytics have the same days and months. */
export { periodAt }

const DAY_MS = 86_400_000
/** Dates are written with four digits for the year, also a period later. */
const LATEST = Date.UTC(9999)
const NO_MOMENT = 'Use a date (2026-01-31), or a date-time with its offset (2026-01-31T12:00:00Z).'

/** Throws PlugboardError `USAGE_QUERY_INVALID` for a zone the system does not know. */
export function checkedTimeZone(timeZone = 'UTC'): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return timeZone
  } catch {
    throw queryInvalid(
      'timeZone',
      `"${timeZone}" is not a time zone.`,
      'Use an IANA name, for example Europe/Berlin or UTC.',
    )
  }
}

/** The date a zone's calendar shows: `2026-03-29`. */
export function dateAt(timeZone: string, at: number): string {
  const format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
  return `${String(parts['year']).padStart(4, '0')}-${parts['month']}-${parts['day']}`
}

/** The first moment of a date; of a date that a zone skipped, the first moment after it. */
function startOfDate(timeZone: string, date: string): number {
  let day = periodAt('daily', timeZone, Date.parse(`${date}T12:00:00Z`) - 2 * DAY_MS)
  while (dateAt(timeZone, day.start) < date) day = periodAt('daily', timeZone, day.end)
  return day.start
}

/** `param` names the field in the error. */
export function momentOf(moment: Moment, timeZone: string, param: string): number {
  if (typeof moment === 'number') {
    if (moment >= 0 && moment < LATEST) return moment
    throw queryInvalid(param, `${moment} is not a moment.`, NO_MOMENT)
  }
  const [, date = '', time] = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}.*(?:Z|[+-]\d{2}:\d{2}))?$/.exec(moment) ?? []
  const at =
    isDate(date) && date >= '1970'
      ? time === undefined
        ? startOfDate(timeZone, date)
        : Date.parse(moment)
      : Number.NaN
  if (Number.isNaN(at) || at >= LATEST)
    throw queryInvalid(param, `"${moment.slice(0, 100)}" is not a date or date-time.`, NO_MOMENT)
  return at
}

/** The 30th of February is well-formed and still no date. */
function isDate(text: string): boolean {
  const at = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

/** The day, week or month that holds a moment. */
export function calendarPeriod(
  period: UsagePeriod,
  timeZone: string,
  at: number,
): { readonly since: number; readonly until: number } {
  if (period !== 'week') {
    const { start, end } = periodAt(period === 'day' ? 'daily' : 'monthly', timeZone, at)
    return { since: start, until: end }
  }
  const today = dateAt(timeZone, at)
  const monday = addDays(today, -((weekday(today) + 6) % 7))
  return { since: startOfDate(timeZone, monday), until: startOfDate(timeZone, addDays(monday, 7)) }
}

/** The same time of day one period later (`by` 1) or earlier (-1); a month later than 31 January is the last of February. */
export function shifted(period: UsagePeriod, timeZone: string, at: number, by: 1 | -1): number {
  const date = dateAt(timeZone, at)
  const other = period === 'month' ? addMonth(date, by) : addDays(date, by * (period === 'week' ? 7 : 1))
  return startOfDate(timeZone, other) + (at - startOfDate(timeZone, date))
}

/** 0 is Sunday. */
export const weekday = (date: string): number => new Date(`${date}T00:00:00Z`).getUTCDay()

const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)

function addMonth(date: string, by: number): string {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number)
  const last = new Date(Date.UTC(year, month + by, 0)).getUTCDate()
  return new Date(Date.UTC(year, month - 1 + by, Math.min(day, last))).toISOString().slice(0, 10)
}
