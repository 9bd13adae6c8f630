import type { StatementSync } from 'node:sqlite'
import type { Store } from '../store/store.ts'

/** A budget's sums in one window. bigint, because sums may pass 2^53: some nine million dollars. */
export interface BalanceRow {
  readonly budgetId: string
  readonly windowStart: number
  spentNano: bigint
  spentTokens: bigint
  heldNano: bigint
  heldTokens: bigint
  alerted: boolean
  exhausted: boolean
  /** Whether the database does not know yet what this row says. */
  isChanged: boolean
}

/**
 * The rows of balances. In a transaction nobody else can change them, so each is read once, changed in memory by all calls
 * of the transaction, and written once before it is committed; what is rolled back is forgotten. One for each store, or they
 * would overwrite each other.
 */
export class BalanceRows {
  readonly #store: Store
  readonly #select: StatementSync
  readonly #upsert: StatementSync
  #rows = new Map<string, BalanceRow[]>()
  /** The transaction that the rows are of. */
  #transaction: number | undefined

  constructor(store: Store) {
    this.#store = store
    this.#select = store.db.prepare(`SELECT spent_nano, spent_tokens, held_nano, held_tokens, alerted, exhausted
      FROM budget_balance WHERE budget_id = ? AND window_start = ?`)
    this.#select.setReadBigInts(true)
    this.#upsert = store.db.prepare(`INSERT INTO budget_balance
      (budget_id, window_start, spent_nano, spent_tokens, held_nano, held_tokens, alerted, exhausted)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET spent_nano = ?3, spent_tokens = ?4,
      held_nano = ?5, held_tokens = ?6, alerted = ?7, exhausted = ?8`)
    store.beforeCommit(() => this.write())
  }

  /** The row to change, in a transaction. Whoever changes it says so by `isChanged`. */
  at(budgetId: string, windowStart: number): BalanceRow {
    if (this.#transaction !== this.#store.transactions) {
      this.#transaction = this.#store.transactions
      this.#rows = new Map()
    }
    const ofBudget = this.#rows.get(budgetId)
    const known = ofBudget?.find((row) => row.windowStart === windowStart)
    if (known !== undefined) return known
    const row = this.#read(budgetId, windowStart)
    if (ofBudget === undefined) this.#rows.set(budgetId, [row])
    else ofBudget.push(row)
    return row
  }

  /** The row as it is now, anywhere. */
  look(budgetId: string, windowStart: number): Readonly<BalanceRow> {
    return this.#store.db.isTransaction ? this.at(budgetId, windowStart) : this.#read(budgetId, windowStart)
  }

  /** Writes what was changed, and forgets it: whoever changes the table itself does this before, in the same transaction. */
  write(): void {
    if (this.#transaction !== this.#store.transactions) return
    this.#transaction = undefined
    for (const ofBudget of this.#rows.values()) for (const row of ofBudget) if (row.isChanged) this.#write(row)
  }

  #write(row: BalanceRow): void {
    this.#upsert.run(
      row.budgetId,
      row.windowStart,
      row.spentNano,
      row.spentTokens,
      row.heldNano,
      row.heldTokens,
      row.alerted ? 1 : 0,
      row.exhausted ? 1 : 0,
    )
  }

  #read(budgetId: string, windowStart: number): BalanceRow {
    const row = this.#select.get(budgetId, windowStart) as Readonly<Record<string, bigint>> | undefined
    return {
      budgetId,
      windowStart,
      spentNano: row?.['spent_nano'] ?? 0n,
      spentTokens: row?.['spent_tokens'] ?? 0n,
      heldNano: row?.['held_nano'] ?? 0n,
      heldTokens: row?.['held_tokens'] ?? 0n,
      alerted: row?.['alerted'] === 1n,
      exhausted: row?.['exhausted'] === 1n,
      isChanged: false,
    }
  }
}
