import type { DatabaseSync } from 'node:sqlite'
import { groupUsage, type ResolvedQuery } from './group-usage.ts'
import { BEGAN, conditionsOf, type ResolvedSelection } from './ledger-conditions.ts'
import { modelFacts, type ModelFacts } from './model-facts.ts'
import { pricedCalls, type PricedCall, type PricedCallsPage } from './priced-calls.ts'
import type { UsageRow } from './usage.ts'

/** What can be asked of the ledger, each with its answer. Arguments and answers pass from thread to thread as they are. */
export interface LedgerReads {
  rows(queries: readonly ResolvedQuery[]): readonly (readonly UsageRow[])[]
  /** When the first call of a selection began, as far as FIRST_ROWS tell; undefined when there is none. */
  first(selection: ResolvedSelection): number | undefined
  facts(selection: ResolvedSelection): readonly ModelFacts[]
  calls(page: PricedCallsPage): readonly PricedCall[]
}

/**
 * Rows are in the order in which calls ended, so the call that began first is not necessarily the first of them. It is among
 * so many, unless more calls than that ended while it ran; and then those tell nearly the same time.
 */
const FIRST_ROWS = 1_000

export const ledgerReads = (db: DatabaseSync): LedgerReads => ({
  rows: (queries) => groupUsage(db, queries),
  first(selection) {
    const { text, values } = conditionsOf(db, selection)
    const row = db.prepare(`SELECT seq FROM ledger WHERE ${text} ORDER BY seq LIMIT 1`).get(...values)
    if (row === undefined) return undefined
    const from = Number(row['seq'])
    const first = db
      .prepare(`SELECT min(${BEGAN}) AS began FROM ledger WHERE seq >= ? AND seq < ? AND ${text}`)
      .get(from, from + FIRST_ROWS, ...values)
    return Number(first?.['began'])
  },
  facts: (selection) => modelFacts(db, selection),
  calls: (page) => pricedCalls(db, page),
})
