import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Amount, HoldLine } from './budget.ts'

/** What a call of some owner holds on one budget. */
export interface HeldLine extends Amount {
  readonly callId: string
  readonly budgetId: string
  readonly windowStart: number
}

/**
 * The open promises of calls, one row for each call. All methods but `largest` belong into a transaction; the sums of what is
 * held are not changed here.
 */
export class Holds {
  readonly #insert: StatementSync
  readonly #delete: StatementSync
  readonly #largest: StatementSync
  readonly #ofOwner: StatementSync
  readonly #deleteOfOwner: StatementSync

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO budget_hold (call_id, owner, lines) VALUES (?, ?, ?)')
    this.#delete = db.prepare('DELETE FROM budget_hold WHERE call_id = ?')
    this.#largest = db.prepare(
      'SELECT call_id FROM budget_hold_line WHERE budget_id = ? AND window_start = ? ORDER BY nano DESC LIMIT ?',
    )
    this.#ofOwner = db.prepare('SELECT * FROM budget_hold_line WHERE owner = ?')
    this.#deleteOfOwner = db.prepare('DELETE FROM budget_hold WHERE owner = ?')
  }

  put(callId: string, owner: string, lines: readonly HoldLine[]): void {
    const values = lines.map(({ budget, windowStart, nano, tokens }) => [budget.id, windowStart, nano, tokens])
    this.#insert.run(callId, owner, JSON.stringify(values))
  }

  /** Takes the call's hold off the books; false when it had expired and somebody else did. */
  end(callId: string): boolean {
    return this.#delete.run(callId).changes === 1
  }

  /** Takes everything off the books that an owner holds. */
  endAll(owner: string): readonly HeldLine[] {
    const lines = this.#ofOwner.all(owner).map((row) => ({
      callId: String(row['call_id']),
      budgetId: String(row['budget_id']),
      windowStart: Number(row['window_start']),
      nano: Number(row['nano']),
      tokens: Number(row['tokens']),
    }))
    this.#deleteOfOwner.run(owner)
    return lines
  }

  /** The calls that hold most on a budget. */
  largest(budgetId: string, windowStart: number, limit: number): string[] {
    return this.#largest.all(budgetId, windowStart, limit).map((row) => String(row['call_id']))
  }
}
