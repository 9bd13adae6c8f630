import type { StatementSync } from 'node:sqlite'
import type { Store } from '../store/store.ts'

const DAY_MS = 86_400_000

/** Keeps the table of the first row that was booked on each day: the ledger's index of time. */
export class LedgerDays {
  readonly #store: Store
  readonly #insert: StatementSync
  /** A day that is on the books for good. */
  #known: number | undefined
  /** The transaction that noted a day last: until it is committed, nothing is for good. */
  #notedIn: number | undefined

  constructor(store: Store) {
    this.#store = store
    this.#insert = store.db.prepare('INSERT OR IGNORE INTO ledger_day (day, first_seq) VALUES (?, ?)')
  }

  /** To be told of every row, in the transaction that writes it. Nearly all are of a day that is known. */
  note(at: number, seq: number | bigint): void {
    const day = Math.trunc(at / DAY_MS)
    if (day === this.#known) return
    const { transactions } = this.#store
    if (this.#insert.run(day, seq).changes !== 0) this.#notedIn = transactions
    else if (this.#notedIn !== transactions) this.#known = day
  }
}
