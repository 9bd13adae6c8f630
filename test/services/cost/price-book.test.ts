import { describe, expect, test } from 'vitest'
import type { Price } from '@plugboard/sdk'
import type { Logger } from '../../../core/services/logger/logger.ts'
import type { PriceSettings } from '../../../core/services/cost/price-settings.ts'
import { AT, model, priceBook, usage } from './support.ts'

const UNKNOWN = { input: null, output: null, cacheRead: null, cacheWrite: null, total: null }
const one = usage({ input: 1 })

describe('three layers', () => {
  const base = (): Price => ({ input: '1', output: '1' })

  test('the manifest wins over the public list, the user over both', async () => {
    const book = await priceBook({ base, settings: [{ models: { 'acme:mine': { input: '3', output: '3' } } }] })
    expect(book.costOf(model(), one).total).toBe(1_000)
    expect(book.costOf(model({ input: '2', output: '2' }), one).total).toBe(2_000)
    expect(book.costOf(model({ input: '2', output: '2' }, { id: 'mine' }), one).total).toBe(3_000)
    expect(book.priceOf(model())?.layer).toBe('base')
    expect(book.priceOf(model('free'))?.layer).toBe('manifest')
    expect(book.priceOf(model('free', { id: 'mine' }))?.layer).toBe('override')
  })

  test('an override for all of a provider gives way to one for a model', async () => {
    const book = await priceBook({
      settings: [{ models: { 'acme:*': 'free', 'acme:dear': { input: '9', output: '9' }, 'acme:odd': 'unknown' } }],
    })
    expect(book.costOf(model(undefined, { id: 'odd' }), one).total).toBeNull()
    expect(book.costOf(model({ input: '2', output: '2' }), one).total).toBe(0)
    expect(book.costOf(model(undefined, { id: 'dear' }), one).total).toBe(9_000)
    expect(book.costOf(model(undefined, { provider: 'other' }), one).total).toBeNull()
  })

  test('of two sources of overrides the first wins, for the mark-up too', async () => {
    const host: PriceSettings = { models: { 'acme:one': { input: '5', output: '5' } }, markupPercent: '10' }
    const file: PriceSettings = { models: { 'acme:one': 'free', 'acme:two': 'free' }, markupPercent: '50' }
    const book = await priceBook({ settings: [host, file] })
    expect(book.costOf(model(), one).total).toBe(5_500)
    expect(book.costOf(model(undefined, { id: 'two' }), one).total).toBe(0)
  })

  test('the public list is not asked about a model that has a price', async () => {
    const asked: string[] = []
    const book = await priceBook({
      base: ({ id }) => {
        asked.push(id)
        return undefined
      },
      settings: [{ models: { 'acme:overridden': 'unknown' } }],
    })
    book.costOf(model('free'), one)
    book.costOf(model(undefined, { id: 'overridden' }), one)
    expect(asked).toEqual([])
    book.costOf(model(undefined, { id: 'unlisted' }), one)
    book.costOf(model(undefined, { id: 'unlisted' }), one)
    expect(asked, 'asked once, though each call has a model object of its own').toEqual(['unlisted'])
  })

  test('names that callers make up are not remembered for ever', async () => {
    let asked = 0
    const book = await priceBook({
      base: () => {
        asked++
        return undefined
      },
    })
    for (let at = 0; at < 5_000; at++) book.priceOf(model(undefined, { id: `made-up-${at}` }))
    book.priceOf(model(undefined, { id: 'made-up-0' }))
    expect(asked).toBe(5_001)
  })
})

