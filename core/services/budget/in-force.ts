import type { StatementSync } from 'node:sqlite'
import type { Store } from '../store/store.ts'
import type { Budget, BudgetScope, BudgetWindow, Period, Spender, UnknownPricePolicy } from './budget.ts'
import { periodAt } from './periods.ts'

/** A budget with the window it is in, found once per window and not once per call. */
export interface BudgetInForce {
  readonly budget: Budget
  readonly periodAt: (now: number) => Period
}

export interface BudgetRow {
  readonly id: string
  readonly scope_kind: BudgetScope['kind']
  readonly scope_value: string
  readonly window: BudgetWindow
  readonly time_zone: string
  readonly limit_nano: number | null
  readonly limit_tokens: number | null
  readonly soft_run_tokens: number | null
  readonly hard_run_tokens: number | null
  readonly alert_threshold: number | null
  readonly unknown_price: UnknownPricePolicy
  readonly created_at: number
  readonly changed_at: number
}

const NONE: readonly BudgetInForce[] = []

/**
 * Milliseconds for which a look outside of transactions is believed: it costs some system calls, and every call of the
 * gateway asks. Whoever changes budgets waits so long, so that every process sees the change when it is told to be made.
 * Whatever decides about money looks again in its transaction.
 */
export const BELIEVED_MS = 25

/** The budgets of the database in memory, as they are at the moment they are asked for. */
export class InForce {
  readonly #store: Store
  readonly #revision: StatementSync
  readonly #rows: StatementSync
  #known: number | undefined
  #seenAt = -Infinity
  /** The transaction in which they were looked for last. */
  #seenIn: number | undefined
  #byScope: Partial<Record<BudgetScope['kind'], Map<string, BudgetInForce[]>>> = {}
  #all: readonly BudgetInForce[] = NONE

  constructor(store: Store) {
    const { db } = store
    this.#store = store
    this.#revision = db.prepare('SELECT revision FROM budget_revision')
    this.#rows = db.prepare('SELECT * FROM budget WHERE removed_at IS NULL ORDER BY created_at, id')
  }

  /** Looks whether any process changed them; true when so. Inside a transaction, what is seen then holds until its end. */
  refresh(): boolean {
    const { db, transactions } = this.#store
    const isAlone = db.isTransaction
    if (isAlone ? this.#seenIn === transactions : performance.now() - this.#seenAt < BELIEVED_MS) return false
    const { revision } = this.#revision.get() as { revision: number }
    if (isAlone) this.#seenIn = transactions
    const isNew = revision !== this.#known
    // What is new in a transaction may be undone with it.
    if (!isAlone || !isNew) this.#seenAt = performance.now()
    if (!isNew) return false
    this.#byScope = {}
    this.#all = (this.#rows.all() as unknown as BudgetRow[]).map((row) => inForce(budgetOf(row)))
    for (const each of this.#all) {
      const { kind, value } = each.budget.scope
      const ofKind = (this.#byScope[kind] ??= new Map<string, BudgetInForce[]>())
      const same = ofKind.get(value)
      if (same === undefined) ofKind.set(value, [each])
      else same.push(each)
    }
    this.#known = revision
    return true
  }

  /** To be told when this process changes them, in the transaction that does: that holds at once. */
  changed(): void {
    this.#seenIn = undefined
    this.#seenAt = -Infinity
  }

  get all(): readonly BudgetInForce[] {
    return this.#all
  }

  applyingTo({ provider, model, keyId, userId, projectId, agentId }: Spender): readonly BudgetInForce[] {
    if (this.#all.length === 0) return NONE
    const found: BudgetInForce[] = []
    const scopes = this.#byScope
    addTo(found, scopes.global, '')
    addTo(found, scopes.provider, provider)
    if (scopes.model !== undefined) addTo(found, scopes.model, `${provider}:${model}`)
    addTo(found, scopes.key, keyId)
    addTo(found, scopes.user, userId)
    addTo(found, scopes.project, projectId)
    addTo(found, scopes.agent, agentId)
    return found
  }
}

function addTo(
  found: BudgetInForce[],
  ofKind: ReadonlyMap<string, readonly BudgetInForce[]> | undefined,
  value: string | undefined,
): void {
  const same = value === undefined ? undefined : ofKind?.get(value)
  if (same !== undefined) for (const each of same) found.push(each)
}

function inForce(budget: Budget): BudgetInForce {
  let period: Period = { start: 0, end: 0 }
  return {
    budget,
    periodAt(now) {
      if (now < period.start || now >= period.end) period = periodAt(budget.window, budget.timeZone, now)
      return period
    },
  }
}

export const budgetOf = (row: BudgetRow): Budget => ({
  id: row.id,
  scope: { kind: row.scope_kind, value: row.scope_value },
  window: row.window,
  timeZone: row.time_zone,
  limitNano: row.limit_nano,
  limitTokens: row.limit_tokens,
  softRunTokens: row.soft_run_tokens,
  hardRunTokens: row.hard_run_tokens,
  alertThreshold: row.alert_threshold,
  unknownPrice: row.unknown_price,
  createdAt: row.created_at,
  changedAt: row.changed_at,
})
