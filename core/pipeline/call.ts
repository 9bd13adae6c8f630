import {
  MessageBuilder,
  type Batch,
  type Context,
  type Cost,
  type FinishEvent,
  type GenerationOptions,
  type LlmError,
  type Model,
  type Usage,
  type Warning,
  type WireFields,
} from '@plugboard/sdk'
import type { Hold } from '../services/budget/budget.ts'
import type { Prices } from '../services/cost/cost.ts'

/** Who calls: what money, limits and the audit log are kept by. */
interface Caller {
  readonly keyId?: string | undefined
  readonly trackingId?: string | undefined
  readonly userId?: string | undefined
  readonly projectId?: string | undefined
  readonly agentId?: string | undefined
}

/** What is asked, before anything is decided about it. */
export interface CallRequest {
  /** As the caller wrote it, or a model it already has. */
  readonly model: string | Model
  readonly context: Context
  readonly options: GenerationOptions
  readonly stream: boolean
  readonly wire?: WireFields | undefined
  readonly caller: Caller
  /** Dollars it may cost at most. */
  readonly maxCost?: number | undefined
  /** Dollars at which its cost is told as an alert. */
  readonly costAlertThreshold?: number | undefined
}

/** How a call ended. */
export type Outcome =
  | { readonly status: 'completed'; readonly finish: FinishEvent }
  | { readonly status: 'failed'; readonly error: LlmError; readonly cause: unknown }
  | { readonly status: 'cancelled' }

/** What a call turned out to be; each part is filled in by the one who knows it. */
export interface CallFacts {
  target: Model | undefined
  /** The version of the plugin that serves it. */
  generation: string | undefined
  attempt: number
  /** What is reserved for it on budgets. */
  hold: Hold | undefined
  /** The longest answer that can be paid, in tokens, where the caller named none. */
  maxTokens: number | undefined
  /** What the caller should know about how it was answered. */
  warnings: readonly Warning[] | undefined
  /** Milliseconds from the start of the call to its first batch. */
  ttfbMs: number | undefined
  usage: Usage | undefined
  cost: Cost | undefined
  /** The time whose price counts, in milliseconds since 1970: when the call began. */
  pricedAt: number | undefined
  /** The prices it is reserved and charged by. */
  prices: Prices | undefined
  latencyMs: number | undefined
}

/** All of them from the start: an object that grows is copied again and again. */
const noFacts = (): CallFacts => ({
  target: undefined,
  generation: undefined,
  attempt: 1,
  hold: undefined,
  maxTokens: undefined,
  warnings: undefined,
  ttfbMs: undefined,
  usage: undefined,
  cost: undefined,
  pricedAt: undefined,
  prices: undefined,
  latencyMs: undefined,
})

/** One request on its way. */
export interface Call {
  readonly id: string
  readonly request: CallRequest
  /** Aborts when the caller leaves or the call must stop. Made when it is first asked for. */
  readonly signal: AbortSignal
  /** Set once the call must stop. */
  readonly stopped: { readonly reason: unknown } | undefined
  /** The cheap form of `signal`, for the pipeline itself; it lives as long as the call, so nobody unsubscribes. */
  whenStopped(tell: (reason: unknown) => void): void
  readonly facts: CallFacts
  /** What has been delivered so far. */
  readonly message: MessageBuilder
  /** Monotonic milliseconds at which it began. */
  readonly startedAt: number
  /** Sees every batch before it is delivered. Synchronous; must neither throw nor change the batch. */
  tap(see: (batch: Batch) => void): void
  /** Runs exactly once when the call is over, last registered first, before its last batch is delivered. */
  settled(done: (outcome: Outcome) => void | Promise<void>): void
}

export class LiveCall implements Call {
  readonly id: string
  /** Replaced only before anything is decided by it. */
  request: CallRequest
  readonly facts = noFacts()
  readonly message = new MessageBuilder()
  readonly startedAt: number
  #abort: AbortController | undefined
  #stopReason: { readonly reason: unknown } | undefined
  readonly #whenStopped: ((reason: unknown) => void)[] = []
  readonly #taps: ((batch: Batch) => void)[] = []
  readonly #done: ((outcome: Outcome) => void | Promise<void>)[] = []
  #settling: Promise<void> | undefined

  constructor(id: string, request: CallRequest, startedAt: number) {
    this.id = id
    this.request = request
    this.startedAt = startedAt
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#stopReason !== undefined) this.#abort.abort(this.#stopReason.reason)
    }
    return this.#abort.signal
  }

  get stopped(): { readonly reason: unknown } | undefined {
    return this.#stopReason
  }

  whenStopped(tell: (reason: unknown) => void): void {
    this.#whenStopped.push(tell)
  }

  tap(see: (batch: Batch) => void): void {
    this.#taps.push(see)
  }

  settled(done: (outcome: Outcome) => void | Promise<void>): void {
    this.#done.push(done)
  }

  /** Tells everybody to stop. The first reason counts. */
  stop(reason: unknown): void {
    if (this.#stopReason !== undefined) return
    this.#stopReason = { reason }
    for (const tell of this.#whenStopped) tell(reason)
    this.#abort?.abort(reason)
  }

  saw(batch: Batch): void {
    this.message.add(batch)
    for (const see of this.#taps) see(batch)
  }

  /** The first outcome counts; every later call waits for the same settlement. Rejects when it could not be recorded. */
  settle(outcome: Outcome): Promise<void> {
    return (this.#settling ??= this.#settle(outcome))
  }

  async #settle(outcome: Outcome): Promise<void> {
    let failure: unknown
    for (let at = this.#done.length - 1; at >= 0; at--) {
      const done = this.#done[at]
      try {
        const doing = done?.(outcome)
        if (doing !== undefined) await doing
      } catch (error) {
        // The others must be told all the same: a lease or a hold that is not given back stays for ever.
        failure ??= error
      }
    }
    if (failure !== undefined) throw failure
  }
}
