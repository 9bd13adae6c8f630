import type { StatementSync } from 'node:sqlite'
import type { Store } from '../store/store.ts'
import { BalanceRows } from './balance-rows.ts'
import type { Amount, Budget, Hold } from './budget.ts'
import { Holds, type HeldLine } from './holds.ts'

export interface Balance {
  readonly spent: Amount
  readonly held: Amount
  readonly alerted: boolean
}

/** What a booked call costs one budget. */
export interface Charge extends Amount {
  readonly budgetId: string
  readonly windowStart: number
  /** What the charge takes the place of; nothing when it was not reserved, or the hold had expired. */
  readonly held: Amount
}

export interface Charged {
  readonly alert: boolean
  readonly exhausted: boolean
  readonly over: boolean
}

export const NOTHING: Amount = { nano: 0, tokens: 0 }

/** Budgets' money: what is spent and held, and by which calls. Every method but `read` belongs into a transaction. */
export class Balances {
  readonly #rows: BalanceRows
  readonly #holds: Holds
  readonly #insertCharge: StatementSync

  constructor(store: Store) {
    this.#rows = new BalanceRows(store)
    this.#holds = new Holds(store.db)
    this.#insertCharge = store.db.prepare('INSERT INTO budget_charge (entry_id, estimated, lines) VALUES (?, ?, ?)')
  }

  /** Whether the amount fits beside what is spent and held. Nothing always fits: a free call costs no budget anything. */
  fits({ id, limitNano, limitTokens }: Budget, windowStart: number, { nano, tokens }: Amount): boolean {
    const row = this.#rows.at(id, windowStart)
    return (
      fitsIn(limitNano, row.spentNano + row.heldNano, nano) &&
      fitsIn(limitTokens, row.spentTokens + row.heldTokens, tokens)
    )
  }

  hold({ id, lines }: Hold, owner: string): void {
    for (const { budget, windowStart, nano, tokens } of lines) this.#addHeld(budget.id, windowStart, nano, tokens)
    this.#holds.put(id, owner, lines)
  }

  /** Takes a call's hold off the books; false when it had expired and somebody else did. The sums are left to the caller. */
  endHold(callId: string): boolean {
    return this.#holds.end(callId)
  }

  /** Gives back what a call holds, if it still holds it. */
  release({ id, lines }: Hold): void {
    if (!this.#holds.end(id)) return
    for (const { budget, windowStart, nano, tokens } of lines) this.#addHeld(budget.id, windowStart, -nano, -tokens)
  }

  /** Gives back all that an owner holds, and tells what it was. */
  releaseAll(owner: string): readonly HeldLine[] {
    const held = this.#holds.endAll(owner)
    for (const { budgetId, windowStart, nano, tokens } of held) this.#addHeld(budgetId, windowStart, -nano, -tokens)
    return held
  }

  /**
   * Books the charge in place of what was held. Tells whether that reached the threshold or a limit for the first time, and
   * whether it was more than was held and a limit is passed. The call's charges are kept by `keep`.
   */
  charge({ budgetId, windowStart, nano, tokens, held }: Charge, budget: Budget | undefined): Charged {
    const row = this.#rows.at(budgetId, windowStart)
    row.spentNano += BigInt(nano)
    row.spentTokens += BigInt(tokens)
    row.heldNano -= BigInt(held.nano)
    row.heldTokens -= BigInt(held.tokens)
    row.isChanged = true
    if (budget === undefined) return { alert: false, exhausted: false, over: false }
    const { limitNano, limitTokens, alertThreshold } = budget
    const alert =
      !row.alerted &&
      (reaches(row.spentNano, partOf(limitNano, alertThreshold)) ||
        reaches(row.spentTokens, partOf(limitTokens, alertThreshold)))
    const exhausted =
      !row.exhausted &&
      (reaches(row.spentNano, partOf(limitNano, 1)) || reaches(row.spentTokens, partOf(limitTokens, 1)))
    if (alert) row.alerted = true
    if (exhausted) row.exhausted = true
    const over =
      (nano > held.nano && passes(row.spentNano + row.heldNano, limitNano)) ||
      (tokens > held.tokens && passes(row.spentTokens + row.heldTokens, limitTokens))
    return { alert, exhausted, over }
  }

  /** Keeps what a call was charged, for those who check the sums. */
  keep(entryId: string, estimated: boolean, charges: readonly Charge[]): void {
    const lines = charges.map(({ budgetId, windowStart, nano, tokens, held }) => [
      budgetId,
      windowStart,
      nano,
      tokens,
      held.nano,
      held.tokens,
    ])
    this.#insertCharge.run(entryId, estimated ? 1 : 0, JSON.stringify(lines))
  }

  /** Notes that the money of a window is used up; true when nobody had noted it yet. */
  exhaust(budgetId: string, windowStart: number): boolean {
    const row = this.#rows.at(budgetId, windowStart)
    if (row.exhausted) return false
    row.exhausted = true
    row.isChanged = true
    return true
  }

  read(budgetId: string, windowStart: number): Balance {
    const row = this.#rows.look(budgetId, windowStart)
    return {
      spent: { nano: Number(row.spentNano), tokens: Number(row.spentTokens) },
      held: { nano: Number(row.heldNano), tokens: Number(row.heldTokens) },
      alerted: row.alerted,
    }
  }

  /** The calls that hold most on a budget. */
  holding(budgetId: string, windowStart: number, limit: number): string[] {
    return this.#holds.largest(budgetId, windowStart, limit)
  }

  /** Writes what this transaction has changed so far: to be called before it changes the table of balances in any other way. */
  write(): void {
    this.#rows.write()
  }

  #addHeld(budgetId: string, windowStart: number, nano: number, tokens: number): void {
    const row = this.#rows.at(budgetId, windowStart)
    row.heldNano += BigInt(nano)
    row.heldTokens += BigInt(tokens)
    row.isChanged = true
  }
}

const fitsIn = (limit: number | null, taken: bigint, amount: number): boolean =>
  limit === null || amount === 0 || (amount <= limit && taken + BigInt(amount) <= limit)

const passes = (taken: bigint, limit: number | null): boolean => limit !== null && taken > limit

const reaches = (spent: bigint, amount: number | null): boolean => amount !== null && spent >= amount

/** Of a limit, the amount at which its threshold is reached. Nothing is no part of nothing. */
export const partOf = (limit: number | null | undefined, part: number | null): number | null =>
  limit === null || limit === undefined || limit === 0 || part === null ? null : Math.ceil(limit * part)
