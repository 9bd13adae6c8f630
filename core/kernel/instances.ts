import type { PluginSource } from './discovery.ts'
import { kernelError } from './errors.ts'
import type { LifecycleHost } from './lifecycle-host.ts'
import { Lifecycle } from './lifecycle.ts'
import { problemOf, type PluginProblem } from './plugin-info.ts'

interface Instance {
  readonly type: string
  readonly rank: number
  /** Missing as long as no plugin offers its type. */
  lifecycle?: Lifecycle
}

/**
 * Providers of plugins once more, each under an id of its own. An instance has a life of its own, with its own settings
 * and versions, and follows the files of its plugin.
 */
export class Instances {
  readonly #host: LifecycleHost
  readonly #offering: (type: string) => Lifecycle | undefined
  readonly #all = new Map<string, Instance>()
  #made = 0
  #closed = false

  constructor(host: LifecycleHost, offering: (type: string) => Lifecycle | undefined) {
    this.#host = host
    this.#offering = offering
  }

  get lifecycles(): readonly Lifecycle[] {
    return [...this.#all.values()].flatMap(({ lifecycle }) => lifecycle ?? [])
  }

  has(id: string): boolean {
    return this.#all.has(id)
  }

  lifecycle(id: string): Lifecycle | undefined {
    return this.#all.get(id)?.lifecycle
  }

  /** Why it has no life yet. */
  problem(id: string): PluginProblem | undefined {
    const instance = this.#all.get(id)
    if (instance === undefined || instance.lifecycle !== undefined) return undefined
    return problemOf(
      kernelError('PROVIDER_TYPE_UNKNOWN', `No plugin offers the provider "${instance.type}" that "${id}" is one of.`),
    )
  }

  /** Resolves when it serves, or was refused. */
  async add(id: string, type: string): Promise<void> {
    const instance = { type, rank: ++this.#made }
    this.#all.set(id, instance)
    await this.#bear(id, instance)
  }

  /** Its calls finish, as those of a plugin that is removed. */
  async remove(id: string): Promise<void> {
    const lifecycle = this.#all.get(id)?.lifecycle
    this.#all.delete(id)
    await lifecycle?.update(undefined)
  }

  /** The files of a plugin may have changed; they now come from `source`. */
  async follow(plugin: Lifecycle, source: PluginSource | undefined, force: boolean): Promise<void> {
    const concerned = [...this.#all].filter(([, { type, lifecycle }]) =>
      lifecycle === undefined ? this.#offering(type) === plugin : lifecycle.pluginId === plugin.id,
    )
    await Promise.all(
      concerned.map(async ([id, instance]) => {
        if (instance.lifecycle === undefined) await this.#bear(id, instance)
        else await instance.lifecycle.update(source, force)
      }),
    )
  }

  /** Ends all, and begins none from now on. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.lifecycles.map((lifecycle) => lifecycle.close(0)))
  }

  async #bear(id: string, instance: Instance): Promise<void> {
    const source = this.#offering(instance.type)?.source
    if (source === undefined || this.#closed) return
    const { type, rank } = instance
    instance.lifecycle = new Lifecycle(id, source, this.#host, { type, rank })
    await instance.lifecycle.update(source)
  }
}
