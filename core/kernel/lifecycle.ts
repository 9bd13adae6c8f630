import type { MadeProvider } from './contributions.ts'
import type { PluginSource } from './discovery.ts'
import { kernelError } from './errors.ts'
import { fingerprint } from './fingerprint.ts'
import type { Drained, Generation } from './generation.ts'
import { knownAs, type InstanceOf } from './known-as.ts'
import type { LifecycleHost, OwnSettings } from './lifecycle-host.ts'
import { problemOf, type PluginInfo, type PluginProblem, type PluginState } from './plugin-info.ts'
import type { Settings } from './settings.ts'
import { describePlugin, makeVersion, openVersion, type Described, type Version, type VersionName } from './version.ts'

interface Serving extends Described, Version {
  readonly source: PluginSource
  readonly hash: string
  readonly settings: Settings
  readonly revision: number
}

/** Files that change during so many loads in a row are being written by the load itself. */
const MAX_UNSTEADY = 3

/**
 * One plugin through all its versions. Changes are worked off one after the other, newest wins: a version is built aside,
 * swapped in with one synchronous step, and the former one is disposed when its last call is over.
 */
export class Lifecycle {
  readonly id: string
  /** Its own id, except for an instance. */
  readonly pluginId: string
  readonly instance: InstanceOf | undefined
  readonly #host: LifecycleHost
  #described: Described | undefined
  /** Versions of the same files with other settings. */
  #resettings = 0
  #source: PluginSource | undefined
  #serving: Serving | undefined
  #state: PluginState = 'found'
  #problem: PluginProblem | undefined
  /** The last content and settings that were refused, so that a touched file does not load them again. */
  #refused: string | undefined
  /** A module that threw while it was evaluated stays failed under its URL, so every new try needs a new one. */
  #tries = 0
  /** Loads in a row during which the files changed. */
  #unsteady = 0
  #changed = false
  #work: Promise<void> | undefined
  readonly #draining = new Map<Generation, Promise<void>>()

  constructor(id: string, source: PluginSource, host: LifecycleHost, instance?: InstanceOf) {
    this.id = id
    this.pluginId = source.id
    this.instance = instance
    this.#source = source
    this.#host = host
  }

  /** Where its files lie; undefined when they are gone. */
  get source(): PluginSource | undefined {
    return this.#source
  }

  get described(): Described | undefined {
    return this.#described
  }

  /** Those of the version that serves. */
  get settings(): Settings | undefined {
    return this.#serving?.settings
  }

