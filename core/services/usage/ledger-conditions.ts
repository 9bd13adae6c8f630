import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { UsageFilter, UsageReset } from './usage.ts'

/** A selection whose moments are worked out. */
export interface ResolvedSelection {
  /** Milliseconds since 1970. */
  readonly since: number | undefined
  readonly until: number | undefined
  readonly filter: UsageFilter
  readonly timeZone: string
  readonly all: boolean
}

export interface Conditions {
  /** Follows `WHERE`. */
  readonly text: string
  readonly values: readonly SQLInputValue[]
}

/** When a call began: what budgets and analytics go by. */
export const BEGAN = '(at - latency_ms)'

const COLUMNS: Readonly<Record<keyof UsageFilter, string>> = {
  provider: 'provider',
  model: 'model',
  keyId: 'key_id',
  userId: 'user_id',
  projectId: 'project_id',
  agentId: 'agent_id',
  trackingId: 'tracking_id',
}

export const FILTER_KEYS = Object.keys(COLUMNS) as readonly (keyof UsageFilter)[]

const DAY_MS = 86_400_000

/** The entries a selection asks for. Resets count as they stand in this database now. */
export function conditionsOf(db: DatabaseSync, { since, until, filter, all }: ResolvedSelection): Conditions {
  const parts: Conditions[] = [matching(filter)]
  if (since !== undefined) parts.push(notBefore(since), { text: `${BEGAN} >= ?`, values: [since] })
  if (until !== undefined) parts.push({ text: `${BEGAN} < ?`, values: [until] })
  if (!all) parts.push(...resetsIn(db).map(countedSince))
  return {
    text: parts.map(({ text }) => text).join(' AND '),
    values: parts.flatMap(({ values }) => values),
  }
}

/** The last reset of each scope, newest first. */
const resetsIn = (db: DatabaseSync): UsageReset[] =>
  db
    .prepare(
      'SELECT * FROM usage_reset WHERE seq IN (SELECT max(seq) FROM usage_reset GROUP BY scope) ORDER BY seq DESC',
    )
    .all()
    .map(resetOf)

export const resetOf = (row: Readonly<Record<string, unknown>>): UsageReset => ({
  seq: Number(row['seq']),
  at: Number(row['at']),
  scope: JSON.parse(String(row['scope'])) as UsageFilter,
  actor: String(row['actor']),
})

function matching(filter: UsageFilter): Conditions {
  const named = FILTER_KEYS.flatMap((key) => {
    const value = filter[key]
    return value === undefined ? [] : [[COLUMNS[key], value] as const]
  })
  // IS and not =: of a call that names no user, NOT (user_id = 'ann') is neither true nor false.
  return {
    text: ['true', ...named.map(([column]) => `${column} IS ?`)].join(' AND '),
    values: named.map(([, value]) => value),
  }
}

function countedSince({ at, scope }: UsageReset): Conditions {
  const scoped = matching(scope)
  return { text: `NOT (${scoped.text} AND at <= ?)`, values: [...scoped.values, at] }
}

/** Nothing that began later was booked before the first row of that day: whatever clocks do, an entry ends after it begins. */
const notBefore = (since: number): Conditions => ({
  text: 'seq >= (SELECT min(first_seq) FROM ledger_day WHERE day >= ?)',
  values: [Math.trunc(since / DAY_MS)],
})
