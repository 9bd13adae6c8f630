import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Context, GenerationOptions, Model, TokenPrice, Usage, WireFields } from '@plugboard/sdk'
import { declaredWorstCase } from '../../../core/services/budget/declared-worst-case.ts'
import { outputSizes } from '../../../core/pipeline/output-sizes.ts'
import { systemClock } from '../../../core/services/clock/clock.ts'
import { PriceBook } from '../../../core/services/cost/price-book.ts'
import { createPinoLogger } from '../../../core/services/logger/pino-logger.ts'
import { characterCounter } from '../../../core/services/tokens/character-counter.ts'

const prices = new PriceBook({
  clock: systemClock,
  log: createPinoLogger('silent'),
  base: () => undefined,
  settings: () => Promise.resolve([]),
})
const worstCase = declaredWorstCase(prices, characterCounter)

const model = (facts: Partial<Model> = {}): Model => ({
  id: 'large',
  provider: 'acme',
  name: 'Large',
  api: 'openai-chat',
  baseUrl: undefined,
  input: ['text'],
  tools: true,
  reasoning: false,
  contextWindow: 128_000,
  price: { input: '2.50', output: '10.00', cacheWrite: '3.125', cacheRead: '1.25' },
  ...facts,
})

interface Asked {
  readonly model?: Model
  readonly context?: Context
  readonly options?: GenerationOptions
  readonly wire?: WireFields
}

const say = (content: string): Context => ({ messages: [{ role: 'user', content }] })

const bound = ({ model: asked = model(), context = say('Hello'), options = {}, wire }: Asked, maxOutput = 100) =>
  worstCase({ model: asked, context, options, stream: false, ...(wire === undefined ? {} : { wire }) }, maxOutput)

