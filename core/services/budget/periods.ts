import { PlugboardError } from '@plugboard/sdk'
import type { BudgetWindow, Period } from './budget.ts'

const DAY_MS = 86_400_000
/** Further than any day or month reaches, also where a zone skipped a day. */
const REACH_MS = { daily: 3 * DAY_MS, monthly: 34 * DAY_MS }

/**
 * The day, month or eternity that holds a moment. A day is the stretch of time in which the zone's calendar shows one date,
 * so that days of 23 and 25 hours, and days that begin at 01:00, come out right.
 */
export function periodAt(window: BudgetWindow, timeZone: string, at: number): Period {
  if (window === 'total') return { start: 0, end: Infinity }
  const page = calendarPage(window, timeZone)
  const here = page(at)
  const reach = REACH_MS[window]
  return { start: firstMoment(page, here, at - reach, at), end: firstMoment(page, here + 1, at, at + reach) }
}

/** Throws PlugboardError `BUDGET_INVALID` for a zone the system does not know. */
export function checkTimeZone(timeZone: string): void {
  try {
    calendarPage('daily', timeZone)
  } catch (cause) {
    throw new PlugboardError('BUDGET_INVALID', `"${timeZone}" is not a time zone.`, {
      hint: 'Use an IANA name, for example Europe/Berlin or UTC.',
      cause,
    })
  }
}

/** Numbers the days or months of a zone's calendar in ascending order, with gaps. */
function calendarPage(window: 'daily' | 'monthly', timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  })
  return (at) => {
    let [year, month, day] = [0, 0, 0]
    for (const { type, value } of format.formatToParts(at)) {
      if (type === 'year') year = Number(value)
      else if (type === 'month') month = Number(value)
      else if (type === 'day') day = Number(value)
    }
    return window === 'daily' ? (year * 12 + month) * 31 + day : year * 12 + month
  }
}

/** The first millisecond after `before` and not after `within` whose page is `wanted` or later. */
function firstMoment(page: (at: number) => number, wanted: number, before: number, within: number): number {
  let [low, high] = [before, within]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (page(middle) >= wanted) high = middle
    else low = middle
  }
  return high
}
