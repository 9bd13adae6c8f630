import type { Cost, Model, Usage } from '@plugboard/sdk'
import type { ChargeConditions, CostService, PriceVersion, Prices } from './cost.ts'
import { PriceReading, type ReadingParts } from './price-reading.ts'
import { priceSchedule, type PriceSchedule } from './price-schedule.ts'
import type { PriceSettings } from './price-settings.ts'

export interface PriceBookParts extends ReadingParts {
  /** Asked at the start and at every reload. Strongest first. */
  readonly settings: () => Promise<readonly PriceSettings[]>
}

/** Prices in three layers: the public list, over it what the plugin's manifest declares, over both what the user says. */
export class PriceBook implements CostService {
  readonly #parts: PriceBookParts
  #reading: PriceReading

  constructor(parts: PriceBookParts) {
    this.#parts = parts
    this.#reading = new PriceReading(parts, { markupPercent: undefined, prices: new Map() })
  }

  costOf(model: Model, usage: Usage, conditions?: ChargeConditions): Cost {
    return this.#reading.costOf(model, usage, conditions)
  }

  priceOf(model: Model, at?: number): PriceVersion | undefined {
    return this.#reading.priceOf(model, at)
  }

  current(): Prices {
    return this.#reading
  }

  async reload(): Promise<void> {
    const settings = await this.#parts.settings()
    const markupPercent = settings.find((one) => one.markupPercent !== undefined)?.markupPercent
    const prices = new Map<string, PriceSchedule | null>()
    for (const { models = {} } of settings.toReversed())
      for (const [name, price] of Object.entries(models))
        prices.set(name, price === 'unknown' ? null : priceSchedule(price, 'override', markupPercent))
    this.#reading = new PriceReading(this.#parts, { markupPercent, prices })
  }
}
