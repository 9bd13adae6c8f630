import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPlugboard, type Context, type Model, type Price, type TokenCounter } from 'plugboard'
import { comparison } from '../../../core/services/cost/estimate/compare.ts'
import { estimate, type Estimate, type EstimateOptions } from '../../../core/services/cost/estimate/estimate.ts'
import { model, priceBook, usage } from './support.ts'

/** 1,000 tokens most likely, 1,500 at most. */
const counter: TokenCounter = {
  input: () => ({ likely: 1_000, most: 1_500 }),
  text: () => ({ likely: 1, most: 1 }),
}
const hello: Context = { messages: [{ role: 'user', content: 'Hello' }] }

async function estimated(
  price: Price | undefined,
  { about = {}, context = hello, ...options }: EstimateOptions & { about?: Partial<Model>; context?: Context } = {},
): Promise<Estimate> {
  return estimate({ prices: await priceBook(), counter }, model(price, about), context, options)
}

describe('an estimate', () => {
  const gpt4o = { input: '2.50', output: '10', cacheRead: '1.25' }

  test('has a likely cost, a worst one, and says how sure it is of the input', async () => {
    // Likely: 1,000 x 2,500 + 500 x 10,000. Worst: 1,500 x 2,500 + 4,096 x 10,000
    expect(await estimated(gpt4o, { maxTokens: 4_096 })).toEqual({
      provider: 'acme',
      model: 'one',
      price: 'known',
      inputTokens: 1_000,
      inputTokensError: 500,
      likely: { nano: 7_500_000, tokens: 1_500, outputTokens: 500 },
      worst: { nano: 44_710_000, tokens: 5_596, outputTokens: 4_096 },
    })
  })

  test.each<[string, EstimateOptions & { about?: Partial<Model> }, number]>([
    ['what the caller allows', { maxTokens: 100, about: { maxTokens: 8_000 } }, 100],
    ['what the model can', { about: { maxTokens: 8_000 } }, 8_000],
    ['32,768 tokens when nobody says', {}, 32_768],
    ['the window of a small model', { about: { contextWindow: 4_096 } }, 4_096],
  ])('takes for the longest answer %s', async (_what, options, tokens) => {
    expect((await estimated(gpt4o, options)).worst.outputTokens).toBe(tokens)
  })

  test('takes the length that the caller expects, but none longer than allowed', async () => {
    expect((await estimated(gpt4o, { expectedOutputTokens: 2_000 })).likely.outputTokens).toBe(2_000)
    expect((await estimated(gpt4o, { expectedOutputTokens: 2_000, maxTokens: 300 })).likely.outputTokens).toBe(300)
  })

  test('knows that a request larger than the window is refused, not billed', async () => {
    expect((await estimated(gpt4o, { about: { contextWindow: 1_200 } })).inputTokensError).toBe(200)
  })

  test('of a free model is 0, of an unpriced one unknown', async () => {
    expect(await estimated('free')).toMatchObject({ price: 'free', likely: { nano: 0 }, worst: { nano: 0 } })
    expect(await estimated(undefined)).toMatchObject({
      price: 'unknown',
      likely: { nano: null },
      worst: { nano: null },
    })
  })
})

