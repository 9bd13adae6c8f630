// The one file that knows genai-prices.
import { createRequire } from 'node:module'
import type { calcPrice, ConditionalPrice, findProvider, ModelInfo, ModelPrice } from '@pydantic/genai-prices'
import type { Model } from '@plugboard/sdk'
import type { ListedPrice } from './price-schedule.ts'
import type { Terms } from './cost.ts'
import type { RateKind } from './price-version.ts'

type PriceListPeriod = NonNullable<Exclude<ListedPrice, 'free'>['periods']>[number]
interface Book {
  readonly calcPrice: typeof calcPrice
  readonly findProvider: typeof findProvider
}

export type PriceList = (model: Pick<Model, 'provider' | 'id' | 'baseUrl'>) => ListedPrice | undefined

/** Providers whose usual name is not the book's, for those without a URL to know them by. */
const NAMES_IN_BOOK: Readonly<Record<string, string>> = {
  'amazon-bedrock': 'aws',
  bedrock: 'aws',
  gemini: 'google',
  'google-vertex': 'google',
  kimi: 'moonshotai',
  moonshot: 'moonshotai',
  'openai-responses': 'openai',
  'together-ai': 'together',
  vertex: 'google',
  xai: 'x-ai',
}

const RATES_IN_BOOK: Readonly<Record<string, RateKind>> = {
  input_mtok: 'input',
  output_mtok: 'output',
  cache_read_mtok: 'cacheRead',
  cache_write_mtok: 'cacheWrite',
  cache_write_1h_mtok: 'cacheWrite1h',
  output_reasoning_mtok: 'reasoning',
  input_audio_mtok: 'audioInput',
  output_audio_mtok: 'audioOutput',
  input_image_mtok: 'imageInput',
  output_image_mtok: 'imageOutput',
}

/**
 * The public price list that comes with Plugboard. It takes some 25 ms and 8 MB, so it is loaded when the first model without
 * a declared price needs it. A model is looked up with the provider its URL belongs to, else with that of its provider's id.
 */
export const baseBook: PriceList = (model) => {
  const book = load()
  try {
    const provider = providerIn(book, model)
    if (provider === undefined) return undefined
    const found = book.calcPrice({}, model.id, { providerId: provider })
    return found === null ? undefined : listedPrice(found.model)
  } catch {
    // Entries the book itself cannot make sense of: not a price that anybody should be charged.
    return undefined
  }
}

let loaded: Book | undefined

const load = (): Book => (loaded ??= createRequire(import.meta.url)('@pydantic/genai-prices') as Book)

function providerIn(book: Book, { provider, baseUrl }: Parameters<PriceList>[0]): string | undefined {
  const byUrl = baseUrl === undefined ? undefined : book.findProvider({ providerApiUrl: baseUrl })
  if (byUrl !== undefined) return byUrl.id
  const name = NAMES_IN_BOOK[provider] ?? provider
  // The book guesses from parts of names; a stranger called "my-openai" must not get OpenAI's prices.
  return book.findProvider({ providerId: name })?.id === name ? name : undefined
}

function listedPrice({ id, prices }: ModelInfo): ListedPrice | undefined {
  const [usual, ...periods] = Array.isArray(prices) ? prices : [{ prices }]
  if (usual === undefined) return undefined
  // An empty entry says "free" for some models and "not known" for others; only the name tells.
  if (Object.keys(usual.prices).length === 0) return id.endsWith(':free') ? 'free' : undefined
  const terms = termsOf(usual.prices)
  return periods.length === 0 ? terms : { ...terms, periods: periods.map(periodOf) }
}

function periodOf({ constraint, prices }: ConditionalPrice): PriceListPeriod {
  const terms = termsOf(prices)
  if (constraint === undefined) return terms
  if (constraint.type === 'start_date') return { ...terms, from: constraint.start_date }
  return { ...terms, daily: { from: minutes(constraint.start_time), until: minutes(constraint.end_time) } }
}

/** Throws RangeError where no whole price can be read, above all without an input price. */
function termsOf(amounts: ModelPrice): Terms {
  const { tiers, ...usual } = ratesOf(amounts)
  const { requests_kcount: perThousand } = amounts
  if (usual.input === undefined) throw new RangeError('no input price')
  return {
    ...usual,
    input: usual.input,
    ...(typeof perThousand === 'number' ? { request: decimal(perThousand / 1_000) } : {}),
    ...(tiers.length === 0 ? {} : { tiers }),
  }
}

type Tier = { above: number } & Partial<Record<RateKind, string>>

function ratesOf(amounts: ModelPrice): Partial<Record<RateKind, string>> & { tiers: Tier[] } {
  const usual: Partial<Record<RateKind, string>> = {}
  const tiers = new Map<number, Tier>()
  for (const [name, amount] of Object.entries(amounts)) {
    const kind = RATES_IN_BOOK[name]
    if (kind === undefined || amount === undefined) continue
    usual[kind] = decimal(typeof amount === 'number' ? amount : amount.base)
    if (typeof amount === 'number') continue
    for (const { start, price } of amount.tiers) {
      const tier = tiers.get(start) ?? { above: start }
      tier[kind] = decimal(price)
      tiers.set(start, tier)
    }
  }
  return { ...usual, tiers: [...tiers.values()] }
}

/** The amount as its authors wrote it: some entries carry the noise of a calculation in floats behind the ninth decimal. */
const decimal = (amount: number): string => amount.toFixed(9)

function minutes(time: string): string {
  const match = /^(\d\d:\d\d):00(?:\.0+)?Z$/.exec(time)
  if (match?.[1] === undefined) throw new RangeError(`"${time}" is not a whole minute in UTC`)
  return match[1]
}
