import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Cost, TokenPrice, Usage } from '@plugboard/sdk'
import { charge } from '../../../core/services/cost/charge.ts'
import { compilePrice, type CompiledPrice } from '../../../core/services/cost/compile-price.ts'
import {
  decimalFromNano,
  discount,
  markUp,
  nanoFor,
  nanoFromDecimal,
  rateOf,
} from '../../../core/services/cost/money.ts'
import { priceVersion, RATE_KINDS, type RateKind } from '../../../core/services/cost/price-version.ts'

const amount = fc.integer({ min: 0, max: 200_000_000_000 }).map(decimalFromNano)
const percent = (max: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.integer({ min: 0, max: max - 1 }), fc.integer({ min: 0, max: 9_999 }))
    .map(([whole, rest]) => `${whole}.${String(rest).padStart(4, '0')}`)

/** Higher tiers only ever raise a price, as with every provider. */
const price: fc.Arbitrary<TokenPrice> = fc
  .tuple(
    fc.record(
      {
        ...(Object.fromEntries(RATE_KINDS.map((kind) => [kind, amount])) as Record<RateKind, typeof amount>),
        request: amount,
        batchDiscountPercent: percent(100),
      },
      { requiredKeys: ['input', 'output'] },
    ),
    fc.array(fc.tuple(fc.integer({ min: 1, max: 400_000 }), fc.integer({ min: 1, max: 3 })), { maxLength: 3 }),
  )
  .map(([terms, steps]) => {
    const sorted = steps.toSorted(([one], [other]) => one - other)
    let factor = 1
    const tiers = sorted.map(([above, more]) => {
      factor *= more
      return {
        above,
        ...Object.fromEntries(
          RATE_KINDS.flatMap((kind) => {
            const rate = terms[kind]
            return rate === undefined ? [] : [[kind, decimalFromNano(nanoFromDecimal(rate) * factor)]]
          }),
        ),
      }
    })
    return { ...terms, tiers } as unknown as TokenPrice
  })

const tokens = fc.oneof(fc.nat(50), fc.nat(2_000_000))

const usage: fc.Arbitrary<Usage> = fc
  .record({
    plain: tokens,
    audioInput: tokens,
    imageInput: tokens,
    cacheRead: tokens,
    short: tokens,
    cacheWrite1h: tokens,
    answer: tokens,
    reasoning: tokens,
    audioOutput: tokens,
    imageOutput: tokens,
  })
  .map(({ plain, short, answer, ...parts }) => {
    const input = plain + parts.audioInput + parts.imageInput
    const output = answer + parts.reasoning + parts.audioOutput + parts.imageOutput
    const cacheWrite = short + parts.cacheWrite1h
    return { ...parts, input, output, cacheWrite, totalTokens: input + output + cacheWrite + parts.cacheRead }
  })

const compiled = (terms: TokenPrice, markupPercent?: string): CompiledPrice =>
  compilePrice(priceVersion('manifest', terms, markupPercent))

const PARTS = [...RATE_KINDS, 'request'] as const

const sumOf = (cost: Cost): number => PARTS.reduce((sum, part) => sum + (cost[part] ?? 0), 0)

