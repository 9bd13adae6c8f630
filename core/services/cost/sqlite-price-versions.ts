import type { StatementSync } from 'node:sqlite'
import type { Clock } from '../clock/clock.ts'
import type { Logger } from '../logger/logger.ts'
import type { Store } from '../store/store.ts'
import type { PriceLayer, PriceVersion, PriceVersions, Terms } from './cost.ts'

interface Row {
  readonly id: string
  readonly layer: string
  readonly price: string
  readonly markup_percent: string | null
}

export class SqlitePriceVersions implements PriceVersions {
  readonly #store: Store
  readonly #clock: Clock
  readonly #log: Logger
  readonly #insert: StatementSync
  readonly #select: StatementSync
  readonly #noted = new Set<string>()

  constructor(store: Store, clock: Clock, log: Logger) {
    this.#store = store
    this.#clock = clock
    this.#log = log
    this.#insert = store.db.prepare(
      'INSERT OR IGNORE INTO price_version (id, layer, price, markup_percent, first_used_at) VALUES (?, ?, ?, ?, ?)',
    )
    this.#select = store.db.prepare('SELECT id, layer, price, markup_percent FROM price_version WHERE id = ?')
  }

  note({ id, layer, price, markupPercent }: PriceVersion): void {
    if (this.#noted.has(id)) return
    this.#noted.add(id)
    const at = this.#clock.now()
    // Writes keep their order, so a price is never younger than the first ledger row that names it.
    this.#store
      .write(() => {
        this.#insert.run(id, layer, JSON.stringify(price), markupPercent ?? null, at)
      })
      .catch((error: unknown) => {
        this.#noted.delete(id)
        this.#log.error('a price could not be kept', { priceVersion: id, error })
      })
  }

  get(id: string): PriceVersion | undefined {
    const row = this.#select.get(id) as unknown as Row | undefined
    return (
      row && {
        id: row.id,
        layer: row.layer as PriceLayer,
        price: JSON.parse(row.price) as 'free' | Terms,
        ...(row.markup_percent === null ? {} : { markupPercent: row.markup_percent }),
      }
    )
  }
}
