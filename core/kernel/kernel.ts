import type { PluginLogger } from '@plugboard/sdk'
import { discoverPackages, discoverRoot, pluginRoot, type PluginRoot, type PluginSource } from './discovery.ts'
import { Events, type KernelEvents } from './events.ts'
import { HostProviders } from './host-providers.ts'
import { Instances } from './instances.ts'
import type { LifecycleHost, OwnSettings } from './lifecycle-host.ts'
import { Lifecycle } from './lifecycle.ts'
import type { PluginInfo, PluginOrigin } from './plugin-info.ts'
import { Registry } from './registry.ts'
import type { Scope } from './scope.ts'
import { watchRoots, type Watcher } from './watcher.ts'

export interface KernelOptions {
  /** Version plugins state their range against. */
  readonly version: string
  readonly scope: Scope
  /** Folders to look for plugins in. Those that are `watched` are reloaded when their files change. */
  readonly folders: readonly { readonly dir: string; readonly origin: PluginOrigin; readonly watched: boolean }[]
  /** Its dependencies with the keyword are plugins. */
  readonly hostDir: string | undefined
  /** Milliseconds a replaced version may go on with the calls that run on it. */
  readonly drainMs: number
  logFor(pluginId: string): PluginLogger
  /** Of a plugin, or of an instance. */
  settingsFor(id: string): OwnSettings
}

const STRENGTH: readonly PluginOrigin[] = ['built-in', 'npm', 'drop-in', 'folder']

/** Finds plugins, loads them, follows their changes. Knows nothing of models, money or HTTP. */
export class Kernel implements AsyncDisposable {
  readonly registry = new Registry()
  readonly events: Events<KernelEvents>
  readonly instances: Instances
  readonly hostProviders: HostProviders
  readonly #options: KernelOptions
  readonly #host: LifecycleHost
  readonly #plugins = new Map<string, Lifecycle>()
  #roots: readonly PluginRoot[] = []
  #packages: readonly PluginSource[] = []
  #watcher: Watcher | undefined
  #closed = false

  constructor(options: KernelOptions) {
    this.#options = options
    const log = options.logFor('kernel')
    this.events = new Events<KernelEvents>((error, event) => log.error(`a listener of "${event}" failed`, { error }))
    const { version, scope, drainMs, hostDir } = options
    this.#host = {
      version,
      scope,
      drainMs,
      packageDirs: [...(hostDir === undefined ? [] : [hostDir]), import.meta.dirname],
      registry: this.registry,
      events: this.events,
      logFor: (id) => options.logFor(id),
      settingsFor: (id) => options.settingsFor(id),
    }
    this.instances = new Instances(this.#host, (type) => this.pluginOffering(type))
    this.hostProviders = new HostProviders(this.registry, this.events, drainMs)
  }

  /** Loads everything there is. A plugin that fails is listed with its problem and stops nobody else. */
  async start(): Promise<void> {
    const { folders, hostDir } = this.#options
    const roots = await Promise.all(
      folders.map(async ({ dir, origin, watched }) => ({ ...(await pluginRoot(dir, origin)), watched })),
    )
    this.#roots = roots
    this.#packages = hostDir === undefined ? [] : await discoverPackages(hostDir)
    this.events.on('providers:changed', ({ removed }) => {
      if (removed.length > 0) this.#retryTaken()
    })
    const watched = roots.filter((root) => root.watched)
    if (watched.length > 0) this.#watch(watched)
    // First, because a file that changes after it was read and before it is watched would be overlooked.
    await this.#watcher?.ready
    await this.rescan()
  }

  get plugins(): readonly PluginInfo[] {
    return [...this.#plugins.values()].map(({ info }) => info).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** All that makes providers out of files: plugins, and instances of what they offer. */
  get lifecycles(): readonly Lifecycle[] {
    return [...this.#plugins.values(), ...this.instances.lifecycles]
  }

  lifecycle(id: string): Lifecycle | undefined {
    return this.#plugins.get(id) ?? this.instances.lifecycle(id)
  }

  /** The plugin whose manifest declares a provider, also when no version of it serves. */
  pluginOffering(type: string): Lifecycle | undefined {
    for (const plugin of this.#plugins.values())
      if (plugin.described?.manifest.contributes.providers?.some(({ id }) => id === type) === true) return plugin
    return undefined
  }

  /** From now on these providers, and no others, cannot be called. */
  disable(ids: ReadonlySet<string>): void {
    const delta = this.registry.disable(ids)
    if (delta.added.length + delta.removed.length > 0) this.events.emit('providers:changed', delta)
  }

  /** Looks for plugins anew and brings every one up to date. Resolves when that is done. */
  async rescan(): Promise<void> {
    const found = await this.#discover()
    const gone = [...this.#plugins.keys()].filter((id) => !found.has(id))
    await Promise.all(gone.map((id) => this.#update(id, undefined)))
    // One origin after the other: which of two plugins gets a provider id they both claim is not left to chance.
    for (const origin of STRENGTH) {
      const sources = [...found.values()].filter((source) => source.origin === origin)
      await Promise.all(sources.map((source) => this.#update(source.id, source)))
    }
  }

  /** Loads one plugin again, also when its files have not changed since it was refused. */
  async reload(id: string): Promise<PluginInfo | undefined> {
    await this.#update(id, (await this.#discover()).get(id), true)
    return this.#plugins.get(id)?.info
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#watcher?.[Symbol.asyncDispose]()
    await Promise.all([...[...this.#plugins.values()].map((plugin) => plugin.close(0)), this.instances.close()])
  }

  #watch(roots: readonly PluginRoot[]): void {
    const log = this.#options.logFor('kernel')
    this.#watcher = watchRoots(roots, {
      changed: (name) => void this.#look(name),
      failed: (error) => log.error('watching the plugin folders failed', { error }),
    })
  }

  /** A provider id became free: plugins that were refused because it was taken get another chance. */
  #retryTaken(): void {
    for (const { info, pluginId } of this.lifecycles)
      if (info.problem?.code === 'CONTRIBUTION_TAKEN') void this.#look(pluginId, true)
  }

  async #look(id: string, force = false): Promise<void> {
    try {
      await this.#update(id, (await this.#discover()).get(id), force)
    } catch (error) {
      this.#options.logFor('kernel').error(`plugin "${id}" could not be looked at`, { error })
    }
  }

  /** The strongest source of each id. */
  async #discover(): Promise<Map<string, PluginSource>> {
    const sources = [...(await Promise.all(this.#roots.map(discoverRoot))).flat(), ...this.#packages]
    const strongest = new Map<string, PluginSource>()
    for (const source of sources.toSorted((a, b) => STRENGTH.indexOf(a.origin) - STRENGTH.indexOf(b.origin)))
      strongest.set(source.id, source)
    return strongest
  }

  async #update(id: string, source: PluginSource | undefined, force = false): Promise<void> {
    // Somebody may have begun to look for changes just before the end.
    if (this.#closed) return
    let plugin = this.#plugins.get(id)
    if (plugin === undefined) {
      if (source === undefined) return
      plugin = new Lifecycle(id, source, this.#host)
      this.#plugins.set(id, plugin)
    }
    await plugin.update(source, force)
    await this.instances.follow(plugin, source, force)
  }
}
