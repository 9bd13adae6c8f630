import type { Cost, Model, PriceTerms, Usage } from '@plugboard/sdk'
import { token } from '../../kernel/scope.ts'

/** Where a price came from, weakest first. */
export type PriceLayer = 'base' | 'manifest' | 'override'

/** As in a manifest, but a price list may hold no output price, as for embeddings: it is unknown then. */
export type Terms = Omit<PriceTerms, 'output'> & { readonly output?: string }

/** One exact price: enough to charge any usage again, to the nano-dollar. */
export interface PriceVersion {
  /** The layer and a hash of everything else here. */
  readonly id: string
  readonly layer: PriceLayer
  /** Free, or the terms in their shortest writing. */
  readonly price: 'free' | Terms
  /** What the host adds to the provider's price. */
  readonly markupPercent?: string
}

/** What a price depends on besides the tokens. */
export interface ChargeConditions {
  /** When the call began, in milliseconds since 1970. Default: now. */
  readonly at?: number
  /** The request was part of a provider's own batch. Default false. */
  readonly batch?: boolean
}

/** Tells what tokens cost. */
export interface Prices {
  /**
   * Nano-dollars per kind and in total; all `null` when the model's price is not known and there were tokens to pay. A call
   * without any tokens costs nothing. Never throws: it runs while a call is being settled.
   */
  costOf(model: Model, usage: Usage, conditions?: ChargeConditions): Cost
  /**
   * The price that holds for a model now, or at `at`; undefined when it is not known. Never throws. Without it charges name no
   * version, and estimates do not know of prices that depend on the size or kind of tokens.
   */
  priceOf?(model: Model, at?: number): PriceVersion | undefined
}

/** Prices that may change while calls run. */
export interface CostService extends Prices {
  /**
   * The prices as they are now, which no reload changes: what a call is reserved and charged by. Without it a call is charged
   * by what holds when it is over.
   */
  current?(): Prices
  /** Reads changeable sources again. Rejects with PlugboardError `PRICES_INVALID`, and then goes on with what it had. */
  reload?(): Promise<void>
}

export const CostService = token<CostService>('cost')

/** Every price that was ever charged, so that each charge can be checked and worked out again. */
export interface PriceVersions {
  /** Keeps a version. Returns at once, costs nothing when it is known, and never throws. */
  note(version: PriceVersion): void
  get(id: string): PriceVersion | undefined
}

export const PriceVersions = token<PriceVersions>('priceVersions')

/** What today's prices would make of a model's past calls. Amounts in nano-dollars. */
export interface RerateRow {
  readonly provider: string
  readonly model: string
  readonly calls: number
  /** Calls that would cost something else. */
  readonly changed: number
  /** Charged, and what would be; calls without a price are in neither. */
  readonly before: bigint
  readonly after: bigint
  readonly unpricedBefore: number
  readonly unpricedAfter: number
  /** Calls whose charge does not follow from the price it names: the ledger was changed, or arithmetic is broken. Never expected. */
  readonly inconsistent: number
}
