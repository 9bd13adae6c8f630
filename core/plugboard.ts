import { createRequire } from 'node:module'
import { PlugboardError, type AssistantMessage, type Context, type GenerationOptions, type Model } from '@plugboard/sdk'
import type { KernelEvents, Unsubscribe } from './kernel/events.ts'
import type { Kernel } from './kernel/kernel.ts'
import type { PluginInfo } from './kernel/plugin-info.ts'
import type { Scope } from './kernel/scope.ts'
import type { Engine } from './pipeline/engine.ts'
import { AuditLog } from './services/audit/audit.ts'
import { Budgets } from './services/budget/budget.ts'
import { Catalog } from './services/catalog/catalog.ts'
import { Clock } from './services/clock/clock.ts'
import { CostService, PriceVersions, type RerateRow } from './services/cost/cost.ts'
import { comparison, type Comparison } from './services/cost/estimate/compare.ts'
import { estimate, type Estimate, type EstimateOptions } from './services/cost/estimate/estimate.ts'
import { typicalOutput } from './services/cost/estimate/typical-output.ts'
import { rerate } from './services/cost/rerate.ts'
import { KeyRing } from './services/keys/keys.ts'
import { Ledger } from './services/ledger/ledger.ts'
import { Logger } from './services/logger/logger.ts'
import { TokenCounter } from './services/tokens/tokens.ts'
import { UsageReports } from './services/usage/usage.ts'
import { AnswerStream } from './surfaces/library/answer-stream.ts'

export const { version } = createRequire(import.meta.url)('./package.json') as { version: string }

/** Calls whose answers tell how long the next one will likely be. */
const RECENT_CALLS = 200

export interface StreamOptions extends GenerationOptions {
  readonly signal?: AbortSignal
  /** Whom the ledger books the call to. */
  readonly userId?: string
  readonly projectId?: string
  readonly trackingId?: string
  /** Whose budget counts the call, beside those of its user and project. */
  readonly agentId?: string
  /** Dollars the call may cost at most; it is refused before anything is sent when it may cost more. */
  readonly maxCost?: number
}

/** A running Plugboard: plugins, services, and calls to models. Dispose it when done. */
export class Plugboard implements AsyncDisposable {
  readonly version = version
  readonly #scope: Scope
  readonly #kernel: Kernel
  readonly engine: Engine

  constructor(scope: Scope, kernel: Kernel, engine: Engine) {
    this.#scope = scope
    this.#kernel = kernel
    this.engine = engine
  }

  get plugins(): readonly PluginInfo[] {
    return this.#kernel.plugins
  }

  /**
   * Looks at a plugin's files again, also when they were refused before. A version that serves and has not changed goes on.
   * Undefined when there is no plugin of that id.
   */
  reloadPlugin(id: string): Promise<PluginInfo | undefined> {
    return this.#kernel.reload(id)
  }

  on<K extends keyof KernelEvents>(event: K, listener: (payload: KernelEvents[K]) => void): Unsubscribe {
    return this.#kernel.events.on(event, listener)
  }

  /** A model by provider and id. Throws PlugboardError with candidates when there is none. */
  async getModel(provider: string, id: string): Promise<Model> {
    return this.catalog.get(provider, id)
  }

  /** Begins a call at once. Never throws: failures are the stream's last event. */
  stream(model: string | Model, context: Context, options: StreamOptions = {}): AnswerStream {
    return this.#call(model, context, options, true)
  }

  /** The whole message. Never rejects: look at its `stopReason` and `error`. */
  complete(model: string | Model, context: Context, options: StreamOptions = {}): Promise<AssistantMessage> {
    return this.#call(model, context, options, false).result()
  }

  get catalog(): Catalog {
    return this.#scope.get(Catalog)
  }

  get prices(): CostService {
    return this.#scope.get(CostService)
  }

  /** What a call would cost, before it is made. Throws PlugboardError when there is no such model. */
  async estimate(model: string | Model, context: Context, options: EstimateOptions = {}): Promise<Estimate> {
    const target = typeof model === 'string' ? await this.catalog.resolve(model) : model
    const usual = typicalOutput(this.ledger.entries({ limit: RECENT_CALLS }), target)
    return estimate({ prices: this.prices, counter: this.#scope.get(TokenCounter) }, target, context, options, usual)
  }

  /** What the same call would cost more or less on the second model. */
  async compare(
    from: string | Model,
    to: string | Model,
    context: Context,
    options: EstimateOptions = {},
  ): Promise<Comparison> {
    return comparison(await this.estimate(from, context, options), await this.estimate(to, context, options))
  }

  /** What today's prices would make of the calls since a time in milliseconds since 1970. Changes nothing. */
  rerate(since = 0): Promise<readonly RerateRow[]> {
    const { ledger, prices, catalog } = this
    return rerate({ ledger, prices, catalog, versions: this.#scope.get(PriceVersions) }, since)
  }

  /**
   * Reads `prices.json` again; calls that begin from now on are charged by it. Rejects with PlugboardError `PRICES_INVALID`,
   * and the prices from before stay.
   */
  async reloadPrices(): Promise<void> {
    await this.prices.reload?.()
    await this.auditLog.record({ action: 'prices_reloaded', subject: 'prices', actor: 'system', details: {} })
  }

  get ledger(): Ledger {
    return this.#scope.get(Ledger)
  }

  /** Limits on spending that hold. */
  get budgets(): Budgets {
    return this.#scope.get(Budgets)
  }

  /** What was used, by whom, what it cost, and where the month is heading. */
  get usage(): UsageReports {
    return this.#scope.get(UsageReports)
  }

  get keys(): KeyRing {
    return this.#scope.get(KeyRing)
  }

  get auditLog(): AuditLog {
    return this.#scope.get(AuditLog)
  }

  get logger(): Logger {
    return this.#scope.get(Logger)
  }

  get clock(): Clock {
    return this.#scope.get(Clock)
  }

  /** Stops what still runs, gives every plugin back what it holds, closes the database. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.engine.stopAll(
      new PlugboardError('SHUTTING_DOWN', 'Plugboard is shutting down.', { hint: 'Ask again when it is back.' }),
    )
    await this.engine.idle()
    await this.#kernel[Symbol.asyncDispose]()
    await this.#scope[Symbol.asyncDispose]()
  }

  #call(model: string | Model, context: Context, options: StreamOptions, stream: boolean): AnswerStream {
    const { signal, userId, projectId, trackingId, agentId, maxCost, ...generation } = options
    const { clock } = this
    const caller = { userId, projectId, trackingId, agentId }
    const running = this.engine.begin({ model, context, options: generation, stream, caller, maxCost }, signal)
    return new AnswerStream(running, () => clock.now())
  }
}