describe('for every price and usage', () => {
  test('the total is the exact sum of the parts', () => {
    fc.assert(
      fc.property(price, usage, fc.boolean(), fc.option(percent(200)), (terms, used, batch, markup) => {
        const cost = charge(compiled(terms, markup ?? undefined), used, batch)
        expect(cost.total).toBe(sumOf(cost))
        expect(Number.isSafeInteger(cost.total)).toBe(true)
      }),
    )
  })

  test('more tokens of any kind never cost less', () => {
    const whole = {
      audioInput: 'input',
      imageInput: 'input',
      cacheWrite1h: 'cacheWrite',
      reasoning: 'output',
      audioOutput: 'output',
      imageOutput: 'output',
    } as const
    fc.assert(
      fc.property(
        price,
        usage,
        fc.constantFrom(...RATE_KINDS),
        fc.integer({ min: 1, max: 100_000 }),
        (terms, used, kind, more) => {
          const parent = (whole as Partial<Record<string, 'input' | 'output' | 'cacheWrite'>>)[kind]
          const larger = {
            ...used,
            [kind]: (used[kind] ?? 0) + more,
            ...(parent === undefined ? {} : { [parent]: used[parent] + more }),
          }
          const by = compiled(terms)
          expect(charge(by, larger).total ?? 0).toBeGreaterThanOrEqual(charge(by, used).total ?? 0)
        },
      ),
    )
  })

  test('each part is the exact fraction, rounded half up once', () => {
    fc.assert(
      fc.property(price, usage, fc.boolean(), percent(200), (terms, used, batch, markup) => {
        const cost = charge(compiled(terms, markup), used, batch)
        const size = used.input + used.cacheRead + used.cacheWrite
        const tier = (terms.tiers ?? []).findLast(({ above }) => size > above) ?? {}
        const rates = { ...terms, ...tier }
        const off = batch ? (terms.batchDiscountPercent ?? '0') : '0'
        // Everything over 10^6 tokens x 10^6 (mark-up) x 10^6 (discount), in integers without limit.
        const exact = (count: number, rate: string): bigint => {
          const units = (text: string): bigint => BigInt(Math.round(Number(text) * 10_000))
          const over =
            BigInt(count) * BigInt(nanoFromDecimal(rate)) * (1_000_000n + units(markup)) * (1_000_000n - units(off))
          return (over * 2n + 10n ** 18n) / (2n * 10n ** 18n)
        }
        expect(BigInt(cost.cacheRead ?? -1)).toBe(exact(used.cacheRead, rates.cacheRead ?? rates.input))
        if (rates.reasoning !== undefined && (used.reasoning ?? 0) > 0)
          expect(BigInt(cost.reasoning ?? -1)).toBe(exact(used.reasoning ?? 0, rates.reasoning))
        const own =
          (used.audioInput ?? 0) * Number(rates.audioInput !== undefined) +
          (used.imageInput ?? 0) * Number(rates.imageInput !== undefined)
        expect(BigInt(cost.input ?? -1)).toBe(exact(used.input - own, rates.input))
      }),
    )
  })

  test('a discount or no mark-up never raises, a mark-up never lowers the cost', () => {
    fc.assert(
      fc.property(price, usage, percent(100), (terms, used, markup) => {
        const total = charge(compiled(terms), used).total ?? 0
        expect(charge(compiled(terms), used, true).total ?? 0).toBeLessThanOrEqual(total)
        expect(charge(compiled(terms, markup), used).total ?? 0).toBeGreaterThanOrEqual(total)
      }),
    )
  })
})

describe('money', () => {
  test('amounts read and written again stay the same', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (nano) => {
        expect(nanoFromDecimal(decimalFromNano(nano))).toBe(nano)
      }),
    )
  })

  test('a rate agrees with unlimited integers, however large', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000_000), fc.maxSafeNat(), percent(9_999), percent(100), (count, nano, more, less) => {
        const rate = rateOf(nano, 1_000_000, [markUp(more), discount(less)])
        const scale = 10n ** 18n
        const units = (text: string): bigint => BigInt(text.replace('.', ''))
        const over = BigInt(count) * BigInt(nano) * (1_000_000n + units(more)) * (1_000_000n - units(less))
        expect(nanoFor(count, rate)).toBe(Number((over * 2n + scale) / (2n * scale)))
      }),
    )
  })

  test.each(['-1', '1e3', '.5', '1.', '', ' 1', '1,5', '0.0000000001', '9999999999'])('"%s" is no amount', (text) => {
    expect(() => nanoFromDecimal(text)).toThrow(RangeError)
  })

  test.each(['-1', '7.00001', 'ten', ''])('"%s" is no percentage', (text) => {
    expect(() => markUp(text)).toThrow(RangeError)
  })

  test('nobody is paid for calling', () => {
    expect(() => discount('100.0001')).toThrow(RangeError)
  })
})
