import type { DatabaseSync } from 'node:sqlite'
import { groupUsage, type ResolvedQuery } from './group-usage.ts'
import { BEGAN, conditionsOf, type ResolvedSelection } from './ledger-conditions.ts'
import { modelFacts, type ModelFacts } from './model-facts.ts'
import { pricedCalls, type PricedCall, type PricedCallsPage } from './priced-calls.ts'
import type { UsageRow } from './usage.ts'

/** What can be asked of the ledger, each with its answer. Arguments and answers pass from thread to thread as they are. */
export interface LedgerReads {
  rows(queries: readonly ResolvedQuery[]): readonly (readonly UsageRow[])[]
  /** When the first call of a selection began; undefined when there is none. */
  first(selection: ResolvedSelection): number | undefined
  facts(selection: ResolvedSelection): readonly ModelFacts[]
  calls(page: PricedCallsPage): readonly PricedCall[]
}

export const ledgerReads = (db: DatabaseSync): LedgerReads => ({
  rows: (queries) => groupUsage(db, queries),
  first(selection) {
    const { text, values } = conditionsOf(db, selection)
    const row = db.prepare(`SELECT ${BEGAN} AS began FROM ledger WHERE ${text} ORDER BY id LIMIT 1`).get(...values)
    return row === undefined ? undefined : Number(row['began'])
  },
  facts: (selection) => modelFacts(db, selection),
  calls: (page) => pricedCalls(db, page),
})
