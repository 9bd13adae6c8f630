import type { Model } from '@plugboard/sdk'
import type { ProviderContribution } from '../../kernel/registry.ts'
import type { Clock } from '../clock/clock.ts'
import { modelOf } from './model-of.ts'

/** A server is asked again after this long. */
const FRESH_MS = 10_000
/** A list that takes longer is given up for now; what was known before stays. */
const LIMIT_MS = 3_000

interface Known {
  readonly models: ReadonlyMap<string, Model>
  readonly at: number
  readonly error: unknown
}

/** What running servers say they offer, remembered per version of the plugin: a list from an old version is never shown. */
export class ModelDiscovery {
  readonly #clock: Clock
  readonly #known = new WeakMap<ProviderContribution, Known>()
  readonly #asking = new WeakMap<ProviderContribution, Promise<Known>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What is known without asking. */
  known(contribution: ProviderContribution): ReadonlyMap<string, Model> | undefined {
    return this.#known.get(contribution)?.models
  }

  /** Asks the server unless it was asked just now. `error` says why it gave no list; older knowledge is kept then. */
  async refresh(contribution: ProviderContribution): Promise<Known> {
    const known = this.#known.get(contribution)
    if (known !== undefined && this.#clock.monotonic() - known.at < FRESH_MS) return known
    let asking = this.#asking.get(contribution)
    if (asking === undefined) {
      asking = this.#ask(contribution).finally(() => this.#asking.delete(contribution))
      this.#asking.set(contribution, asking)
    }
    return asking
  }

  async #ask(contribution: ProviderContribution): Promise<Known> {
    let models = this.known(contribution) ?? new Map<string, Model>()
    let error: unknown
    try {
      const listed = (await contribution.provider.listModels?.(AbortSignal.timeout(LIMIT_MS))) ?? []
      models = new Map(listed.map((declared) => [declared.id, modelOf(contribution, declared)]))
    } catch (failure) {
      error = failure
    }
    const known = { models, at: this.#clock.monotonic(), error }
    this.#known.set(contribution, known)
    return known
  }
}
