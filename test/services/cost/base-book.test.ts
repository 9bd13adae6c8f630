import { createRequire } from 'node:module'
import { beforeAll, describe, expect, test } from 'vitest'
import { baseBook } from '../../../core/services/cost/base-book.ts'
import { model, priceBook, usage } from './support.ts'

interface ListedProvider {
  readonly id: string
  readonly models: readonly { readonly id: string }[]
}

/** The part of the public list's own interface that is compared with. */
interface Book {
  waitForUpdate(): Promise<readonly ListedProvider[] | null>
  calcPrice(
    usage: Readonly<Record<string, number>>,
    model: string,
    options: { readonly providerId: string; readonly timestamp: Date },
  ): { readonly total_price: number } | null
}

const listed = (provider: string, id: string, baseUrl?: string): unknown => baseBook({ provider, id, baseUrl })

describe('finding a model in the public list', () => {
  test('by its name, and by its name with a date', () => {
    const gpt4o = { input: '2.500000000', output: '10.000000000', cacheRead: '1.250000000' }
    expect(listed('openai', 'gpt-4o')).toEqual(gpt4o)
    expect(listed('openai', 'gpt-4o-2024-08-06')).toEqual(gpt4o)
    expect(listed('anthropic', 'claude-sonnet-4-5-20250929')).toEqual(listed('anthropic', 'claude-sonnet-4-5'))
  })

  test('under our providers’ names', () => {
    expect(listed('xai', 'grok-4-0709')).toMatchObject({ input: '3.000000000' })
    expect(listed('gemini', 'gemini-2.5-pro')).toMatchObject({ input: '1.250000000' })
    expect(listed('moonshot', 'kimi-k2-0905-preview')).toBeDefined()
    expect(listed('amazon-bedrock', 'anthropic.claude-sonnet-4-5-20250929-v1:0')).toBeDefined()
  })

  test('by the URL of the host that sends the bill, whatever the provider is called', () => {
    expect(listed('claude_backup', 'claude-sonnet-4-5', 'https://api.anthropic.com')).toBeDefined()
    // Another host's price for the same model.
    expect(listed('openai', 'llama-3.3-70b-versatile', 'https://api.groq.com/openai/v1')).toMatchObject({
      input: '0.590000000',
    })
  })

  test('not at all for a stranger whose name or URL merely looks alike', () => {
    expect(listed('my-openai', 'gpt-4o', 'http://127.0.0.1:1234/v1')).toBeUndefined()
    expect(listed('sandbox', 'gpt-4o')).toBeUndefined()
    expect(listed('openai', 'no-such-model')).toBeUndefined()
  })
})

describe('what the list says, in our terms', () => {
  test('tiers', () => {
    expect(listed('google', 'gemini-2.5-pro')).toEqual({
      input: '1.250000000',
      output: '10.000000000',
      cacheRead: '0.125000000',
      tiers: [{ above: 200_000, input: '2.500000000', output: '15.000000000', cacheRead: '0.250000000' }],
    })
  })

  test('prices with a date and with hours', () => {
    expect(listed('anthropic', 'claude-opus-4-6')).toMatchObject({ periods: [{ from: '2026-03-13' }] })
    expect(listed('deepseek', 'deepseek-chat')).toMatchObject({
      input: '0.135000000',
      periods: [{ daily: { from: '00:30', until: '16:30' }, input: '0.270000000' }],
    })
  })

  test('a fee per request', () => {
    expect(listed('perplexity', 'sonar')).toMatchObject({ request: '0.012000000' })
  })

  test('an empty entry is free only where the name says so, otherwise unknown', () => {
    expect(listed('openrouter', 'openai/gpt-oss-20b:free')).toBe('free')
    expect(listed('github-copilot', 'gpt-4o')).toBeUndefined()
  })

  test('embeddings have an input price; output would be unknown, not free', async () => {
    const book = await priceBook({ base: baseBook })
    const voyage = model(undefined, { provider: 'voyageai', id: 'voyage-3', baseUrl: undefined })
    expect(book.costOf(voyage, usage({ input: 1_000_000 })).total).toBe(60_000_000)
    expect(book.costOf(voyage, usage({ input: 1_000_000, output: 1 })).total).toBeNull()
  })
})

describe('every model of the list', () => {
  const book = createRequire(import.meta.resolve('plugboard'))('@pydantic/genai-prices') as Book
  let providers: readonly ListedProvider[] | null
  beforeAll(async () => {
    providers = await book.waitForUpdate()
  })

  test.each([
    [1_000, '2026-10-01T02:00:00Z'],
    [300_000, '2025-01-01T20:00:00Z'],
  ])('costs the same here as by the list’s own arithmetic: %d tokens at %s', async (size, time) => {
    const at = new Date(time)
    const ours = await priceBook({ base: baseBook, now: () => at.getTime() })
    let compared = 0
    for (const provider of providers ?? [])
      for (const { id } of provider.models) {
        const asked = model(undefined, { provider: provider.id, id, baseUrl: undefined })
        const terms = ours.priceOf(asked)?.price
        if (terms === undefined || terms === 'free' || terms.output === undefined) continue
        const [cacheRead, cacheWrite] = [200, 100]
        const cacheWrite1h = terms.cacheWrite1h === undefined ? 0 : 40
        const { total } = ours.costOf(
          asked,
          usage({ input: size - cacheRead - cacheWrite, output: 500, cacheRead, cacheWrite, cacheWrite1h }),
        )
        const theirs = book.calcPrice(
          {
            input_tokens: size,
            output_tokens: 500,
            ...(terms.cacheRead === undefined ? {} : { cache_read_tokens: cacheRead }),
            ...(terms.cacheWrite === undefined ? {} : { cache_write_tokens: cacheWrite }),
            ...(cacheWrite1h === 0 ? {} : { cache_write_1h_tokens: cacheWrite1h }),
          },
          id,
          { providerId: provider.id, timestamp: at },
        )
        // Their floats, and our half nano-dollar per part.
        const tolerance = 3 + (theirs?.total_price ?? 0) * 10
        expect(Math.abs((total ?? 0) - (theirs?.total_price ?? 0) * 1e9), `${provider.id}:${id}`).toBeLessThan(
          tolerance,
        )
        compared++
      }
    expect(compared).toBeGreaterThan(1_400)
  })
})
