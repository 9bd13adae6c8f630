import type { ProviderRequest, Warning } from '@plugboard/sdk'
import type { Unsubscribe } from '../../kernel/events.ts'
import { token } from '../../kernel/scope.ts'
import type { Prices } from '../cost/cost.ts'
import type { Nano } from '../cost/money.ts'
import type { LedgerEntry } from '../ledger/ledger.ts'

export const SCOPE_KINDS = ['global', 'provider', 'model', 'key', 'user', 'project', 'agent'] as const
export const BUDGET_WINDOWS = ['daily', 'monthly', 'total'] as const
export const UNKNOWN_PRICE_POLICIES = ['deny', 'estimate', 'allow'] as const

/** Whose calls a budget counts. `value` is an id; for a model `provider:model`; for `global` it is empty. */
export interface BudgetScope {
  readonly kind: (typeof SCOPE_KINDS)[number]
  readonly value: string
}

/** A scope in a sentence: `provider "openai"`. */
export const scopeText = ({ kind, value }: BudgetScope): string =>
  kind === 'global' ? 'all calls' : `${kind} "${value}"`

/** How long a budget counts before it starts at nothing again; days and months are those of its time zone. */
export type BudgetWindow = (typeof BUDGET_WINDOWS)[number]

/** What becomes of a call whose price is not known: refused, held and charged at an assumed high price, or let through. */
export type UnknownPricePolicy = (typeof UNKNOWN_PRICE_POLICIES)[number]

/** A limit that holds. `null` stands for none. */
export interface Budget {
  readonly id: string
  readonly scope: BudgetScope
  readonly window: BudgetWindow
  /** IANA name. */
  readonly timeZone: string
  /** Nano-dollars per window. */
  readonly limitNano: Nano | null
  /** Tokens per window, all kinds together. */
  readonly limitTokens: number | null
  /** A call that used more tokens carries a warning. */
  readonly softRunTokens: number | null
  /** A call that could use more tokens is refused. */
  readonly hardRunTokens: number | null
  /** Part of a limit, 0 to 1, at which `alert` is told. */
  readonly alertThreshold: number | null
  readonly unknownPrice: UnknownPricePolicy
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly changedAt: number
}

/**
 * What a budget should be. Left out: as it is, or for a new one UTC, no limits, alert at 0.8, unknown prices denied.
 * A budget needs at least one limit.
 */
export type BudgetSpec = Pick<Budget, 'scope' | 'window'> &
  Partial<Omit<Budget, 'id' | 'scope' | 'window' | 'createdAt' | 'changedAt'>>

export interface Amount {
  readonly nano: Nano
  readonly tokens: number
}

/** A stretch of time in milliseconds since 1970; `end` is the first moment after it, `Infinity` for a total. */
export interface Period {
  readonly start: number
  readonly end: number
}

/** A budget and where it stands in the window that runs now. */
export interface BudgetState extends Budget {
  readonly period: Period
  /** What calls that are over cost, also those made before the budget was set. */
  readonly spent: Amount
  /** The worst cases of the calls that run. */
  readonly held: Amount
  /** Spent beyond the limit: by calls that cost more than their worst case, or because the limit was lowered. */
  readonly overshoot: Amount
  readonly alerted: boolean
}

/** Whose money a call spends. */
export interface Spender {
  readonly provider: string
  /** Without its provider. */
  readonly model: string
  readonly keyId?: string | undefined
  readonly userId?: string | undefined
  readonly projectId?: string | undefined
  readonly agentId?: string | undefined
}

/** The most one call can use. */
export interface Bound {
  /** Nano-dollars; never less than the call will cost. */
  readonly nano: Nano | 'unknown'
  /** No provider counts more. */
  readonly inputTokens: number
  readonly outputTokens: number
  /** What most likely will be counted; for limits where a refusal without need does more harm than a few tokens. */
  readonly likelyInputTokens: number
}

/**
 * The most a request can use when its answer has at most `maxOutput` tokens, at the price of the moment `at` (default: now)
 * by `prices` (default: today's). Grows with `maxOutput`.
 */
