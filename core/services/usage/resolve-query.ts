import { calendarPeriod, checkedTimeZone, momentOf, shifted } from './calendar.ts'
import type { ResolvedQuery } from './group-usage.ts'
import { FILTER_KEYS, type ResolvedSelection } from './ledger-conditions.ts'
import { queryInvalid } from './query-invalid.ts'
import { USAGE_DIMENSIONS, USAGE_PERIODS, type UsageFilter, type UsageQuery, type UsageSelection } from './usage.ts'

/** Milliseconds since 1970. All of it throws PlugboardError `USAGE_QUERY_INVALID`. */
export function resolvedSelection(selection: UsageSelection, now: number): ResolvedSelection {
  const { filter = {}, all = false } = selection
  const timeZone = checkedTimeZone(selection.timeZone)
  const { since, until } = endsOf(selection, timeZone, now)
  if (since !== undefined && until !== undefined && until <= since)
    throw queryInvalid('until', 'The end is not after the start.', 'The end is the first moment that no longer counts.')
  return { since, until, filter: checkedFilter(filter), timeZone, all }
}

export function resolvedQuery(query: UsageQuery, now: number): ResolvedQuery {
  const { by } = query
  if (by !== undefined) checkOneOf('by', by, USAGE_DIMENSIONS)
  return { ...resolvedSelection(query, now), by }
}

function endsOf(
  { since, until, period }: UsageSelection,
  timeZone: string,
  now: number,
): Pick<ResolvedSelection, 'since' | 'until'> {
  if (period !== undefined) checkOneOf('period', period, USAGE_PERIODS)
  const from = since === undefined ? undefined : momentOf(since, timeZone, 'since')
  const to = until === undefined ? undefined : momentOf(until, timeZone, 'until')
  if (period === undefined || (from !== undefined && to !== undefined)) return { since: from, until: to }
  if (from !== undefined) return { since: from, until: shifted(period, timeZone, from, 1) }
  if (to !== undefined) return { since: shifted(period, timeZone, to, -1), until: to }
  return calendarPeriod(period, timeZone, now)
}

/** A misspelt field would quietly count everybody's calls. */
export function checkedFilter(filter: UsageFilter): UsageFilter {
  for (const [key, value] of Object.entries(filter)) {
    checkOneOf('filter', key, FILTER_KEYS)
    if (value !== undefined && typeof value !== 'string')
      throw queryInvalid('filter', `filter.${key} is not a text.`, 'Name an id.')
  }
  return filter
}

function checkOneOf(param: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value))
    throw queryInvalid(param, `"${value.slice(0, 100)}" is no ${param}.`, `Use one of: ${allowed.join(', ')}.`)
}
