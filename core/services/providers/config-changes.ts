import { PlugboardError } from '@plugboard/sdk'
import type { Kernel } from '../../kernel/kernel.ts'
import { errorOf, type PluginProblem } from '../../kernel/plugin-info.ts'
import type { AuditAction, AuditLog } from '../audit/audit.ts'
import type { Clock } from '../clock/clock.ts'
import type { Logger } from '../logger/logger.ts'
import { unsaved } from './config-table.ts'
import type { Configurations } from './configurations.ts'
import { draftOf, type Planned } from './draft.ts'
import type { ProviderChanges, ProviderInfo } from './providers.ts'

/** How often a look is taken whether another process changed a configuration. */
const LOOK_MS = 1_000
/** A save that other processes were faster than is made anew on top of theirs, so often. */
const MAX_TRIES = 5

export interface ConfigChangesParts {
  readonly kernel: Kernel
  readonly configs: Configurations
  readonly audit: AuditLog
  readonly log: Logger
  readonly clock: Clock
  readonly describe: (id: string) => ProviderInfo | undefined
  /** As `describe`, but says why when there is none. */
  readonly require: (id: string) => ProviderInfo
  /** A configuration, also another process's, is in force. */
  readonly configured: (id: string) => void
}

/** Keeps what is saved and what serves one and the same. Changes are made one after the other. */
export class ConfigChanges implements Disposable {
  readonly #parts: ConfigChangesParts
  #last: Promise<unknown> = Promise.resolve()
  #looking: NodeJS.Timeout | undefined

  constructor(parts: ConfigChangesParts) {
    this.#parts = parts
  }

  /** Keeps up with other processes. */
  follow(): void {
    this.#looking = setInterval(() => this.#look(), LOOK_MS)
    this.#looking.unref()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#looking)
  }

  save(id: string, changes: ProviderChanges, actor: string): Promise<void> {
    return this.#alone(async () => {
      for (let tries = 1; !(await this.#applyAll(this.#plan(id, changes), actor)); tries++) {
        if (tries === MAX_TRIES) throw busy(id)
        await this.#catchUp()
      }
      if (changes.enabled !== undefined) await this.#switch(id, changes.enabled, actor)
    })
  }

  remove(id: string, actor: string): Promise<boolean> {
    return this.#alone(async () => {
      const { kernel, configs, require } = this.#parts
      require(id)
      const keys = configs.secretNames(id)
      if (configs.get(id) === undefined && keys.length === 0) return false
      await configs.remove(id)
      kernel.disable(configs.disabled)
      await this.#serve(id)
      if (keys.length > 0) this.#note('credentials_removed', id, actor, { keys })
      this.#note('provider_removed', id, actor, {})
      return true
    })
  }

  switch(id: string, enabled: boolean, actor: string): Promise<void> {
    return this.#alone(() => this.#switch(id, enabled, actor))
  }

  /** One after the other, each on top of what other processes have saved by then. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(async () => {
      await this.#catchUp()
      return work()
    })
    this.#last = run.catch(() => undefined)
    return run
  }

  #look(): void {
    const { configs, log } = this.#parts
    try {
      if (!configs.stale) return
    } catch (error) {
      return log.error('saved configurations cannot be read', { error })
    }
    this.#alone(() => Promise.resolve()).catch((error: unknown) =>
      log.error('a saved configuration could not be put in force', { error }),
    )
  }

  /** Puts in force what other processes saved. */
  async #catchUp(): Promise<void> {
    const { configs, kernel, configured } = this.#parts
    const changed = configs.refresh()
    kernel.disable(configs.disabled)
    await Promise.all(changed.map((id) => this.#serve(id)))
    changed.forEach(configured)
  }

  #plan(id: string, changes: ProviderChanges): readonly Planned[] {
    const { kernel, configs, clock, describe, require } = this.#parts
    const known = changes.type === undefined ? require(id) : describe(id)
    return draftOf(id, changes, { kernel, configs, known, now: clock.now() })
  }

  async #applyAll(planned: readonly Planned[], actor: string): Promise<boolean> {
    for (const each of planned) if (!(await this.#apply(each, actor))) return false
    return true
  }

  /** Serves with the draft and saves it, or changes nothing. False when another process was faster. */
  async #apply(planned: Planned, actor: string): Promise<boolean> {
    const { configs, configured } = this.#parts
    const { id, draft } = planned
    let isSaved = false
    configs.draft(id, draft)
    try {
      const problem = await this.#serve(id)
      if (problem !== undefined) throw errorOf(problem)
      isSaved = await configs.save(id)
    } finally {
      configs.settle(id)
      if (!isSaved) await this.#serve(id)
    }
    if (!isSaved) return false
    this.#noteAll(planned, actor)
    configured(id)
    return true
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

  async #switch(id: string, enabled: boolean, actor: string): Promise<void> {
    const { kernel, configs, clock, require } = this.#parts
    const { type } = require(id)
    if (configs.host(id)?.enabled !== undefined)
      throw new PlugboardError('PROVIDER_HOST_OWNED', `Whether "${id}" is enabled is set by the program around it.`, {
        hint: 'Change it there.',
      })
    if (configs.isEnabled(id) === enabled) return
    const now = clock.now()
    const before = configs.get(id) ?? unsaved(id, type, now)
    await configs.switch({ ...before, enabled, updatedAt: now })
    kernel.disable(configs.disabled)
    this.#note(enabled ? 'provider_enabled' : 'provider_disabled', id, actor, {})
  }

  /** Names of settings only: an address may hold a password. */
  #noteAll({ id, draft: { config, removed }, added, updated }: Planned, actor: string): void {
    const notes = [
      ['credentials_added', added],
      ['credentials_updated', updated],
      ['credentials_removed', [...removed]],
    ] as const
    for (const [action, keys] of notes) if (keys.length > 0) this.#note(action, id, actor, { keys })
    this.#note('provider_configured', id, actor, { type: config.type, settings: Object.keys(config.settings) })
  }

  #note(action: AuditAction, subject: string, actor: string, details: Readonly<Record<string, unknown>>): void {
    const { audit, log } = this.#parts
    audit
      .record({ action, subject, actor, details })
      .catch((error: unknown) => log.error('the audit log could not be written', { error }))
  }
}

const busy = (id: string): PlugboardError =>
  new PlugboardError('PROVIDER_BUSY', `Other processes keep saving the settings of "${id}".`, { hint: 'Try again.' })
