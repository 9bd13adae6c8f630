import type { Provider, ProviderDeclaration } from '@plugboard/sdk'
import { ownProbe } from './contributions.ts'
import { kernelError } from './errors.ts'
import type { Events, KernelEvents } from './events.ts'
import { Generation } from './generation.ts'
import { checkProviderDeclaration } from './manifest.ts'
import type { Registry } from './registry.ts'

/** Provider objects that the host brings itself: no folder, no settings, the same contract and the same leases. */
export class HostProviders {
  readonly #registry: Registry
  readonly #events: Events<KernelEvents>
  readonly #drainMs: number
  readonly #serving = new Map<string, Generation>()
  #made = 0

  constructor(registry: Registry, events: Events<KernelEvents>, drainMs: number) {
    this.#registry = registry
    this.#events = events
    this.#drainMs = drainMs
  }

  get ids(): readonly string[] {
    return [...this.#serving.keys()]
  }

  /** Takes the place of the one that was registered under this id before. Throws PlugboardError when it cannot serve. */
  register(declaration: ProviderDeclaration, provider: Provider): void {
    checkProviderDeclaration(declaration)
    const { id } = declaration
    if (provider.api !== 1 || typeof provider.stream !== 'function')
      throw kernelError('CONTRIBUTION_INVALID', `The provider "${id}" is not a provider of contract version 1.`)
    const owner = ownerOf(id)
    this.#registry.checkFree(owner, [id])
    const generation = new Generation(`host-${++this.#made}`, () => Promise.resolve())
    const former = this.#serving.get(id)
    this.#serving.set(id, generation)
    const baseUrl = declaration.baseUrl?.replace(/\/+$/, '')
    const offer = { id, type: id, rank: 0, owner, declaration, baseUrl, configured: true, generation }
    this.#events.emit('providers:changed', this.#registry.swap(owner, [{ ...offer, ...ownProbe(provider) }]))
    void former?.retire(this.#drainMs)
  }

  /** False when the host has registered no such provider. Calls that run on it finish. */
  unregister(id: string): boolean {
    const generation = this.#serving.get(id)
    if (generation === undefined) return false
    this.#serving.delete(id)
    this.#events.emit('providers:changed', this.#registry.swap(ownerOf(id), []))
    void generation.retire(this.#drainMs)
    return true
  }
}

/** Cannot be the id of a plugin. */
const ownerOf = (id: string): string => `host:${id}`