export type WorstCase = (request: ProviderRequest, maxOutput: number, at?: number, prices?: Prices) => Bound

export const WorstCase = token<WorstCase>('worst-case')

export interface ReserveRequest {
  /** The id its ledger entry will have. */
  readonly id: string
  readonly spender: Spender
  /** Sizes of the answer to try, in tokens, the preferred one first; the first that can be paid is taken. */
  readonly sizes: readonly number[]
  /** Dollars this one call may cost at most. */
  readonly maxCost?: number | undefined
  /** The most the call can use when its answer holds so many tokens. */
  readonly bound: (maxOutput: number) => Bound
}

/** What one call has reserved on the budgets that apply to it: no lines when only its own limit does. */
export interface Hold {
  readonly id: string
  /** The size of the answer it pays for, in tokens. */
  readonly maxOutput: number
  /** Whether a longer answer would cost more than is held. */
  readonly binding: boolean
  readonly lines: readonly HoldLine[]
}

export interface HoldLine extends Amount {
  readonly budget: Budget
  readonly windowStart: number
}

/** The ledger entry of a call that is over, and what was reserved for it. */
export interface Booking {
  readonly entry: LedgerEntry
  readonly spender: Spender
  readonly hold?: Hold | undefined
  /** Tell when this one call cost so much. */
  readonly alertAt?: Nano | undefined
}

export interface BudgetEvents {
  /** Spending passed the threshold; once per window among all processes. */
  alert: BudgetState
  /** A call was charged more than it had reserved, and a limit is passed. */
  overshoot: { readonly budget: Budget; readonly callId: string; readonly charged: Amount; readonly held: Amount }
  /** A process died; what its calls held is free again. They may have cost up to `amounts`, which nothing has booked. */
  recovered: { readonly owner: string; readonly calls: readonly string[]; readonly amounts: readonly RecoveredAmount[] }
}

export interface RecoveredAmount extends Amount {
  readonly budgetId: string
}

/** What `verify` found. */
export interface BooksReport {
  readonly ok: boolean
  readonly problems: readonly { readonly code: string; readonly subject: string; readonly message: string }[]
  readonly checked: {
    readonly entries: number
    readonly balances: number
    readonly charges: number
    readonly holds: number
  }
}

/**
 * Hard limits on spending. A call reserves its worst case on every budget that applies, in one step, and is charged what
 * it cost in the step that books it; so spent + held never passes a limit, whatever runs at once and in how many processes.
 */
export interface Budgets {
  /**
   * Makes the budget of that scope and window, or changes it; takes effect with the next call of any process. Another
   * time zone replaces it by a new one. Calls already booked in the window count. Throws PlugboardError `BUDGET_INVALID`.
   */
  set(spec: BudgetSpec, actor?: string): Promise<Budget>
  /** The budget that was removed, if there was one. What is held on it is still settled. */
  remove(id: string, actor?: string): Promise<Budget | undefined>
  list(): readonly BudgetState[]
  /** Whether any budget counts this spender's calls at this moment. */
  appliesTo(spender: Spender): boolean
  /**
   * Reserves on every budget that applies, or on none and throws PlugboardError `BUDGET_EXCEEDED`, `BUDGET_HELD`,
   * `TOKEN_LIMIT`, `COST_LIMIT` or `PRICE_UNKNOWN`. Undefined when nothing limits the call.
   */
  reserve(request: ReserveRequest): Promise<Hold | undefined>
  /** Gives back what was reserved for a call that nobody was asked to answer. */
  release(hold: Hold): Promise<void>
  /** Writes the entry into the ledger and, in the same step, the charge in place of the hold. Resolves with warnings. */
  book(booking: Booking): Promise<readonly Warning[]>
  on<K extends keyof BudgetEvents>(event: K, listener: (payload: BudgetEvents[K]) => void): Unsubscribe
  /** Compares every balance with the entries and holds it must be the sum of. */
  verify(): BooksReport
}

export const Budgets = token<Budgets>('budgets')
