import { createRequire } from 'node:module'
import { PlugboardError, type AssistantMessage, type Context, type GenerationOptions, type Model } from '@plugboard/sdk'
import type { KernelEvents, Unsubscribe } from './kernel/events.ts'
import type { Kernel } from './kernel/kernel.ts'
import type { PluginInfo } from './kernel/plugin-info.ts'
import type { Scope } from './kernel/scope.ts'
import type { Engine } from './pipeline/engine.ts'
import { Alerts, Webhooks } from './services/alerts/alerts.ts'
import { Agents, spokenFor } from './services/agents/agents.ts'
import { AuditLog } from './services/audit/audit.ts'
import { Budgets } from './services/budget/budget.ts'
import { capabilitiesOf, tierOf, type Capabilities } from './services/capabilities/capabilities.ts'
import { Catalog, DEFAULT_MODEL } from './services/catalog/catalog.ts'
import { chooseModel, chosenModel } from './services/catalog/default-model.ts'
import { Clock } from './services/clock/clock.ts'
import { CostService, PriceVersions, type RerateRow } from './services/cost/cost.ts'
import { comparison, type Comparison } from './services/cost/estimate/compare.ts'
import { estimate, type Estimate, type EstimateOptions } from './services/cost/estimate/estimate.ts'
import { expected } from './services/cost/estimate/expected.ts'
import { typicalOutput } from './services/cost/estimate/typical-output.ts'
import { rerate } from './services/cost/rerate.ts'
import { KeyRing } from './services/keys/keys.ts'
import { Ledger } from './services/ledger/ledger.ts'
import { Logger } from './services/logger/logger.ts'
import { Providers } from './services/providers/providers.ts'
import { Measured } from './services/measured/measured.ts'
import { asked } from './services/recommend/asked.ts'
import { rank } from './services/recommend/rank.ts'
import type { RecommendRequest, Recommendation } from './services/recommend/recommend.ts'
import { Settings } from './services/settings/settings.ts'
import { TokenCounter } from './services/tokens/tokens.ts'
import { Vault } from './services/vault/vault.ts'
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
  /** Dollars; when the call cost as much, `alerts` and webhooks tell. */
  readonly costAlertThreshold?: number
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

  /**
   * Begins a call at once. Never throws: failures are the stream's last event. The model may be named in any way the
   * catalogue knows, `agent:NAME` and `default` among them; `undefined` is `default`.
   */
  stream(model: string | Model | undefined, context: Context, options: StreamOptions = {}): AnswerStream {
    return this.#call(model, context, options, true)
  }

  /** The whole message of what `stream` begins. Never rejects: look at its `stopReason` and `error`. */
  complete(
    model: string | Model | undefined,
    context: Context,
    options: StreamOptions = {},
  ): Promise<AssistantMessage> {
    return this.#call(model, context, options, false).result()
  }

  /** Named models with options and instructions of their own: `agent:NAME` stands wherever a model's name can stand. */
  get agents(): Agents {
    return this.#scope.get(Agents)
  }

  /** What `default` means, as `provider:model`: what the user chose, else the catalogue's choice; undefined without any. */
  get defaultModel(): string | undefined {
    const chosen = chosenModel(this.settings)
    if (chosen !== undefined) return chosen
    const first = this.catalog.defaultModel()
    return first === undefined ? undefined : `${first.provider}:${first.id}`
  }

  /**
   * Chooses the default model, for all processes on the data folder; undefined leaves it to the catalogue again. Resolves
   * with the model chosen. Rejects with PlugboardError like `catalog.resolve`, or `MODEL_INVALID` for an agent.
   */
  setDefaultModel(name: string | undefined, actor = 'system'): Promise<Model | undefined> {
    return chooseModel(name, actor, {
      catalog: this.catalog,
      settings: this.settings,
      audit: this.auditLog,
    })
  }

  get catalog(): Catalog {
    return this.#scope.get(Catalog)
  }

  /** What a model can do, by what its manifest or its server says. Rejects like `catalog.resolve`. */
  async capabilities(model: string | Model): Promise<Capabilities> {
    return capabilitiesOf(typeof model === 'string' ? await this.catalog.resolve(model) : model)
  }

  /** As the next three, a short form of `capabilities`: false also where nobody says. */
  async supportsTools(model: string | Model): Promise<boolean> {
    return (await this.capabilities(model)).tools
  }

  async supportsThinking(model: string | Model): Promise<boolean> {
    return (await this.capabilities(model)).thinking
  }

  async supportsVision(model: string | Model): Promise<boolean> {
    return (await this.capabilities(model)).vision
  }

  async supportsCodeExecution(model: string | Model): Promise<boolean> {
    return (await this.capabilities(model)).codeExecution === true
  }

  /**
   * Which of the models that can be called now suits a task, best first, and why; services/recommend/README.md tells how.
   * Rejects with PlugboardError `RECOMMEND_INVALID`.
   */
  async recommend(request: RecommendRequest): Promise<Recommendation> {
    const { prices, measured } = this
    const wanted = asked(request)
    const parts = { prices, counter: this.#scope.get(TokenCounter) }
    const candidates = (await this.catalog.list()).map((model) => ({
      model,
      tier: tierOf(model, prices),
      measured: measured.of(model),
      ...expected(parts, model, wanted.call),
    }))
    return rank(candidates, wanted, this.clock.now())
  }

  /** What models have shown lately: their latency, speed and failures. */
  get measured(): Measured {
    return this.#scope.get(Measured)
  }

  get prices(): CostService {
    return this.#scope.get(CostService)
  }

  /** What a call would cost, before it is made. Throws PlugboardError when there is no such model. */
  async estimate(model: string | Model, context: Context, options: EstimateOptions = {}): Promise<Estimate> {
    const asked =
      typeof model === 'string' ? spokenFor(this.agents, model, { context, options }) : { model, context, options }
    const target = typeof asked.model === 'string' ? await this.catalog.resolve(asked.model) : asked.model
    const usual = typicalOutput(this.ledger.entries({ limit: RECENT_CALLS }), target)
    const parts = { prices: this.prices, counter: this.counter }
    return estimate(parts, target, asked.context, asked.options, usual)
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

  /** What happened that somebody should know of, such as a budget that is nearly spent. */
  get alerts(): Alerts {
    return this.#scope.get(Alerts)
  }

  /** Endpoints that hear of alerts. */
  get webhooks(): Webhooks {
    return this.#scope.get(Webhooks)
  }

  /** What was used, by whom, what it cost, and where the month is heading. */
  get usage(): UsageReports {
    return this.#scope.get(UsageReports)
  }

  get keys(): KeyRing {
    return this.#scope.get(KeyRing)
  }

  /** Which providers there are and what is set for them. */
  get providers(): Providers {
    return this.#scope.get(Providers)
  }

  /** Settings that are one value each. */
  get settings(): Settings {
    return this.#scope.get(Settings)
  }

  /** Secrets, encrypted at rest. */
  get vault(): Vault {
    return this.#scope.get(Vault)
  }

  get auditLog(): AuditLog {
    return this.#scope.get(AuditLog)
  }

  get counter(): TokenCounter {
    return this.#scope.get(TokenCounter)
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

  #call(
    model: string | Model = DEFAULT_MODEL,
    context: Context,
    options: StreamOptions,
    stream: boolean,
  ): AnswerStream {
    const { signal, userId, projectId, trackingId, agentId, maxCost, costAlertThreshold, ...generation } = options
    const { clock } = this
    const caller = { userId, projectId, trackingId, agentId }
    const request = { model, context, options: generation, stream, caller, maxCost, costAlertThreshold }
    const running = this.engine.begin(request, signal)
    return new AnswerStream(running, () => clock.now())
  }
}
