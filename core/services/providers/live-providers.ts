import { PlugboardError, type Provider, type ProviderDeclaration } from '@plugboard/sdk'
import { kernelError } from '../../kernel/errors.ts'
import { Events, type Unsubscribe } from '../../kernel/events.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { PluginProblem } from '../../kernel/plugin-info.ts'
import { nearest } from '../../kernel/schema.ts'
import type { AuditAction, AuditLog } from '../audit/audit.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Clock } from '../clock/clock.ts'
import type { Logger } from '../logger/logger.ts'
import { unsaved, type ConfigTable } from './config-table.ts'
import type { Configurations, Draft } from './configurations.ts'
import { describeAll, type DescriptionParts } from './describe.ts'
import { draftOf, type Planned } from './draft.ts'
import type {
  ProviderChanges,
  ProviderEvents,
  ProviderInfo,
  Providers,
  ValidateOptions,
  Validation,
} from './providers.ts'
import { testConnection, type TestParts } from './test-connection.ts'

/** How often a look is taken whether another process changed a configuration. */
const LOOK_MS = 1_000

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

/** Saved configurations and what serves with them, kept as one. Changes are made one after the other. */
export class LiveProviders implements Providers, Disposable {
  readonly #parts: LiveProvidersParts
  readonly #events: Events<ProviderEvents>
  readonly #validations = new Map<string, Validation>()
  readonly #description: DescriptionParts
  #last: Promise<unknown> = Promise.resolve()
  #looking: NodeJS.Timeout | undefined

