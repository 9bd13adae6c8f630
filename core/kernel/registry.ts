import type { Provider, ProviderDeclaration } from '@plugboard/sdk'
import { kernelError } from './errors.ts'
import type { Generation, Lease } from './generation.ts'
import { nearest } from './schema.ts'

/** A provider as one version of a plugin offers it. */
export interface ProviderContribution {
  readonly id: string
  readonly pluginId: string
  readonly declaration: ProviderDeclaration
  readonly provider: Provider
  readonly baseUrl: string | undefined
  /** The settings it needs, a key above all, are there. */
  readonly configured: boolean
  readonly generation: Generation
}

export interface ProviderLease {
  readonly contribution: ProviderContribution
  readonly lease: Lease
}

export interface RegistryDelta {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly replaced: readonly string[]
}

/** What is plugged in right now. A plugin's contributions change all at once, in one synchronous step. */
export class Registry {
  readonly #providers = new Map<string, ProviderContribution>()
  /** Providers that were here and went: they answer "unplugged", not "unknown". */
  readonly #gone = new Set<string>()
  #sorted: readonly ProviderContribution[] = []

  /** By id: plugins load side by side, and the order in which they get ready is another one at every start. */
  get providers(): readonly ProviderContribution[] {
    return this.#sorted
  }

  provider(id: string): ProviderContribution | undefined {
    return this.#providers.get(id)
  }

  /** As `provider`, but says why when there is none. */
  require(id: string): ProviderContribution {
    const found = this.#providers.get(id)
    if (found !== undefined) return found
    if (this.#gone.has(id))
      throw kernelError('PROVIDER_UNPLUGGED', `The provider "${id}" was unplugged.`, { details: { provider: id } })
    const candidates = [...this.#providers.keys()]
    const near = nearest(id, candidates)
    throw kernelError(
      'PROVIDER_UNKNOWN',
      `There is no provider "${id}".${near === undefined ? '' : ` Did you mean "${near}"?`}`,
      { details: { provider: id, candidates } },
    )
  }

  wasUnplugged(id: string): boolean {
    return this.#gone.has(id)
  }

  lease(id: string, revoke: () => void): ProviderLease {
    const contribution = this.require(id)
    return { contribution, lease: contribution.generation.acquire(revoke) }
  }

  /** Throws when another plugin already offers one of these ids; nothing changes then. */
  checkFree(pluginId: string, ids: readonly string[]): void {
    for (const id of ids) {
      const owner = this.#providers.get(id)?.pluginId
      if (owner !== undefined && owner !== pluginId)
        throw kernelError(
          'CONTRIBUTION_TAKEN',
          `The provider "${id}" of plugin "${pluginId}" is already offered by plugin "${owner}".`,
        )
    }
  }

  /** Puts a plugin's contributions in the place of its former ones. */
  swap(pluginId: string, next: readonly ProviderContribution[]): RegistryDelta {
    const before = this.providers.filter((contribution) => contribution.pluginId === pluginId).map(({ id }) => id)
    const after = next.map(({ id }) => id)
    for (const id of before) if (!after.includes(id)) this.#providers.delete(id)
    for (const contribution of next) this.#providers.set(contribution.id, contribution)
    this.#sorted = [...this.#providers.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const removed = before.filter((id) => !after.includes(id))
    for (const id of removed) this.#gone.add(id)
    for (const id of after) this.#gone.delete(id)
    return {
      added: after.filter((id) => !before.includes(id)),
      removed,
      replaced: after.filter((id) => before.includes(id)),
    }
  }
}