describe('free and unknown', () => {
  test('are never mixed', async () => {
    const book = await priceBook()
    const tokens = usage({ input: 10, output: 10, cacheRead: 10, cacheWrite: 10 })
    expect(book.costOf(model(), tokens)).toEqual(UNKNOWN)
    expect(book.priceOf(model())).toBeUndefined()
    expect(book.costOf(model('free'), tokens)).toMatchObject({
      input: 0,
      output: 0,
      cacheRead: 0,
      cacheWrite: 0,
      total: 0,
    })
    expect(book.priceOf(model('free'))).toMatchObject({ price: 'free' })
  })

  test('a user can take a price away', async () => {
    const book = await priceBook({ settings: [{ models: { 'acme:one': 'unknown' } }] })
    expect(book.costOf(model({ input: '2', output: '2' }), one)).toEqual(UNKNOWN)
  })

  test('a call without tokens costs nothing at any price, or none', async () => {
    const book = await priceBook()
    for (const price of [undefined, 'free', { input: '1', output: '1', request: '1' }] as const)
      expect(book.costOf(model(price), usage({})).total).toBe(0)
  })

  test.each([
    ['not a number', { input: Number.NaN }],
    ['negative', { output: -1 }],
    ['half a token', { cacheRead: 0.5 }],
    ['beyond counting', { input: 2 ** 60 }],
    ['not a number in a part', { input: 1, audioInput: Number.NaN }],
  ])('a count that is %s has no known cost', async (_what, counts) => {
    const book = await priceBook()
    expect(book.costOf(model({ input: '1', output: '1' }), usage(counts))).toEqual(UNKNOWN)
  })

  test('a total beyond what a number holds exactly is unknown, not wrong', async () => {
    const book = await priceBook()
    const dear = model({ input: '9000000', output: '1' })
    expect(book.costOf(dear, usage({ input: 1_000_000 })).total).toBe(9_000_000_000_000_000)
    expect(book.costOf(dear, usage({ input: 2_000_000 }))).toEqual(UNKNOWN)
  })

  test('a declared price that is nonsense is unknown, and said so once', async () => {
    const warnings: unknown[] = []
    const log: Logger = {
      debug() {},
      info() {},
      error() {},
      warn: (_message, details) => warnings.push(details),
      child: () => log,
    }
    const book = await priceBook({ log })
    const wrong = model({ input: 'cheap', output: '1' })
    expect(book.costOf(wrong, one)).toEqual(UNKNOWN)
    expect(book.costOf(wrong, one)).toEqual(UNKNOWN)
    expect(warnings).toEqual([
      expect.objectContaining({ model: 'acme:one', reason: expect.stringContaining('"cheap"') }),
    ])
    for (const price of [
      null,
      'cheap',
      7,
      {},
      { input: null, output: '1' },
      { input: '1', output: '1', tiers: 'none' },
    ])
      expect([price, book.costOf(model(price as unknown as Price), one)]).toEqual([price, UNKNOWN])
  })

  test('a price list that fails makes a price unknown, not a call fail', async () => {
    const book = await priceBook({
      base: () => {
        throw new Error('the list is damaged')
      },
    })
    expect(book.costOf(model(), one)).toEqual(UNKNOWN)
  })

  test('parts that a provider counts higher than their whole are billed no token twice', async () => {
    const book = await priceBook()
    const price = { input: '1', output: '1', reasoning: '1', audioOutput: '1' }
    expect(book.costOf(model(price), usage({ output: 100, reasoning: 90, audioOutput: 70 })).total).toBe(100_000)
  })
})

describe('time and change', () => {
  test('without a time, the clock decides', async () => {
    let now = AT
    const price = { input: '1', output: '1', periods: [{ from: '2026-10-02', input: '2', output: '2' }] }
    const book = await priceBook({ now: () => now })
    const changing = model(price)
    expect(book.costOf(changing, one).total).toBe(1_000)
    now += 86_400_000
    expect(book.costOf(changing, one).total).toBe(2_000)
    expect(book.costOf(changing, one, { at: AT }).total).toBe(1_000)
  })

  test('a reload replaces overrides also for models that were priced before', async () => {
    const settings: PriceSettings[] = []
    const book = await priceBook({ settings })
    const known = model({ input: '1', output: '1' })
    expect(book.costOf(known, one).total).toBe(1_000)
    settings.push({ models: { 'acme:one': 'free' }, markupPercent: '10' })
    expect(book.costOf(known, one).total).toBe(1_000)
    await book.reload()
    expect(book.costOf(known, one).total).toBe(0)
    settings.length = 0
    await book.reload()
    expect(book.costOf(known, one).total).toBe(1_000)
  })
})

describe('versions', () => {
  const idOf = async (price: Price, settings?: PriceSettings): Promise<string | undefined> =>
    (await priceBook(settings === undefined ? {} : { settings: [settings] })).priceOf(model(price))?.id

  test('the same terms have one version, however they are written', async () => {
    const id = await idOf({ input: '2.50', output: '10.00' })
    expect(id).toMatch(/^manifest-[0-9a-f]{16}$/)
    expect(await idOf({ output: '10', input: '02.5' })).toBe(id)
    expect(
      await idOf({ input: '2.5', output: '10', periods: [{ from: '2030-01-01', input: '1', output: '1' }] }),
      'a change to come is no other price today',
    ).toBe(id)
  })

  test('any other amount, tier, discount, mark-up or layer is another version', async () => {
    const price = { input: '2.5', output: '10' }
    const ids = [
      await idOf(price),
      await idOf({ ...price, output: '10.000000001' }),
      await idOf({ ...price, cacheRead: '2.5' }),
      await idOf({ ...price, tiers: [{ above: 1, input: '2.5' }] }),
      await idOf({ ...price, batchDiscountPercent: '50' }),
      await idOf({ ...price, request: '0.1' }),
      await idOf(price, { markupPercent: '1' }),
      await idOf('free', { models: { 'acme:one': price } }),
      await idOf('free'),
    ]
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('a charge names the version it was made with', async () => {
    const book = await priceBook()
    const priced = model({ input: '1', output: '1' })
    expect(book.costOf(priced, one).priceVersion).toBe(book.priceOf(priced)?.id)
    expect(book.costOf(model('free'), one).priceVersion).toBe(book.priceOf(model('free'))?.id)
    expect(book.costOf(model(), one)).not.toHaveProperty('priceVersion')
  })
})
