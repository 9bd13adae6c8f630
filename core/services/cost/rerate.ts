import { isPlugboardError, type Model } from '@plugboard/sdk'
import type { Catalog } from '../catalog/catalog.ts'
import type { Ledger, LedgerEntry } from '../ledger/ledger.ts'
import type { CostService, PriceVersions, RerateRow } from './cost.ts'
import { recomputation } from './recompute.ts'

export interface RerateServices {
  readonly ledger: Pick<Ledger, 'entries'>
  readonly prices: CostService
  readonly versions: Pick<PriceVersions, 'get'>
  readonly catalog: Catalog
}

const PAGE = 1_000

/** Prices every call since a time (milliseconds since 1970) again, as of the moment it was made. Changes nothing. */
export async function rerate({ ledger, prices, versions, catalog }: RerateServices, since = 0): Promise<RerateRow[]> {
  const models = await modelsIn(entriesSince(ledger, since), catalog)
  const recompute = recomputation(versions)
  const rows = new Map<string, Mutable<RerateRow>>()
  for (const entry of entriesSince(ledger, since)) {
    const name = nameOf(entry)
    const model = models.get(name)
    // Settled since the models were looked up.
    if (model === undefined) continue
    const row = rows.get(name) ?? emptyRow(entry)
    rows.set(name, row)
    const { usage, cost, pricedAt = entry.at, batch = false } = entry
    const now = prices.costOf(model, usage, { at: pricedAt, batch })
    const again = recompute(entry)
    row.calls++
    if (now.total !== cost.total) row.changed++
    if (cost.total === null) row.unpricedBefore++
    else row.before += BigInt(cost.total)
    if (now.total === null) row.unpricedAfter++
    else row.after += BigInt(now.total)
    if (again !== undefined && again.total !== cost.total) row.inconsistent++
  }
  return [...rows.values()].toSorted((one, other) => nameOf(one).localeCompare(nameOf(other)))
}

/** Page by page, so that a ledger of any size fits into memory. */
function* entriesSince(ledger: RerateServices['ledger'], since: number): Generator<LedgerEntry> {
  let page = ledger.entries({ since, limit: PAGE })
  for (;;) {
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    page = ledger.entries({ since, limit: PAGE, before: last.id })
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const nameOf = ({ provider, model }: Pick<LedgerEntry, 'provider' | 'model'>): string => `${provider}:${model}`

const emptyRow = ({ provider, model }: LedgerEntry): Mutable<RerateRow> => ({
  provider,
  model,
  calls: 0,
  changed: 0,
  before: 0n,
  after: 0n,
  unpricedBefore: 0,
  unpricedAfter: 0,
  inconsistent: 0,
})

async function modelsIn(entries: Iterable<LedgerEntry>, catalog: Catalog): Promise<ReadonlyMap<string, Model>> {
  const names = new Map<string, LedgerEntry>()
  for (const entry of entries) if (!names.has(nameOf(entry))) names.set(nameOf(entry), entry)
  const models = new Map<string, Model>()
  for (const [name, { provider, model }] of names) models.set(name, await modelOf(catalog, provider, model))
  return models
}

/** A model whose plugin is gone has no declared price any more, but may have one in another layer. */
async function modelOf(catalog: Catalog, provider: string, id: string): Promise<Model> {
  try {
    return await catalog.get(provider, id)
  } catch (error) {
    if (!isPlugboardError(error)) throw error
    return { provider, id, name: id, api: '', baseUrl: undefined, input: [], tools: false, reasoning: false }
  }
}
