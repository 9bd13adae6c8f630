import { randomBytes, randomInt } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { PlugboardError } from '@plugboard/sdk'
import { partOf, type Balances } from './balances.ts'
import type { Budget, BudgetScope, BudgetSpec } from './budget.ts'
import { termsOf, type BudgetTerms } from './check-spec.ts'
import { budgetOf, type BudgetRow } from './in-force.ts'
import { periodAt } from './periods.ts'

export type BudgetChange =
  | { readonly problem: PlugboardError }
  | { readonly problem?: undefined; readonly before: Budget | undefined; readonly after: Budget }

/** How the ledger's rows of a scope are found. */
const IN_LEDGER: Readonly<Record<BudgetScope['kind'], string>> = {
  global: "?1 = ''",
  provider: 'provider = ?1',
  model: "provider || ':' || model = ?1",
  key: 'key_id = ?1',
  user: 'user_id = ?1',
  project: 'project_id = ?1',
  agent: 'agent_id = ?1',
}

/** The rows of budgets. Changes are rare: statements are made when they are needed. All methods belong into a transaction. */
export class BudgetTable {
  readonly #db: DatabaseSync
  readonly #balances: Balances
  readonly #onChange: () => void

  constructor(db: DatabaseSync, balances: Balances, onChange: () => void) {
    this.#db = db
    this.#balances = balances
    this.#onChange = onChange
  }

  /** Makes or changes the budget of the spec's scope and window. */
  set(spec: BudgetSpec, now: number): BudgetChange {
    const before = this.#find(spec)
    let terms: BudgetTerms
    try {
      terms = termsOf(spec, before)
    } catch (error) {
      // Told afterwards: an error thrown in a transaction would undo what others wrote in it.
      return { problem: error as PlugboardError }
    }
    if (before === undefined) return { before, after: this.#insert(terms, now) }
    if (before.timeZone === terms.timeZone) return { before, after: this.#update(before, terms, now) }
    this.remove(before.id, now)
    return { before, after: this.#insert(terms, now) }
  }

  remove(id: string, now: number): Budget | undefined {
    const row = this.#db
      .prepare('UPDATE budget SET removed_at = ? WHERE id = ? AND removed_at IS NULL RETURNING *')
      .get(now, id)
    if (row === undefined) return undefined
    this.changed()
    return budgetOf(row as unknown as BudgetRow)
  }

  /** Makes every process look again before its next call. */
  changed(): void {
    this.#db.prepare('UPDATE budget_revision SET revision = ?').run(randomInt(2 ** 48 - 1))
    this.#onChange()
  }

  #find({ scope, window }: Pick<Budget, 'scope' | 'window'>): Budget | undefined {
    const row = this.#db
      .prepare('SELECT * FROM budget WHERE scope_kind = ? AND scope_value = ? AND window = ? AND removed_at IS NULL')
      .get(scope.kind, scope.value, window)
    return row === undefined ? undefined : budgetOf(row as unknown as BudgetRow)
  }

  /** A new budget; what its window has seen so far counts as spent. */
  #insert(terms: BudgetTerms, now: number): Budget {
    const budget: Budget = { ...terms, id: `bud_${randomBytes(8).toString('hex')}`, createdAt: now, changedAt: now }
    this.#db
      .prepare(
        `INSERT INTO budget (limit_nano, limit_tokens, soft_run_tokens, hard_run_tokens, alert_threshold, unknown_price,
        changed_at, id, scope_kind, scope_value, window, time_zone, created_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`,
      )
      .run(...limitsOf(terms), now, budget.id, terms.scope.kind, terms.scope.value, terms.window, terms.timeZone, now)
    this.#open(budget, now)
    this.changed()
    return budget
  }

  /** New limits for a budget. What was told is told again once spending reaches the new threshold, or a raised limit. */
  #update(before: Budget, terms: BudgetTerms, now: number): Budget {
    this.#db
      .prepare(
        `UPDATE budget SET limit_nano = ?, limit_tokens = ?, soft_run_tokens = ?, hard_run_tokens = ?, alert_threshold = ?,
        unknown_price = ?, changed_at = ? WHERE id = ?`,
      )
      .run(...limitsOf(terms), now, before.id)
    const { limitNano, limitTokens, alertThreshold } = terms
    this.#balances.write()
    this.#db
      .prepare(
        `UPDATE budget_balance SET alerted = 0 WHERE budget_id = ?1 AND window_start = ?2
        AND NOT coalesce(spent_nano >= ?3, 0) AND NOT coalesce(spent_tokens >= ?4, 0)`,
      )
      .run(
        before.id,
        periodAt(terms.window, terms.timeZone, now).start,
        partOf(limitNano, alertThreshold),
        partOf(limitTokens, alertThreshold),
      )
    if (raised(before.limitNano, limitNano) || raised(before.limitTokens, limitTokens))
      this.#db.prepare('UPDATE budget_balance SET exhausted = 0 WHERE budget_id = ?').run(before.id)
    this.changed()
    return { ...terms, id: before.id, createdAt: before.createdAt, changedAt: now }
  }

  #open({ id, scope, window, timeZone }: Budget, now: number): void {
    const { start } = periodAt(window, timeZone, now)
    // A call counts in the window in which it began, and was booked on that day or a later one.
    this.#db
      .prepare(
        `INSERT INTO budget_balance (budget_id, window_start, opening_nano, opening_tokens, spent_nano, spent_tokens)
        SELECT ?2, ?3, nano, tokens, nano, tokens FROM (SELECT coalesce(sum(total_nano), 0) AS nano,
        coalesce(sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens), 0) AS tokens
        FROM ledger WHERE seq >= (SELECT min(first_seq) FROM ledger_day WHERE day >= CAST(?3 / 86400000 AS INTEGER))
        AND at - latency_ms >= ?3 AND ${IN_LEDGER[scope.kind]})`,
      )
      .run(scope.value, id, start)
  }
}

const raised = (before: number | null, after: number | null): boolean => (after ?? Infinity) > (before ?? Infinity)

const limitsOf = (terms: BudgetTerms) =>
  [
    terms.limitNano,
    terms.limitTokens,
    terms.softRunTokens,
    terms.hardRunTokens,
    terms.alertThreshold,
    terms.unknownPrice,
  ] as const