  get info(): PluginInfo {
    const serving = this.#serving
    const source = serving?.source ?? this.#source
    return {
      id: this.id,
      name: serving?.manifest.name ?? this.id,
      version: serving?.manifest.version,
      origin: source?.origin ?? 'drop-in',
      dir: source?.dir ?? '',
      state: this.#state,
      generation: serving?.generation.id,
      providers: this.#providerIds(),
      problem: this.#problem,
      calls: {
        current: serving?.generation.leases ?? 0,
        draining: [...this.#draining.keys()].reduce((sum, { leases }) => sum + leases, 0),
      },
    }
  }

  #providerIds(): readonly string[] {
    if (this.#serving === undefined) return []
    if (this.instance !== undefined) return [this.id]
    return this.#serving.manifest.contributes.providers?.map(({ id }) => id) ?? []
  }

  /** Looks again at the plugin's files, which now come from `source` (undefined: they are gone). Resolves when it is done. */
  update(source: PluginSource | undefined, force = false): Promise<void> {
    this.#source = source
    if (force) this.#refused = undefined
    this.#changed = true
    return (this.#work ??= this.#run())
  }

  /** Looks again at the settings. Resolves when a version with them serves, or was refused. */
  reconfigure(): Promise<void> {
    return this.update(this.#source)
  }

  /** As if its files went and came back: a version that its settings no longer allow does not go on. */
  async restart(): Promise<void> {
    const source = this.#source
    await this.update(undefined)
    await this.update(source)
  }

  /** Stops serving and disposes every version, without waiting for calls longer than `drainMs`. */
  async close(drainMs: number): Promise<void> {
    await this.#work
    const serving = this.#serving
    this.#serving = undefined
    this.#host.registry.swap(this.id, [])
    if (serving !== undefined) void this.#retire(serving.generation, drainMs)
    if (drainMs === 0) for (const generation of this.#draining.keys()) generation.hurry()
    await Promise.all(this.#draining.values())
  }

  async #run(): Promise<void> {
    try {
      while (this.#changed) {
        this.#changed = false
        await this.#once()
      }
    } finally {
      this.#work = undefined
    }
  }

  async #once(): Promise<void> {
    const source = this.#source
    if (source === undefined) return this.#unplug()
    let version: string | undefined
    try {
      const own = this.#host.settingsFor(this.id)
      const hash = await fingerprint(source.dir)
      version = `${hash} ${own.revision}`
      const { hash: known, source: from, revision } = this.#serving ?? {}
      if (hash === known && source.dir === from?.dir && own.revision === revision) return this.#settled()
      if (version === this.#refused) return
      if (this.#serving === undefined) this.#enter('loading')
      await this.#load(source, hash, own)
    } catch (error) {
      this.#refuse(error, version)
    }
  }

  async #load(source: PluginSource, hash: string, own: OwnSettings): Promise<void> {
    const host = this.#host
    const described = (this.#described = await describePlugin(source, host.version))
    const settings = described.form.read(own)
    const known = knownAs(this.id, this.instance, own.name)
    const version = openVersion(this.id, this.#nameOf(source, hash), host.scope)
    try {
      const { manifest } = described
      const { packageDirs } = host
      const made = await makeVersion(
        version,
        { source, manifest, settings, packageDirs, log: host.logFor(this.id) },
        known,
      )
      // Files that changed while they were read would make a version that never existed as a whole.
      if ((await fingerprint(source.dir)) !== hash) {
        if (++this.#unsteady < MAX_UNSTEADY) this.#changed = true
        throw kernelError('PLUGIN_UNSTEADY', `The files of plugin "${this.id}" changed while they were loaded.`)
      }
      this.#swapIn({ ...described, ...version, source, hash, settings, revision: own.revision }, made)
    } catch (error) {
      this.#tries++
      await this.#end(version.generation, 0)
      throw error
    }
  }

  /** The same files are not evaluated again for other settings: Node would keep both copies for ever. */
  #nameOf({ dir }: PluginSource, hash: string): VersionName {
    const serving = this.#serving
    if (serving?.hash === hash && serving.source.dir === dir)
      return { module: serving.module, id: `${serving.module}-${++this.#resettings}` }
    const module = this.#tries === 0 ? hash : `${hash}.${this.#tries}`
    return { module, id: module }
  }

  /** No await in here: between the old version and the new one there is no moment without either. */
  #swapIn(next: Serving, made: readonly MadeProvider[]): void {
    const { registry, events } = this.#host
    const before = this.#serving
    const contributions = made.map((each) => ({
      id: each.declaration.id,
      rank: this.instance?.rank ?? 0,
      owner: this.id,
      generation: next.generation,
      ...each,
    }))
    registry.checkFree(
      this.id,
      contributions.map(({ id }) => id),
    )
    const delta = registry.swap(this.id, contributions)
    this.#serving = next
    this.#refused = undefined
    this.#problem = undefined
    this.#unsteady = 0
    this.#enter('ready')
    events.emit('plugin:swapped', { id: this.id, from: before?.generation.id, to: next.generation.id })
    events.emit('providers:changed', delta)
    if (before !== undefined) void this.#retire(before.generation, this.#host.drainMs)
  }

  #refuse(error: unknown, version: string | undefined): void {
    // A change during the load is not the plugin's fault; the next round reads the new files.
    if (this.#changed) return
    this.#refused = version
    this.#problem = problemOf(error)
    this.#enter(this.#serving === undefined ? 'failed' : 'rejected')
    this.#host.events.emit('plugin:rejected', {
      id: this.id,
      serving: this.#serving?.generation.id,
      problem: this.#problem,
    })
  }

  /** The files are again those of the version that serves. */
  #settled(): void {
    this.#refused = undefined
    this.#problem = undefined
    if (this.#state !== 'ready') this.#enter('ready')
  }

  #unplug(): void {
    const before = this.#serving
    this.#serving = undefined
    this.#problem = undefined
    this.#refused = undefined
    if (before === undefined) return this.#enter('gone')
    const delta = this.#host.registry.swap(this.id, [])
    this.#enter('draining')
    this.#host.events.emit('plugin:unplugged', { id: this.id, from: before.generation.id })
    this.#host.events.emit('providers:changed', delta)
    void this.#retire(before.generation, this.#host.drainMs).then(() => {
      if (this.#state === 'draining' && this.#draining.size === 0) this.#enter('gone')
    })
  }

  #retire(generation: Generation, drainMs: number): Promise<void> {
    const retired = this.#dispose(generation, drainMs)
    this.#draining.set(generation, retired)
    return retired.finally(() => this.#draining.delete(generation))
  }

  async #dispose(generation: Generation, drainMs: number): Promise<void> {
    const { cut } = await this.#end(generation, drainMs)
    this.#host.events.emit('plugin:disposed', { id: this.id, generation: generation.id, cut })
  }

  async #end(generation: Generation, drainMs: number): Promise<Drained> {
    const drained = await generation.retire(drainMs)
    const { error } = drained
    if (error !== undefined)
      this.#host.logFor(this.id).error('a version did not undo all it did', { generation: generation.id, error })
    return drained
  }

  #enter(state: PluginState): void {
    this.#state = state
    this.#host.events.emit('plugin:state', this.info)
  }
}