describe('the worst case of a call', () => {
  it('costs no less than any usage within it, of whatever kinds of tokens at whatever price', () => {
    const rate = fc.integer({ min: 0, max: 200_000_000 }).map((micro) => (micro / 1_000_000).toFixed(6))
    const kinds = [
      'cacheRead',
      'cacheWrite',
      'cacheWrite1h',
      'reasoning',
      'audioInput',
      'imageInput',
      'imageOutput',
    ] as const
    const rates = fc.record(
      { input: rate, output: rate, ...Object.fromEntries(kinds.map((kind) => [kind, rate])) },
      { requiredKeys: ['input', 'output'] },
    )
    const price = fc.record(
      {
        terms: rates,
        request: rate,
        tiers: fc.array(fc.record({ above: fc.nat({ max: 4_000 }), terms: rates }), { maxLength: 2 }),
      },
      { requiredKeys: ['terms'] },
    )
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(
        price,
        fc.string({ maxLength: 2_000, unit: 'grapheme' }),
        fc.nat({ max: 200_000 }),
        fc.array(share, { minLength: 8, maxLength: 8 }),
        ({ terms, request, tiers = [] }, text, maxOutput, shares) => {
          const listed = {
            ...terms,
            ...(request === undefined ? {} : { request }),
            tiers: tiers.map((tier) => ({ above: tier.above, ...tier.terms })),
          }
          const priced = model({ price: listed as TokenPrice })
          const content = [
            { type: 'text', text },
            { type: 'image', url: 'https://example.com/1.png' },
          ] as const
          const options = { providerOptions: { acme: { cache_control: { type: 'ephemeral', ttl: '1h' } } } }
          const opaque = { type: 'opaque', protocol: 'openai-chat', value: { type: 'input_audio' } } as const
          const context: Context = { messages: [{ role: 'user', content: [...content, opaque] }] }
          const most = bound({ model: priced, context, options }, maxOutput)
          const part = (of: number, index: number): number => Math.floor(of * (shares[index] ?? 0))
          const asked = part(most.inputTokens, 0)
          const cacheRead = part(asked, 1)
          const cacheWrite = part(asked - cacheRead, 2)
          const input = asked - cacheRead - cacheWrite
          const output = part(maxOutput, 3)
          const audioInput = part(input, 4)
          const usage: Usage = {
            input,
            output,
            cacheRead,
            cacheWrite,
            totalTokens: asked + output,
            cacheWrite1h: part(cacheWrite, 5),
            audioInput,
            imageInput: part(input - audioInput, 6),
            reasoning: part(output, 7),
            imageOutput: output - part(output, 7),
          }
          expect(most.nano).not.toBe('unknown')
          expect(Number(most.nano)).toBeGreaterThanOrEqual(Number(prices.costOf(priced, usage).total))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('is never below the tokens that are likely, nor below what was measured at most', () => {
    const texts = ['', 'Hello', 'テスト', '{"a":1}', 'x'.repeat(500)]
    for (const text of texts)
      for (const options of [{}, { responseFormat: { type: 'json' } } as const]) {
        const context: Context = { ...say(text), tools: [{ name: 'f', parameters: { type: 'object' } }] }
        const { inputTokens, likelyInputTokens } = bound({ context, options })
        expect(inputTokens).toBeGreaterThanOrEqual(characterCounter.input(model(), context, options).most)
        expect(likelyInputTokens).toBe(characterCounter.input(model(), context, options).likely)
      }
  })

  it('takes the price of the moment it is asked about', () => {
    const dearAtNight = {
      input: '1.00',
      output: '1.00',
      periods: [{ daily: { from: '22:00', until: '06:00' }, input: '2.00', output: '2.00' }],
    }
    const asked = { model: model({ price: dearAtNight }), context: say('Hello'), options: {}, stream: false }
    const [day, night] = [Date.UTC(2026, 0, 1, 12), Date.UTC(2026, 0, 1, 23)].map(
      (at) => worstCase(asked, 100, at).nano,
    )
    expect(Number(night)).toBe(2 * Number(day) - 6)
  })

  it('covers hour-long cache writes where a client’s own fields ask for them', () => {
    const price = { input: '3', output: '15', cacheWrite: '3.75', cacheWrite1h: '6' }
    const system = [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }]
    const wire = { protocol: 'anthropic-messages', fields: { system } }
    const { nano, inputTokens } = bound({ model: model({ price }), wire })
    expect(nano).toBeGreaterThanOrEqual(inputTokens * 6_000 + 100 * 15_000)
  })

  it('takes a byte for a token, because tokens of some languages are no longer than that', () => {
    const text = 'тест 测试 🙂'.repeat(50)
    const { inputTokens, likelyInputTokens } = bound({ context: say(text) })
    expect(inputTokens).toBeGreaterThanOrEqual(Buffer.byteLength(text))
    expect(likelyInputTokens).toBeLessThan(inputTokens / 2)
  })

  it('counts everything that is sent: system prompt, tools, schema, and fields that pass us by', () => {
    const plain = bound({}).inputTokens
    const text = 'x'.repeat(1_000)
    const more: Asked[] = [
      { context: { ...say('Hello'), systemPrompt: text } },
      { context: { ...say('Hello'), tools: [{ name: 'f', description: text, parameters: {} }] } },
      { options: { responseFormat: { type: 'json', schema: { description: text } } } },
      { options: { providerOptions: { acme: { extra: text } } } },
      { wire: { protocol: 'openai-chat', fields: { prediction: { content: text } } } },
    ]
    for (const each of more) expect(bound(each).inputTokens).toBeGreaterThanOrEqual(plain + 1_000)
    expect(bound({ options: { providerOptions: { other: { extra: text } } } }).inputTokens).toBe(plain)
  })

  it('takes an image by its number and not by its bytes', () => {
    const image = (data: string): Context => ({
      messages: [{ role: 'user', content: [{ type: 'image', mimeType: 'image/png', data }] }],
    })
    expect(bound({ context: image('a'.repeat(900_000)) })).toEqual(bound({ context: image('a') }))
  })

  it('is at most what the model can read, also when the request names something that is not in it', () => {
    expect(bound({ context: say('x'.repeat(1_000_000)) }).inputTokens).toBe(128_000)
    const elsewhere: Asked[] = [
      { wire: { protocol: 'openai-responses', fields: { previous_response_id: 'resp_1' } } },
      {
        context: {
          messages: [
            {
              role: 'user',
              content: [{ type: 'opaque', protocol: 'openai-chat', value: { file: { file_id: 'f1' } } }],
            },
          ],
        },
      },
    ]
    for (const each of elsewhere) expect(bound(each).inputTokens).toBe(128_000)
  })

  it('is not passed by asking for more or longer answers in the words of the provider', () => {
    const wire = (fields: WireFields['fields']): Asked => ({ wire: { protocol: 'openai-chat', fields } })
    expect(bound(wire({ n: 3 })).outputTokens).toBe(300)
    expect(bound({ options: { providerOptions: { acme: { max_tokens: 5_000 } } } }).outputTokens).toBe(5_000)
    expect(bound({ options: { providerOptions: { other: { max_tokens: 5_000 } } } }).outputTokens).toBe(100)
    expect(bound(wire({ generationConfig: { candidateCount: 2, maxOutputTokens: 700 } })).outputTokens).toBe(1_400)
  })

  it('tells free from unknown', () => {
    expect(bound({ model: model({ price: 'free' }) }).nano).toBe(0)
    const { price: _price, ...unpriced } = model()
    expect(bound({ model: unpriced }).nano).toBe('unknown')
  })
})

describe('the sizes of an answer to try', () => {
  it('are what the caller named, and nothing shorter', () => {
    expect(outputSizes({ maxTokens: 50 }, model({ maxTokens: 16_384 }))).toEqual([50])
  })

  it('are otherwise the longest the model can do, halved down to what is still of use', () => {
    expect(outputSizes({}, model({ maxTokens: 16_384 }))).toEqual([16_384, 8_192, 4_096, 2_048, 1_024])
    expect(outputSizes({}, model({ maxTokens: 32_000, reasoning: true }))).toEqual([32_000, 16_000, 8_000].slice(0, 2))
    expect(outputSizes({}, model({ maxTokens: 500 }))).toEqual([500])
    expect(outputSizes({}, model())[0]).toBe(8_192)
  })
})
