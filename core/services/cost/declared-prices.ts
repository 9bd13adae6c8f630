import type { Cost, Model, TokenPrice, Usage } from '@plugboard/sdk'
import type { CostService } from './cost.ts'
import { nanoForTokens, nanoFromDecimal, type Nano } from './money.ts'

/** Nano-dollars per million tokens. */
interface Rates {
  readonly input: Nano
  readonly output: Nano
  readonly cacheRead: Nano
  readonly cacheWrite: Nano
}

const NOTHING: Cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 }
const UNKNOWN: Cost = { input: null, output: null, cacheRead: null, cacheWrite: null, total: null }

/** Prices as the models' manifests declare them. */
export class DeclaredPrices implements CostService {
  /** By the price object itself: a reloaded manifest brings a new one, and the old one is collected with its plugin. */
  readonly #rates = new WeakMap<TokenPrice, Rates>()

  costOf({ price }: Model, usage: Usage): Cost {
    if (price === 'free' || isNothing(usage)) return NOTHING
    if (price === undefined) return UNKNOWN
    const rates = this.#ratesOf(price)
    const input = nanoForTokens(usage.input, rates.input)
    const output = nanoForTokens(usage.output, rates.output)
    const cacheRead = nanoForTokens(usage.cacheRead, rates.cacheRead)
    const cacheWrite = nanoForTokens(usage.cacheWrite, rates.cacheWrite)
    return { input, output, cacheRead, cacheWrite, total: input + output + cacheRead + cacheWrite }
  }

  #ratesOf(price: TokenPrice): Rates {
    let rates = this.#rates.get(price)
    if (rates === undefined) {
      const input = nanoFromDecimal(price.input)
      const or = (text: string | undefined): Nano => (text === undefined ? input : nanoFromDecimal(text))
      rates = {
        input,
        output: nanoFromDecimal(price.output),
        cacheRead: or(price.cacheRead),
        cacheWrite: or(price.cacheWrite),
      }
      this.#rates.set(price, rates)
    }
    return rates
  }
}

const isNothing = (usage: Usage): boolean =>
  usage.input === 0 && usage.output === 0 && usage.cacheRead === 0 && usage.cacheWrite === 0
