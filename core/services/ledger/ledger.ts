import type { Cost, ErrorClass, Usage } from '@plugboard/sdk'
import { token } from '../../kernel/scope.ts'

/** One attempt of one call, as it was settled. Never changed afterwards. */
export interface LedgerEntry {
  /** The call's id; with several attempts `<id>.<attempt>`. Grows with time. */
  readonly id: string
  /** When it was settled, in milliseconds since 1970. */
  readonly at: number
  readonly keyId: string | undefined
  /** The caller's own name for the run the call belongs to. */
  readonly trackingId: string | undefined
  readonly userId: string | undefined
  readonly projectId: string | undefined
  readonly agentId?: string | undefined
  readonly provider: string
  readonly model: string
  /** The version of the plugin that served it. */
  readonly generation: string | undefined
  readonly attempt: number
  readonly outcome: 'completed' | 'failed' | 'cancelled'
  readonly errorClass: ErrorClass | undefined
  readonly usage: Usage
  /** Nano-dollars; `null` where the price is not known. */
  readonly cost: Cost
  /** The time whose price was charged, in milliseconds since 1970: when the call began. */
  readonly pricedAt?: number | undefined
  /** It was part of a provider's own batch and had its discount. */
  readonly batch?: boolean
  readonly latencyMs: number
  readonly ttfbMs: number | undefined
  readonly streamed: boolean
}

export interface LedgerTotals {
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** Nano-dollars of all entries with a known price. */
  readonly nano: bigint
  /** Entries whose price was not known; their cost is in no sum. */
  readonly unpriced: number
}

export interface LedgerQuery {
  /** Default 100. */
  readonly limit?: number
  /** The entry of this id alone. Looked for from the newest on, some 100 ms for each million of entries. */
  readonly id?: string
  /** Settled at this time, in milliseconds since 1970, or later. */
  readonly since?: number
  /** Booked before the entry of this id, which ended the page before; nothing when there is no such entry. */
  readonly before?: string
}

/** Every call and what it cost. Append-only. */
export interface Ledger {
  /**
   * Resolves when the entry survives the death of the process. `alongside` runs in the same transaction, after the entry:
   * both are kept or neither. It may run more than once, so it must only touch the database. Rejects when the entry was not
   * written. Nobody looks whether its id stands in the ledger already: an entry is recorded once, and again only when
   * `booked` says that it is not there.
   */
  record(entry: LedgerEntry, alongside?: () => void): Promise<void>
  /** The last booked first. */
  entries(query?: LedgerQuery): readonly LedgerEntry[]
  /** Which of these ids have an entry. Reads every id of the ledger, once for all that are asked for. */
  booked(ids: readonly string[]): ReadonlySet<string>
  totals(): LedgerTotals
}

export const Ledger = token<Ledger>('ledger')
