import type { Cost, Model, Price, TokenPrice, Usage } from '@plugboard/sdk'
import type { Clock } from '../clock/clock.ts'
import type { Logger } from '../logger/logger.ts'
import { charge } from './charge.ts'
import type { ChargeConditions, CostService, PriceLayer, PriceVersion } from './cost.ts'
import type { PriceList } from './base-book.ts'
import { priceAt, priceSchedule, type ListedPrice, type PriceSchedule } from './price-schedule.ts'
import type { PriceSettings } from './price-settings.ts'

/** Names of models come from callers, so what is remembered about them must have an end. */
const MAX_REMEMBERED = 2_000

export interface PriceBookParts {
  readonly clock: Clock
  readonly log: Logger
  readonly base: PriceList
  /** Asked at the start and at every reload. Strongest first. */
  readonly settings: () => Promise<readonly PriceSettings[]>
}

/** Everything that one reading of the settings decides. Replaced as a whole, so that no charge mixes two readings. */
interface Reading {
  readonly markupPercent: string | undefined
  /** `null`: the user takes the price away. */
  readonly overrides: ReadonlyMap<string, PriceSchedule | null>
  /** By the model itself, the usual way in: a reloaded plugin brings new models, the old ones are collected with it. */
  readonly byModel: WeakMap<Model, PriceSchedule | null>
  /** By the declared price, for models that are made anew for each call. */
  readonly byPrice: WeakMap<TokenPrice, PriceSchedule>
  readonly byName: Map<string, PriceSchedule | null>
}

/** Prices in three layers: the public list, over it what the plugin's manifest declares, over both what the user says. */
export class PriceBook implements CostService {
  readonly #parts: PriceBookParts
  #reading: Reading = { ...noCaches(), markupPercent: undefined, overrides: new Map() }

  constructor(parts: PriceBookParts) {
    this.#parts = parts
  }

  costOf(model: Model, usage: Usage, { at = this.#parts.clock.now(), batch = false }: ChargeConditions = {}): Cost {
    const schedule = this.#scheduleOf(model)
    return charge(schedule === null ? undefined : priceAt(schedule, at), usage, batch)
  }

  priceOf(model: Model, at: number = this.#parts.clock.now()): PriceVersion | undefined {
    const schedule = this.#scheduleOf(model)
    return schedule === null ? undefined : priceAt(schedule, at).version
  }

  async reload(): Promise<void> {
    const settings = await this.#parts.settings()
    const markupPercent = settings.find((one) => one.markupPercent !== undefined)?.markupPercent
    const overrides = new Map<string, PriceSchedule | null>()
    for (const { models = {} } of settings.toReversed())
      for (const [name, price] of Object.entries(models))
        overrides.set(name, price === 'unknown' ? null : priceSchedule(price, 'override', markupPercent))
    this.#reading = { ...noCaches(), markupPercent, overrides }
  }

  #scheduleOf(model: Model): PriceSchedule | null {
    const { byModel } = this.#reading
    const known = byModel.get(model)
    if (known !== undefined) return known
    const found = this.#find(model)
    byModel.set(model, found)
    return found
  }

  #find(model: Model): PriceSchedule | null {
    const override = this.#override(model, model.provider) ?? this.#override(model, model.instanceOf)
    if (override !== undefined) return override.price
    return model.price === undefined ? this.#listed(model) : this.#declared(model, model.price)
  }

  #override({ id }: Model, provider: string | undefined): { readonly price: PriceSchedule | null } | undefined {
    const { overrides } = this.#reading
    const own = overrides.get(`${provider}:${id}`)
    const price = own === undefined ? overrides.get(`${provider}:*`) : own
    return price === undefined ? undefined : { price }
  }

  #declared(model: Model, price: Price): PriceSchedule | null {
    if (price === 'free') return this.#named('free', () => this.#compiled(model, 'manifest', () => price))
    const { byPrice } = this.#reading
    const known = byPrice.get(price)
    if (known !== undefined) return known
    const made = this.#compiled(model, 'manifest', () => price)
    // A plugin's code may declare anything; only an object can be a key here.
    if (made !== null) byPrice.set(price, made)
    return made
  }

  #listed(model: Model): PriceSchedule | null {
    const { id, baseUrl, instanceOf: provider = model.provider } = model
    return this.#named(`${provider}\n${id}\n${baseUrl ?? ''}`, () =>
      this.#compiled(model, 'base', () => this.#parts.base({ id, baseUrl, provider })),
    )
  }

  #named(name: string, make: () => PriceSchedule | null): PriceSchedule | null {
    const { byName } = this.#reading
    const known = byName.get(name)
    if (known !== undefined) return known
    const made = make()
    if (byName.size >= MAX_REMEMBERED) byName.clear()
    byName.set(name, made)
    return made
  }

  /** A price that code declared may be anything at all. One that cannot be read is unknown, not an error of the call. */
  #compiled({ provider, id }: Model, layer: PriceLayer, find: () => ListedPrice | undefined): PriceSchedule | null {
    try {
      const listed = find()
      return listed === undefined ? null : priceSchedule(listed, layer, this.#reading.markupPercent)
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

const noCaches = (): Pick<Reading, 'byModel' | 'byPrice' | 'byName'> => ({
  byModel: new WeakMap(),
  byPrice: new WeakMap(),
  byName: new Map(),
})
