import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Amount, Budget } from './budget.ts'

export interface Balance {
  readonly spent: Amount
  readonly held: Amount
  readonly alerted: boolean
}

export interface Charge extends Amount {
  readonly entryId: string
  readonly budgetId: string
  readonly windowStart: number
  /** What the charge takes the place of; nothing when it was not reserved, or the hold had expired. */
  readonly held: Amount
  readonly estimated: boolean
}

export interface Charged {
  readonly alert: boolean
  readonly exhausted: boolean
  readonly over: boolean
}

export const NOTHING: Amount = { nano: 0, tokens: 0 }

/**
 * The rows of budgets' money. Every method but `read` and `holding` belongs into a transaction. Sums and comparisons are
 * the database's, and amounts go in as bigint (a number would make them floating): exact also beyond nine million dollars.
 */
export class Balances {
  readonly #over: StatementSync
  readonly #addHeld: StatementSync
  readonly #insertHold: StatementSync
  readonly #deleteHold: StatementSync
  readonly #settle: StatementSync
  readonly #insertCharge: StatementSync
  readonly #alerted: StatementSync
  readonly #exhausted: StatementSync
  readonly #read: StatementSync
  readonly #holding: StatementSync

  constructor(db: DatabaseSync) {
    this.#over = db.prepare(`SELECT 1 FROM budget_balance WHERE budget_id = ?1 AND window_start = ?2
      AND ((?3 > 0 AND spent_nano + held_nano + ?3 > ?4) OR (?5 > 0 AND spent_tokens + held_tokens + ?5 > ?6))`)
    this.#addHeld = db.prepare(`INSERT INTO budget_balance (budget_id, window_start, held_nano, held_tokens)
      VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET held_nano = held_nano + ?3, held_tokens = held_tokens + ?4`)
    this.#insertHold = db.prepare(
      'INSERT INTO budget_hold (call_id, budget_id, window_start, owner, nano, tokens) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#deleteHold = db.prepare('DELETE FROM budget_hold WHERE call_id = ? AND budget_id = ?')
    this.#settle = db.prepare(`INSERT INTO budget_balance (budget_id, window_start, spent_nano, spent_tokens)
      VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET spent_nano = spent_nano + ?3, spent_tokens = spent_tokens + ?4,
      held_nano = held_nano - ?5, held_tokens = held_tokens - ?6
      RETURNING alerted = 0 AND (spent_nano >= ?7 OR spent_tokens >= ?8) AS alert,
      exhausted = 0 AND (spent_nano >= ?9 AND ?9 > 0 OR spent_tokens >= ?10 AND ?10 > 0) AS exhausted,
      ?3 > ?5 AND spent_nano + held_nano > ?9 OR ?4 > ?6 AND spent_tokens + held_tokens > ?10 AS over`)
    this.#insertCharge = db.prepare(`INSERT INTO budget_charge
      (entry_id, budget_id, window_start, nano, tokens, held_nano, held_tokens, estimated) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
    this.#alerted = db.prepare('UPDATE budget_balance SET alerted = 1 WHERE budget_id = ? AND window_start = ?')
    this.#exhausted = db.prepare(
      'UPDATE budget_balance SET exhausted = 1 WHERE budget_id = ? AND window_start = ? AND exhausted = 0',
    )
    this.#read = db.prepare('SELECT * FROM budget_balance WHERE budget_id = ? AND window_start = ?')
    this.#read.setReadBigInts(true)
    this.#holding = db.prepare(
      'SELECT call_id FROM budget_hold WHERE budget_id = ? AND window_start = ? ORDER BY nano DESC LIMIT ?',
    )
  }

  /** Whether the amount fits beside what is spent and held. Nothing always fits: a free call costs no budget anything. */
  fits({ id, limitNano, limitTokens }: Budget, windowStart: number, { nano, tokens }: Amount): boolean {
    if (limitNano !== null && nano > limitNano) return false
    if (limitTokens !== null && tokens > limitTokens) return false
    return this.#over.get(id, windowStart, int(nano), int(limitNano), int(tokens), int(limitTokens)) === undefined
  }

  hold(callId: string, budgetId: string, windowStart: number, owner: string, { nano, tokens }: Amount): void {
    this.#addHeld.run(budgetId, windowStart, int(nano), int(tokens))
    this.#insertHold.run(callId, budgetId, windowStart, owner, nano, tokens)
  }

  /** Takes the hold off the books; false when it had expired and somebody else did. The held sum is left to the caller. */
  endHold(callId: string, budgetId: string): boolean {
    return this.#deleteHold.run(callId, budgetId).changes === 1
  }

  giveBack(budgetId: string, windowStart: number, { nano, tokens }: Amount): void {
    this.#addHeld.run(budgetId, windowStart, int(-nano), int(-tokens))
  }

  /**
   * Books the charge in place of what was held. Tells whether that reached the threshold or a limit for the first time, and
   * whether it was more than was held and a limit is passed.
   */
  charge(charge: Charge, budget: Budget | undefined): Charged {
    const { entryId, budgetId, windowStart, nano, tokens, held, estimated } = charge
    const threshold = budget?.alertThreshold ?? null
    const { alert, exhausted, over } = this.#settle.get(
      budgetId,
      windowStart,
      int(nano),
      int(tokens),
      int(held.nano),
      int(held.tokens),
      int(partOf(budget?.limitNano, threshold)),
      int(partOf(budget?.limitTokens, threshold)),
      int(budget?.limitNano ?? null),
      int(budget?.limitTokens ?? null),
    ) as Readonly<Record<keyof Charged, number | null>>
    this.#insertCharge.run(entryId, budgetId, windowStart, nano, tokens, held.nano, held.tokens, estimated ? 1 : 0)
    if (alert === 1) this.#alerted.run(budgetId, windowStart)
    return {
      alert: alert === 1,
      exhausted: exhausted === 1 && this.exhaust(budgetId, windowStart),
      over: over === 1,
    }
  }

  /** Notes that the money of a window is used up; true when nobody had noted it yet. */
  exhaust(budgetId: string, windowStart: number): boolean {
    return this.#exhausted.run(budgetId, windowStart).changes === 1
  }

  read(budgetId: string, windowStart: number): Balance {
    const row = this.#read.get(budgetId, windowStart) as Record<string, bigint> | undefined
    const number = (name: string): number => Number(row?.[name] ?? 0n)
    return {
      spent: { nano: number('spent_nano'), tokens: number('spent_tokens') },
      held: { nano: number('held_nano'), tokens: number('held_tokens') },
      alerted: number('alerted') === 1,
    }
  }

  /** The calls that hold most on a budget. */
  holding(budgetId: string, windowStart: number, limit: number): string[] {
    const rows = this.#holding.all(budgetId, windowStart, limit)
    return rows.map((row) => String(row['call_id']))
  }
}

const int = (amount: number | null): bigint | null => (amount === null ? null : BigInt(amount))

/** Of a limit, the amount at which its threshold is reached. Nothing is no part of nothing. */
export const partOf = (limit: number | null | undefined, part: number | null): number | null =>
  limit === null || limit === undefined || limit === 0 || part === null ? null : Math.ceil(limit * part)