describe('the worst case is that of the dearest kind that could apply', () => {
  const worst = async (price: Price, options: EstimateOptions & { context?: Context } = {}): Promise<number | null> =>
    (await estimated(price, { maxTokens: 10, ...options })).worst.nano

  test('cache writes', async () => {
    // 1,500 x 1,250 + 10 x 1,000
    expect(await worst({ input: '1', output: '1', cacheWrite: '1.25' })).toBe(1_885_000)
  })

  test('hour-long cache writes where the request asks for them', async () => {
    const price = { input: '1', output: '1', cacheWrite: '1.25', cacheWrite1h: '2' }
    const content = [{ type: 'text', text: 'Hello', providerMetadata: { cache_control: { ttl: '1h' } } }] as const
    expect(await worst(price)).toBe(1_885_000)
    expect(await worst(price, { context: { messages: [{ role: 'user', content }] } })).toBe(3_010_000)
    expect(await worst(price, { providerOptions: { acme: { cache_control: { ttl: '1h' } } } })).toBe(3_010_000)
  })

  test('thinking, speaking and drawing', async () => {
    expect(await worst({ input: '1', output: '1', reasoning: '3' })).toBe(1_530_000)
    expect(await worst({ input: '1', output: '1', reasoning: '0.5' })).toBe(1_510_000)
    expect(await worst({ input: '1', output: '1', audioOutput: '5', imageOutput: '30' })).toBe(1_800_000)
  })

  test('images that are sent, not images that might be', async () => {
    const price = { input: '1', output: '1', imageInput: '2' }
    const context: Context = { messages: [{ role: 'user', content: [{ type: 'image', url: 'https://x.test/1.png' }] }] }
    expect(await worst(price)).toBe(1_510_000)
    expect(await worst(price, { context })).toBe(3_010_000)
  })

  test('a tier that can be reached, and one that is cheaper', async () => {
    expect(await worst({ input: '1', output: '1', tiers: [{ above: 1_400, input: '2', output: '2' }] })).toBe(3_020_000)
    // Above 1,400 it would be cheaper, so the most is at exactly 1,400: 1,400 x 1,000 + 10 x 1,000
    expect(await worst({ input: '1', output: '1', tiers: [{ above: 1_400, input: '0.5' }] })).toBe(1_410_000)
  })

  test('and the fee per request', async () => {
    expect(await worst({ input: '1', output: '1', request: '0.005' })).toBe(6_510_000)
  })

  test('nothing within the bounds costs more, whatever kinds its tokens turn out to be', async () => {
    const prices = await priceBook()
    const amount = fc.integer({ min: 0, max: 50 }).map(String)
    const rates = {
      input: amount,
      output: amount,
      cacheRead: amount,
      cacheWrite: amount,
      reasoning: amount,
      audioOutput: amount,
    }
    const price = fc.record(
      {
        ...rates,
        request: amount,
        tiers: fc.array(
          fc.record({ above: fc.integer({ min: 1, max: 2_000 }), ...rates }, { requiredKeys: ['above'] }),
          { maxLength: 2 },
        ),
      },
      { requiredKeys: ['input', 'output'] },
    )
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(price, share, share, share, share, (terms, size, cached, written, thought) => {
        const target = model(terms as Price)
        const { worst: bound } = estimate({ prices, counter }, target, hello, { maxTokens: 1_000 })
        const input = Math.floor(1_500 * size)
        const cacheRead = Math.floor(input * cached)
        const cacheWrite = Math.floor((input - cacheRead) * written)
        const used = usage({
          input: input - cacheRead - cacheWrite,
          cacheRead,
          cacheWrite,
          output: 1_000,
          reasoning: Math.floor(1_000 * thought),
        })
        // Each part may be rounded up by half a nano-dollar.
        expect(prices.costOf(target, used).total ?? Infinity).toBeLessThanOrEqual((bound.nano ?? 0) + 2)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a comparison', () => {
  const text = async (from: Price | undefined, to: Price | undefined): Promise<string> =>
    comparison(await estimated(from), await estimated(to, { about: { id: 'two' } })).text

  test.each<[string, string, string]>([
    ['1', '51', 'about $0.05 more per run'],
    ['51', '1', 'about $0.05 less per run'],
    ['1', '1', 'the same cost per run'],
    ['1', '2', 'about $0.0010 more per run'],
    ['0.001', '0.0012', 'about $0.00000020 more per run'],
    ['0', '4567', 'about $4.57 more per run'],
  ])('from $%s to $%s per million', async (from, to, words) => {
    expect(await text({ input: from, output: '0' }, { input: to, output: '0' })).toBe(words)
  })

  test('with a free model is a difference, with an unpriced one unknown', async () => {
    expect(await text('free', { input: '50', output: '0' })).toBe('about $0.05 more per run')
    expect(await text('free', undefined)).toBe('not known: there is no price for acme:two')
    expect(await text(undefined, undefined)).toBe('not known: there is no price for acme:one and acme:two')
    const { likelyDifference, worstDifference } = comparison(await estimated('free'), await estimated(undefined))
    expect([likelyDifference, worstDifference]).toEqual([null, null])
  })
})

describe('a host', () => {
  test('estimates and compares by model names, and learns how long answers are', async () => {
    await using plugboard = await createPlugboard({
      dataDir: false,
      hostDir: false,
      logLevel: 'silent',
      env: {},
      settings: { sandbox: { wordDelayMs: 0 } },
    })
    const context: Context = { messages: [{ role: 'user', content: 'Say something about prices, please.' }] }
    expect((await plugboard.estimate('sandbox:demo', context)).likely.outputTokens).toBe(500)
    const answer = await plugboard.complete('sandbox:demo', context)
    const learned = await plugboard.estimate('sandbox:demo', context)
    expect(learned.likely.outputTokens).toBe(answer.usage?.output)
    expect(learned.worst.nano).toBeGreaterThanOrEqual(answer.cost?.total ?? Infinity)
    const { text, likelyDifference } = await plugboard.compare('sandbox:demo', 'sandbox:thinker', context)
    expect(likelyDifference).toBeGreaterThan(0)
    expect(text).toMatch(/^about \$0\.\d+ more per run$/)
    await expect(plugboard.estimate('sandbox:nothing', context)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' })
  })
})
