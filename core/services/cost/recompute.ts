import type { Cost } from '@plugboard/sdk'
import type { LedgerEntry } from '../ledger/ledger.ts'
import { charge } from './charge.ts'
import { compilePrice, type CompiledPrice } from './compile-price.ts'
import type { PriceVersions } from './cost.ts'

/**
 * Works a charge out again from the price it was made with. Undefined when that price is not kept: the entry was not priced,
 * is older than price versions, or a host's own price service made it.
 */
export function recomputation(
  versions: Pick<PriceVersions, 'get'>,
): (entry: Pick<LedgerEntry, 'usage' | 'cost' | 'batch'>) => Cost | undefined {
  const compiled = new Map<string, CompiledPrice | undefined>()
  return ({ usage, cost: { priceVersion }, batch = false }) => {
    if (priceVersion === undefined) return undefined
    if (!compiled.has(priceVersion)) {
      const version = versions.get(priceVersion)
      compiled.set(priceVersion, version && compilePrice(version))
    }
    const price = compiled.get(priceVersion)
    return price && charge(price, usage, batch)
  }
}