  constructor(parts: LiveProvidersParts) {
    this.#parts = parts
    const { kernel, configs, table, catalog, log } = parts
    this.#events = new Events((error, event) => log.error(`a listener of "${event}" failed`, { error }))
    this.#description = {
      kernel,
      configs,
      table,
      countModels: (id) => catalog.count?.(id) ?? 0,
      lastValidation: (id) => this.#validations.get(id),
    }
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
    if (!follow) return
    this.#looking = setInterval(() => this.#look(), LOOK_MS)
    this.#looking.unref()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#looking)
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
    return this.list().find((provider) => provider.id === id)
  }

  save(id: string, changes: ProviderChanges, actor = 'system'): Promise<ProviderInfo> {
    return this.#alone(async () => {
      const planned = this.#plan(id, changes)
      // Providers of one plugin share its settings, which stand under the plugin's own id.
      for (const part of planned) await this.#apply(part, actor)
      if (changes.enabled !== undefined) await this.#switch(id, changes.enabled, actor)
      return this.#require(id)
    })
  }

  remove(id: string, actor = 'system'): Promise<boolean> {
    return this.#alone(async () => {
      const { kernel, configs } = this.#parts
      this.#require(id)
      const before = configs.get(id)
      const secrets = configs.secretNames(id)
      if (before === undefined && secrets.length === 0) return false
      await configs.save(id, { config: undefined, secrets: new Map(), removed: new Set(secrets) })
      kernel.disable(configs.disabled)
      await this.#serve(id)
      this.#validations.delete(id)
      if (secrets.length > 0) this.#note('credentials_removed', id, actor, { keys: secrets })
      this.#note('provider_removed', id, actor, {})
      return true
    })
  }

  enable(id: string, actor = 'system'): Promise<ProviderInfo> {
    return this.#alone(() => this.#switch(id, true, actor))
  }

  disable(id: string, actor = 'system'): Promise<ProviderInfo> {
    return this.#alone(() => this.#switch(id, false, actor))
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

  /** One change after the other, each on top of what other processes have saved by then. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(async () => {
      await this.#catchUp()
      return work()
    })
    this.#last = run.catch(() => undefined)
    return run
  }

  #look(): void {
    try {
      if (!this.#parts.configs.stale) return
    } catch (error) {
      return this.#parts.log.error('saved configurations cannot be read', { error })
    }
    this.#alone(() => Promise.resolve()).catch((error: unknown) =>
      this.#parts.log.error('a saved configuration could not be put in force', { error }),
    )
  }

  /** Puts in force what other processes saved. */
  async #catchUp(): Promise<void> {
    const { configs, kernel } = this.#parts
    const changed = configs.refresh()
    kernel.disable(configs.disabled)
    await Promise.all(changed.map((id) => this.#serve(id)))
    for (const id of changed) this.#events.emit('configured', { id })
  }

  #plan(id: string, changes: ProviderChanges): readonly Planned[] {
    const { kernel, configs } = this.#parts
    const known = this.get(id)
    if (known === undefined && changes.type === undefined) throw this.#unknown(id)
    return draftOf(id, changes, { kernel, configs, known, now: this.#parts.clock.now() })
  }

  /** Serves with the draft and saves it, or changes nothing. */
  async #apply({ id, draft, added, updated }: Planned, actor: string): Promise<void> {
    const { configs } = this.#parts
    configs.draft(id, draft)
    try {
      const problem = await this.#serve(id)
      if (problem !== undefined) throw refusedFor(problem)
      await configs.save(id, draft)
    } catch (error) {
      configs.settle(id)
      await this.#serve(id)
      throw error
    }
    configs.settle(id)
    const removed = [...draft.removed]
    if (added.length > 0) this.#note('credentials_added', id, actor, { keys: added })
    if (updated.length > 0) this.#note('credentials_updated', id, actor, { keys: updated })
    if (removed.length > 0) this.#note('credentials_removed', id, actor, { keys: removed })
    this.#note('provider_configured', id, actor, configured(draft))
    this.#events.emit('configured', { id })
  }

  /** Makes what serves under an id follow its configuration. What is wrong with that configuration, if anything. */
  async #serve(id: string): Promise<PluginProblem | undefined> {
    const { kernel, configs } = this.#parts
    const type = configs.instanceType(id)
    if (type === undefined && kernel.instances.has(id)) await kernel.instances.remove(id)
    else if (type !== undefined && !kernel.instances.has(id)) await kernel.instances.add(id, type)
    else await kernel.lifecycle(id)?.reconfigure()
    const problem = kernel.instances.problem(id) ?? kernel.lifecycle(id)?.info.problem
    // What was taken away must not go on serving because nothing can serve without it.
    if (problem !== undefined && configs.get(id) === undefined) await kernel.lifecycle(id)?.restart()
    return problem
  }

  async #switch(id: string, enabled: boolean, actor: string): Promise<ProviderInfo> {
    const { kernel, configs, clock } = this.#parts
    const { type } = this.#require(id)
    if (configs.host(id)?.enabled !== undefined)
      throw new PlugboardError('PROVIDER_HOST_OWNED', `Whether "${id}" is enabled is set by the program around it.`, {
        hint: 'Change it there.',
      })
    if (configs.isEnabled(id) !== enabled) {
      const now = clock.now()
      const before = configs.get(id) ?? unsaved(id, type, now)
      const config = { ...before, enabled, updatedAt: now }
      await configs.save(id, { config, secrets: new Map(), removed: new Set() })
      kernel.disable(configs.disabled)
      this.#note(enabled ? 'provider_enabled' : 'provider_disabled', id, actor, {})
    }
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
      : refusedFor(problem)
  }

  #note(action: AuditAction, subject: string, actor: string, details: Readonly<Record<string, unknown>>): void {
    const { audit, log } = this.#parts
    audit
      .record({ action, subject, actor, details })
      .catch((error: unknown) => log.error('the audit log could not be written', { error }))
  }
}

/** Names of settings only: an address may hold a password. */
const configured = ({ config }: Draft): Readonly<Record<string, unknown>> => ({
  type: config?.type,
  settings: Object.keys(config?.settings ?? {}),
})

const refusedFor = ({ code, message, hint, findings }: PluginProblem): PlugboardError =>
  new PlugboardError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(findings === undefined ? {} : { details: { findings } }),
  })
