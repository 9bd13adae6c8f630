import { PlugboardError, type Provider, type ProviderDeclaration } from '@plugboard/sdk'
import { kernelError } from '../../kernel/errors.ts'
import { Events, type Unsubscribe } from '../../kernel/events.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { errorOf } from '../../kernel/plugin-info.ts'
import { nearest } from '../../kernel/schema.ts'
import type { AuditLog } from '../audit/audit.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Clock } from '../clock/clock.ts'
import type { Logger } from '../logger/logger.ts'
import { ConfigChanges } from './config-changes.ts'
import type { ConfigTable } from './config-table.ts'
import type { Configurations } from './configurations.ts'
import { describeAll, describeOne, type DescriptionParts } from './describe.ts'
import type {
  ProviderChanges,
  ProviderEvents,
  ProviderInfo,
  Providers,
  ValidateOptions,
  Validation,
} from './providers.ts'
import { testConnection, type TestParts } from './test-connection.ts'

export interface LiveProvidersParts {
  readonly kernel: Kernel
  readonly configs: Configurations
  readonly table: ConfigTable
  readonly catalog: Catalog
  readonly audit: AuditLog
  readonly log: Logger
  readonly clock: Clock
  /** Makes a request that is booked. */
  readonly ask: TestParts['ask']
}

export class LiveProviders implements Providers, Disposable {
  readonly #parts: LiveProvidersParts
  readonly #changes: ConfigChanges
  readonly #events: Events<ProviderEvents>
  readonly #validations = new Map<string, Validation>()
  readonly #description: DescriptionParts

  constructor(parts: LiveProvidersParts) {
    const { kernel, configs, table, catalog, audit, log, clock } = parts
    this.#parts = parts
    this.#events = new Events((error, event) => log.error(`a listener of "${event}" failed`, { error }))
    this.#description = {
      kernel,
      configs,
      table,
      countModels: (id) => catalog.count?.(id) ?? 0,
      lastValidation: (id) => this.#validations.get(id),
    }
    this.#changes = new ConfigChanges({
      kernel,
      configs,
      audit,
      log,
      clock,
      describe: (id) => this.get(id),
      require: (id) => this.#require(id),
      configured: (id) => this.#events.emit('configured', { id }),
    })
  }

  /** Before the plugins are loaded: nothing that is disabled may be found in between. */
  prepare(): void {
    this.#parts.configs.refresh()
    this.#parts.kernel.disable(this.#parts.configs.disabled)
  }

  /** After the plugins are loaded: makes the instances and, with `follow`, keeps up with other processes. */
  async start(follow: boolean): Promise<void> {
    const { kernel, configs } = this.#parts
    await Promise.all(configs.instances.map((id) => kernel.instances.add(id, configs.instanceType(id) ?? id)))
    if (follow) this.#changes.follow()
  }

  [Symbol.dispose](): void {
    this.#changes[Symbol.dispose]()
  }

  list(): readonly ProviderInfo[] {
    return describeAll(this.#description)
  }

  listEnabled(): readonly ProviderInfo[] {
    return this.list().filter(({ enabled }) => enabled)
  }

  available(): readonly ProviderInfo[] {
    return this.list().filter(({ state }) => state === 'ready')
  }

  get(id: string): ProviderInfo | undefined {
    return describeOne(id, this.#description)
  }

  async save(id: string, changes: ProviderChanges, actor = 'system'): Promise<ProviderInfo> {
    await this.#changes.save(id, changes, actor)
    return this.#require(id)
  }

  async remove(id: string, actor = 'system'): Promise<boolean> {
    const isRemoved = await this.#changes.remove(id, actor)
    this.#validations.delete(id)
    return isRemoved
  }

  enable(id: string, actor = 'system'): Promise<ProviderInfo> {
    return this.#switched(id, true, actor)
  }

  disable(id: string, actor = 'system'): Promise<ProviderInfo> {
    return this.#switched(id, false, actor)
  }

  async validate(id: string, options: ValidateOptions = {}): Promise<Validation> {
    const { kernel, clock, catalog, ask, table, log } = this.#parts
    const contribution = kernel.registry.plugged(id)
    if (contribution === undefined) throw this.#notServing(id)
    const model: TestParts['model'] = async ({ declaration: { defaultModel, models = [] } }) => {
      const first = defaultModel ?? models[0]?.id
      if (first !== undefined) return catalog.get(id, first)
      throw new PlugboardError('MODEL_NOT_FOUND', `The provider "${id}" has no model to try.`, {
        hint: 'Name a default model in its manifest.',
      })
    }
    const validation = await testConnection(contribution, { clock, ask, model }, options)
    this.#validations.set(id, validation)
    if (validation.ok)
      await table
        .noteValidated(id, contribution.type, validation.at)
        .catch((error: unknown) => log.error('a validation could not be kept', { provider: id, error }))
    this.#events.emit('validated', { id, validation })
    return validation
  }

  async validateAll(): Promise<Readonly<Record<string, Validation>>> {
    const ids = this.available().map(({ id }) => id)
    const results = await Promise.all(ids.map(async (id) => [id, await this.validate(id)] as const))
    for (const [id, validation] of results)
      if (!validation.ok) {
        const details = { provider: id, class: validation.error.class }
        // Local servers are on offer whether they run or not.
        if (validation.action === 'start_server') this.#parts.log.info(validation.message, details)
        else this.#parts.log.warn(validation.message, details)
      }
    return Object.fromEntries(results)
  }

  register(declaration: ProviderDeclaration, provider: Provider): void {
    this.#parts.kernel.hostProviders.register(declaration, provider)
  }

  unregister(id: string): boolean {
    return this.#parts.kernel.hostProviders.unregister(id)
  }

  on<K extends keyof ProviderEvents>(event: K, listener: (payload: ProviderEvents[K]) => void): Unsubscribe {
    return this.#events.on(event, listener)
  }

  async #switched(id: string, enabled: boolean, actor: string): Promise<ProviderInfo> {
    await this.#changes.switch(id, enabled, actor)
    return this.#require(id)
  }

  #require(id: string): ProviderInfo {
    const found = this.get(id)
    if (found === undefined) throw this.#unknown(id)
    return found
  }

  #unknown(id: string): PlugboardError {
    const candidates = this.list().map((provider) => provider.id)
    const near = nearest(id, candidates)
    const question = near === undefined ? '' : ` Did you mean "${near}"?`
    return kernelError('PROVIDER_UNKNOWN', `There is no provider "${id}".${question}`, {
      hint: '`plugboard providers list` shows them; a further instance of one needs its type.',
      details: { provider: id, candidates },
    })
  }

  #notServing(id: string): PlugboardError {
    const { problem } = this.#require(id)
    return problem === undefined
      ? kernelError('PROVIDER_UNPLUGGED', `The provider "${id}" does not serve.`)
      : errorOf(problem)
  }
}
