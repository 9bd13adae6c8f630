import type { ModelDeclaration, Provider, ProviderDeclaration } from '@plugboard/sdk'
import { kernelError } from './errors.ts'
import type { Generation, Lease } from './generation.ts'
import { nearest } from './schema.ts'

/** A provider as one version of a plugin offers it. */
export interface ProviderContribution {
  readonly id: string
  /** What the manifest calls it: the id, except for further instances of a provider. */
  readonly type: string
  /** 0 for the provider itself; its instances count from 1 as they were made. */
  readonly rank: number
  /** Who put it in: a plugin, an instance or the host. All of one owner change together. */
  readonly owner: string
  readonly declaration: ProviderDeclaration
  readonly provider: Provider
  readonly baseUrl: string | undefined
  /** The settings it needs, a key above all, are there. */
  readonly configured: boolean
  /** Asks the server for its models, also where the manifest's list is used: it costs nothing and tries the key. */
  readonly probe: Probe | undefined
  readonly generation: Generation
}

export type Probe = (signal: AbortSignal) => Promise<readonly ModelDeclaration[]>

export interface ProviderLease {
  readonly contribution: ProviderContribution
  readonly lease: Lease
}

export interface RegistryDelta {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly replaced: readonly string[]
}

/**
 * What is plugged in right now. An owner's contributions change all at once, in one synchronous step. Disabled ones are
 * here too, but nobody can find them by asking for providers.
 */
export class Registry {
  readonly #plugged = new Map<string, ProviderContribution>()
  /** Providers that were here and went: they answer "unplugged", not "unknown". */
  readonly #gone = new Set<string>()
  #disabled: ReadonlySet<string> = new Set()
  #sorted: readonly ProviderContribution[] = []
  #changes = 0

  /**
   * By type, instances after the provider they are instances of: plugins load side by side, and the order in which they
   * get ready is another one at every start.
   */
  get providers(): readonly ProviderContribution[] {
    return this.#sorted
  }

  /** Grows with every change of what is plugged in or disabled. */
  get changes(): number {
    return this.#changes
  }

  get disabled(): readonly ProviderContribution[] {
    return [...this.#plugged.values()].filter(({ id }) => this.#disabled.has(id))
  }

  /** Also when it is disabled. */
  plugged(id: string): ProviderContribution | undefined {
    return this.#plugged.get(id)
  }

  provider(id: string): ProviderContribution | undefined {
    return this.#disabled.has(id) ? undefined : this.#plugged.get(id)
  }

  /** As `provider`, but says why when there is none. */
  require(id: string): ProviderContribution {
    const found = this.provider(id)
    if (found !== undefined) return found
    if (this.#plugged.has(id)) throw disabled(id)
    if (this.#gone.has(id))
      throw kernelError('PROVIDER_UNPLUGGED', `The provider "${id}" was unplugged.`, { details: { provider: id } })
    const candidates = this.#sorted.map((contribution) => contribution.id)
    const near = nearest(id, candidates)
    throw kernelError(
      'PROVIDER_UNKNOWN',
      `There is no provider "${id}".${near === undefined ? '' : ` Did you mean "${near}"?`}`,
      { details: { provider: id, candidates } },
    )
  }

  /** Whether the id is or was a provider's. */
  knows(id: string): boolean {
    return this.#plugged.has(id) || this.#gone.has(id)
  }

  lease(id: string, revoke: () => void): ProviderLease {
    return leaseOn(this.require(id), revoke)
  }

  /** Throws when another owner already offers one of these ids; nothing changes then. */
  checkFree(owner: string, ids: readonly string[]): void {
    for (const id of ids) {
      const other = this.#plugged.get(id)?.owner
      if (other !== undefined && other !== owner)
        throw kernelError(
          'CONTRIBUTION_TAKEN',
          `The provider "${id}" of plugin "${owner}" is already offered by plugin "${other}".`,
        )
    }
  }

  /** Puts an owner's contributions in the place of its former ones. */
  swap(owner: string, next: readonly ProviderContribution[]): RegistryDelta {
    const before = [...this.#plugged.values()].filter((each) => each.owner === owner).map(({ id }) => id)
    const after = next.map(({ id }) => id)
    const gone = before.filter((id) => !after.includes(id))
    return this.#change(after, () => {
      for (const id of gone) {
        this.#plugged.delete(id)
        this.#gone.add(id)
      }
      for (const contribution of next) {
        this.#plugged.set(contribution.id, contribution)
        this.#gone.delete(contribution.id)
      }
    })
  }

  /** From now on these, and no others, cannot be found or called. Calls that run go on. */
  disable(ids: ReadonlySet<string>): RegistryDelta {
    return this.#change([], () => {
      this.#disabled = new Set(ids)
    })
  }

  #change(touched: readonly string[], work: () => void): RegistryDelta {
    const before = new Set(this.#sorted.map(({ id }) => id))
    work()
    this.#changes++
    this.#sorted = [...this.#plugged.values()].filter(({ id }) => !this.#disabled.has(id)).toSorted(byType)
    const after = new Set(this.#sorted.map(({ id }) => id))
    return {
      added: [...after].filter((id) => !before.has(id)),
      removed: [...before].filter((id) => !after.has(id)),
      replaced: touched.filter((id) => before.has(id) && after.has(id)),
    }
  }
}

/** A hold on a contribution, also on one that is disabled. */
export function leaseOn(contribution: ProviderContribution, revoke: () => void): ProviderLease {
  return { contribution, lease: contribution.generation.acquire(revoke) }
}

const disabled = (id: string): Error =>
  kernelError('PROVIDER_DISABLED', `The provider "${id}" is disabled.`, { details: { provider: id } })

const byType = (a: ProviderContribution, b: ProviderContribution): number =>
  compare(a.type, b.type) || a.rank - b.rank || compare(a.id, b.id)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
