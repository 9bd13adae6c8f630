import type { DatabaseSync } from 'node:sqlite'
import type { Period } from '../budget/budget.ts'
import { dateAt, periodAt } from './calendar.ts'
import { BEGAN, conditionsOf, type ResolvedSelection } from './ledger-conditions.ts'
import { TALLIED, Tally, type LedgerRow } from './tally.ts'
import type { UsageDimension, UsageRow } from './usage.ts'

export interface ResolvedQuery extends ResolvedSelection {
  readonly by: UsageDimension | undefined
}

interface Group extends Pick<UsageRow, 'key' | 'provider' | 'model' | 'period'> {
  readonly tally: Tally
}

type GroupOf = (row: LedgerRow) => Group

/** Read behind what is tallied. */
const KEYS = [BEGAN, 'provider', 'model', 'key_id', 'user_id', 'project_id', 'agent_id', 'tracking_id']

const column = (name: string): number => TALLIED.length + KEYS.indexOf(name)

const [BEGAN_AT, PROVIDER, MODEL] = [column(BEGAN), column('provider'), column('model')]

const ID_OF: Readonly<Record<'key' | 'user' | 'project' | 'agent' | 'tracking', number>> = {
  key: column('key_id'),
  user: column('user_id'),
  project: column('project_id'),
  agent: column('agent_id'),
  tracking: column('tracking_id'),
}

/**
 * The rows of each query: days and months in their order, everything else dearest first. Queries of one selection are
 * answered in one pass. That is why it is not left to SQL, which would sort the whole ledger once for each.
 */
export function groupUsage(db: DatabaseSync, queries: readonly ResolvedQuery[]): readonly (readonly UsageRow[])[] {
  const groupings = queries.map((query) => ({ query, grouping: new Grouping(query) }))
  const passes = Map.groupBy(groupings, ({ query: { by: _by, ...selection } }) => JSON.stringify(selection))
  for (const pass of passes.values())
    for (const row of entriesOf(db, pass[0]!.query)) for (const { grouping } of pass) grouping.add(row)
  return groupings.map(({ grouping }) => grouping.rows)
}

function entriesOf(db: DatabaseSync, selection: ResolvedSelection): Iterable<LedgerRow> {
  const { text, values } = conditionsOf(db, selection)
  const statement = db.prepare(`SELECT ${[...TALLIED, ...KEYS].join(', ')} FROM ledger WHERE ${text}`)
  statement.setReturnArrays(true)
  return statement.iterate(...values) as Iterable<unknown> as Iterable<LedgerRow>
}

class Grouping {
  readonly #by: UsageDimension | undefined
  readonly #groups = new Map<string | null, Group>()
  readonly #groupOf: GroupOf

  constructor({ by, timeZone }: ResolvedQuery) {
    this.#by = by
    this.#groupOf = this.#finder(by, timeZone)
  }

  add(row: LedgerRow): void {
    this.#groupOf(row).tally.add(row)
  }

  get rows(): readonly UsageRow[] {
    const rows = [...this.#groups.values()].map(({ tally, ...about }) => ({ ...about, ...tally.sums }))
    const ordered = this.#by === 'day' || this.#by === 'month'
    return rows.toSorted(ordered ? (one, other) => (one.period?.start ?? 0) - (other.period?.start ?? 0) : dearestFirst)
  }

  #finder(by: UsageDimension | undefined, timeZone: string): GroupOf {
    switch (by) {
      case undefined: {
        const all = this.#group(null, () => ({}))
        return () => all
      }
      case 'day':
      case 'month':
        return this.#calendar(by, timeZone)
      case 'provider':
      case 'model':
        return (row) => {
          const [provider, model] = [String(row[PROVIDER]), String(row[MODEL])]
          return by === 'provider'
            ? this.#group(provider, () => ({ provider }))
            : this.#group(`${provider}:${model}`, () => ({ provider, model }))
        }
      case 'key':
      case 'user':
      case 'project':
      case 'agent':
      case 'tracking': {
        const index = ID_OF[by]
        // An empty name is none.
        return (row) => this.#group((row[index] as string | null) || null, () => ({}))
      }
    }
  }

  /** Entries come nearly in the order of time, so the day of the one before is mostly this one's. */
  #calendar(by: 'day' | 'month', timeZone: string): GroupOf {
    let last: { readonly period: Period; readonly group: Group } | undefined
    return (row) => {
      const at = Number(row[BEGAN_AT])
      if (last !== undefined && at >= last.period.start && at < last.period.end) return last.group
      const period = periodAt(by === 'day' ? 'daily' : 'monthly', timeZone, at)
      const date = dateAt(timeZone, period.start)
      last = { period, group: this.#group(by === 'day' ? date : date.slice(0, 7), () => ({ period })) }
      return last.group
    }
  }

  #group(key: string | null, about: () => Omit<Group, 'key' | 'tally'>): Group {
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const made = { key, ...about(), tally: new Tally() }
    this.#groups.set(key, made)
    return made
  }
}

const nanoOf = ({ cost }: UsageRow): bigint => cost?.total ?? -1n

function dearestFirst(one: UsageRow, other: UsageRow): number {
  const [a, b] = [nanoOf(one), nanoOf(other)]
  if (a !== b) return a > b ? -1 : 1
  return other.calls - one.calls || (one.key ?? '').localeCompare(other.key ?? '')
}
