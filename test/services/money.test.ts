import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Model, Usage } from '../../plugin-sdk/index.ts'
import { dollars, nanoFor, nanoFromDecimal, rateOf } from '../../core/services/cost/money.ts'
import { PriceBook } from '../../core/services/cost/price-book.ts'
import { systemClock } from '../../core/services/clock/clock.ts'
import { createPinoLogger } from '../../core/services/logger/pino-logger.ts'

const nanoForTokens = (tokens: number, perMillion: number): number => nanoFor(tokens, rateOf(perMillion, 1_000_000))

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)

describe('reading amounts', () => {
  it.each([
    ['0', 0],
    ['2.50', 2_500_000_000],
    ['0.000000001', 1],
    ['0.1', 100_000_000],
    ['9007199.254740991', Number.MAX_SAFE_INTEGER],
  ])('reads %s dollars as %d nano-dollars', (text, nano) => {
    expect(nanoFromDecimal(text)).toBe(nano)
  })

  it.each(['', '-1', '1,5', '.5', '1.', '1e3', ' 1', '0.0000000001', '9007199.254740992', '1234567890', 'free'])(
    'refuses "%s"',
    (text) => {
      expect(() => nanoFromDecimal(text)).toThrow(RangeError)
    },
  )

  it('reads every amount exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MAX_SAFE }), (nano) => {
        const whole = nano / 1_000_000_000n
        const rest = (nano % 1_000_000_000n).toString().padStart(9, '0')
        expect(BigInt(nanoFromDecimal(`${whole}.${rest}`))).toBe(nano)
      }),
    )
  })
})

describe('reckoning', () => {
  it.each([
    [1, 499_999, 0],
    [1, 500_000, 1],
    [1, 1_499_999, 1],
    [1, 1_500_000, 2],
    [3, 500_000, 2],
    [0, 999_999_999, 0],
  ])('rounds %d tokens at %d nano-dollars a million half up to %d', (tokens, perMillion, nano) => {
    expect(nanoForTokens(tokens, perMillion)).toBe(nano)
  })

  it('agrees with unlimited integers, however large the numbers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000_000 }),
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        (tokens, perMillion) => {
          const exact = (BigInt(tokens) * BigInt(perMillion) + 500_000n) / 1_000_000n
          fc.pre(exact <= MAX_SAFE)
          expect(BigInt(nanoForTokens(tokens, perMillion))).toBe(exact)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('shows an amount as the decimal it is', () => {
    expect(dollars(7_500_000)).toBe(0.0075)
    expect(JSON.stringify(dollars(1))).toBe('1e-9')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000_000 }), (nano) => {
        expect(Number(dollars(nano).toFixed(9)) * 1e9).toBeCloseTo(nano, 3)
        expect(nanoFromDecimal(dollars(nano).toFixed(9))).toBe(nano)
      }),
    )
  })
})

describe('what an answer costs', () => {
  const prices = new PriceBook({
    clock: systemClock,
    log: createPinoLogger('silent'),
    base: () => undefined,
    settings: () => Promise.resolve([]),
  })
  const model = (price?: Model['price']): Model => ({
    id: 'm',
    name: 'm',
    provider: 'p',
    api: 'code',
    baseUrl: undefined,
    input: ['text'],
    tools: true,
    reasoning: false,
    ...(price === undefined ? {} : { price }),
  })
  const usage = (input: number, output: number, cacheRead = 0, cacheWrite = 0): Usage => ({
    input,
    output,
    cacheRead,
    cacheWrite,
    totalTokens: input + output + cacheRead + cacheWrite,
  })

  it('is exactly 0.0075 dollars for 1,000 tokens in and 500 out of gpt-4o', () => {
    const { total } = prices.costOf(model({ input: '2.50', output: '10.00' }), usage(1_000, 500))
    expect(total).toBe(7_500_000)
    expect(dollars(total ?? 0)).toBe(0.0075)
  })

  it('takes cached tokens at their own price, and at the input price where none is declared', () => {
    const own = { input: '2', output: '10', cacheRead: '0.2', cacheWrite: '2.5' }
    expect(prices.costOf(model(own), usage(0, 0, 1_000_000, 1_000_000))).toMatchObject({
      cacheRead: 200_000_000,
      cacheWrite: 2_500_000_000,
    })
    expect(prices.costOf(model({ input: '2', output: '10' }), usage(0, 0, 1_000_000, 1_000_000))).toMatchObject({
      cacheRead: 2_000_000_000,
      cacheWrite: 2_000_000_000,
    })
  })

  it('is null where the price is unknown, and zero only where it is free or nothing was used', () => {
    expect(prices.costOf(model(), usage(1, 0))).toEqual({
      input: null,
      output: null,
      cacheRead: null,
      cacheWrite: null,
      total: null,
    })
    expect(prices.costOf(model('free'), usage(1_000, 1_000)).total).toBe(0)
    expect(prices.costOf(model(), usage(0, 0)).total).toBe(0)
  })

  it('is the sum of its parts', () => {
    const amount = fc
      .tuple(fc.nat(999), fc.nat(999_999_999))
      .map(([whole, rest]) => `${whole}.${String(rest).padStart(9, '0')}`)
    const tokens = fc.nat(10_000_000)
    fc.assert(
      fc.property(amount, amount, tokens, tokens, tokens, (input, output, asked, answered, cached) => {
        const cost = prices.costOf(model({ input, output }), usage(asked, answered, cached))
        expect(cost.total).toBe((cost.input ?? 0) + (cost.output ?? 0) + (cost.cacheRead ?? 0) + (cost.cacheWrite ?? 0))
      }),
    )
  })
})
