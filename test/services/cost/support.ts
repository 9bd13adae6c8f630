import type { Cost, Model, Price, Usage } from '@plugboard/sdk'
import type { PriceList } from '../../../core/services/cost/base-book.ts'
import type { ChargeConditions } from '../../../core/services/cost/cost.ts'
import { PriceBook } from '../../../core/services/cost/price-book.ts'
import type { PriceSettings } from '../../../core/services/cost/price-settings.ts'
import type { Logger } from '../../../core/services/logger/logger.ts'

export const AT = Date.parse('2026-10-01T12:00:00Z')

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

export interface BookOptions {
  readonly base?: PriceList
  readonly settings?: readonly PriceSettings[]
  readonly now?: () => number
  readonly log?: Logger
}

export async function priceBook({
  base,
  settings = [],
  now = () => AT,
  log = silent,
}: BookOptions = {}): Promise<PriceBook> {
  const book = new PriceBook({
    clock: { now, monotonic: () => 0 },
    log,
    base: base ?? (() => undefined),
    settings: () => Promise.resolve(settings),
  })
  await book.reload()
  return book
}

export const model = (price?: Price, about: Partial<Model> = {}): Model => ({
  provider: 'acme',
  id: 'one',
  name: 'One',
  api: 'openai-chat',
  baseUrl: 'https://api.acme.test/v1',
  input: ['text'],
  tools: true,
  reasoning: false,
  ...(price === undefined ? {} : { price }),
  ...about,
})

export function usage(counts: Partial<Usage>): Usage {
  const all = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, ...counts }
  return { ...all, totalTokens: all.input + all.output + all.cacheRead + all.cacheWrite }
}

/** What a declared price makes of a usage; `settings` as a host would give them. */
export async function charged(
  price: Price,
  counts: Partial<Usage>,
  { settings, ...conditions }: ChargeConditions & { readonly settings?: PriceSettings } = {},
): Promise<Cost> {
  const book = await priceBook(settings === undefined ? {} : { settings: [settings] })
  return book.costOf(model(price), usage(counts), conditions)
}
