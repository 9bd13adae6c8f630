import type { Cost, Model, Price, TokenPrice, Usage } from '@plugboard/sdk'
import type { Clock } from '../clock/clock.ts'
import type { Logger } from '../logger/logger.ts'
import type { PriceList } from './base-book.ts'
import { charge } from './charge.ts'
import type { ChargeConditions, PriceLayer, PriceVersion, Prices } from './cost.ts'
import { priceAt, priceSchedule, type ListedPrice, type PriceSchedule } from './price-schedule.ts'

/** Names of models come from callers, so what is remembered about them must have an end. */
const MAX_REMEMBERED = 2_000

export interface ReadingParts {
  readonly clock: Clock
  readonly log: Logger
  readonly base: PriceList
}

/** What the user says about prices. */
export interface Overrides {
  readonly markupPercent: string | undefined
  /** `null`: the user takes the price away. */
  readonly prices: ReadonlyMap<string, PriceSchedule | null>
}

/** All that one reading of the settings decides. It never changes, so that no call mixes two readings. */
export class PriceReading implements Prices {
  readonly #parts: ReadingParts
  readonly #overrides: Overrides
  /** By the model itself, the usual way in: a reloaded plugin brings new models, the old ones are collected with it. */
  readonly #byModel = new WeakMap<Model, PriceSchedule | null>()
  /** By the declared price, for models that are made anew for each call. */
  readonly #byPrice = new WeakMap<TokenPrice, PriceSchedule>()
  readonly #byName = new Map<string, PriceSchedule | null>()

  constructor(parts: ReadingParts, overrides: Overrides) {
    this.#parts = parts
    this.#overrides = overrides
  }

  costOf(model: Model, usage: Usage, { at = this.#parts.clock.now(), batch = false }: ChargeConditions = {}): Cost {
    const schedule = this.#scheduleOf(model)
    return charge(schedule === null ? undefined : priceAt(schedule, at), usage, batch)
  }

  priceOf(model: Model, at: number = this.#parts.clock.now()): PriceVersion | undefined {
    const schedule = this.#scheduleOf(model)
    return schedule === null ? undefined : priceAt(schedule, at).version
  }

  #scheduleOf(model: Model): PriceSchedule | null {
    const known = this.#byModel.get(model)
    if (known !== undefined) return known
    const found = this.#find(model)
    this.#byModel.set(model, found)
    return found
  }

  #find(model: Model): PriceSchedule | null {
    const { provider, instanceOf = provider } = model
    const own = this.#override(provider, model.id)
    const override = own === undefined ? this.#override(instanceOf, model.id) : own
    if (override !== undefined) return override
    return model.price === undefined ? this.#listed(model) : this.#declared(model, model.price)
  }

  #override(provider: string, id: string): PriceSchedule | null | undefined {
    const { prices } = this.#overrides
    const own = prices.get(`${provider}:${id}`)
    return own === undefined ? prices.get(`${provider}:*`) : own
  }

  #declared(model: Model, price: Price): PriceSchedule | null {
    if (price === 'free') return this.#named('free', () => this.#compiled(model, 'manifest', () => price))
    const known = this.#byPrice.get(price)
    if (known !== undefined) return known
    const made = this.#compiled(model, 'manifest', () => price)
    // A plugin's code may declare anything; only an object can be a key here.
    if (made !== null) this.#byPrice.set(price, made)
    return made
  }

  #listed(model: Model): PriceSchedule | null {
    const { id, baseUrl, instanceOf: provider = model.provider } = model
    return this.#named(`${provider}\n${id}\n${baseUrl ?? ''}`, () =>
      this.#compiled(model, 'base', () => this.#parts.base({ id, baseUrl, provider })),
    )
  }

  #named(name: string, make: () => PriceSchedule | null): PriceSchedule | null {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const made = make()
    if (this.#byName.size >= MAX_REMEMBERED) this.#byName.clear()
    this.#byName.set(name, made)
    return made
  }

  /** A price that code declared may be anything at all. One that cannot be read is unknown, not an error of the call. */
  #compiled({ provider, id }: Model, layer: PriceLayer, find: () => ListedPrice | undefined): PriceSchedule | null {
    try {
      const listed = find()
      return listed === undefined ? null : priceSchedule(listed, layer, this.#overrides.markupPercent)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#parts.log.warn('a price cannot be read and counts as unknown', {
        model: `${provider}:${id}`,
        layer,
        reason,
      })
      return null
    }
  }
}
