import type { PricePeriod } from '@plugboard/sdk'
import { compilePrice, type CompiledPrice } from './compile-price.ts'
import type { PriceLayer, Terms } from './cost.ts'
import { priceVersion } from './price-version.ts'

type Period = Terms & Pick<PricePeriod, 'from' | 'until' | 'daily'>

/** A price as any layer may state it. */
export type ListedPrice = 'free' | (Terms & { readonly periods?: readonly Period[] })

/** What a model costs at any time. */
export interface PriceSchedule {
  readonly usual: CompiledPrice
  /** The last one that holds counts. */
  readonly periods: readonly CompiledPeriod[]
}

interface CompiledPeriod {
  readonly price: CompiledPrice
  /** Milliseconds since 1970. */
  readonly from: number
  readonly until: number
  readonly daily: { readonly from: number; readonly until: number } | undefined
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** Throws RangeError when an amount or a time cannot be read. */
export function priceSchedule(listed: ListedPrice, layer: PriceLayer, markupPercent?: string): PriceSchedule {
  const compile = (price: 'free' | Terms): CompiledPrice => compilePrice(priceVersion(layer, price, markupPercent))
  if (listed === 'free') return { usual: compile('free'), periods: [] }
  const { periods = [], ...usual } = listed
  return {
    usual: compile(usual),
    periods: periods.map(({ from, until, daily, ...terms }) => ({
      price: compile(terms),
      from: from === undefined ? -Infinity : moment(from),
      until: until === undefined ? Infinity : moment(until),
      daily: daily === undefined ? undefined : { from: timeOfDay(daily.from), until: timeOfDay(daily.until) },
    })),
  }
}

/** The price that holds at a time in milliseconds since 1970. */
export function priceAt({ usual, periods }: PriceSchedule, at: number): CompiledPrice {
  if (periods.length === 0) return usual
  return periods.findLast((period) => holds(period, at))?.price ?? usual
}

function holds({ from, until, daily }: CompiledPeriod, at: number): boolean {
  if (at < from || at >= until) return false
  if (daily === undefined) return true
  const time = ((at % DAY_MS) + DAY_MS) % DAY_MS
  return daily.from <= daily.until ? time >= daily.from && time < daily.until : time >= daily.from || time < daily.until
}

function moment(text: string): number {
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new RangeError(`"${text}" is not a date`)
  return at
}

function timeOfDay(text: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text)
  if (match === null) throw new RangeError(`"${text}" is not a time of day`)
  return (Number(match[1]) * 60 + Number(match[2])) * MINUTE_MS
}
