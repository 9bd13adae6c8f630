import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Context, GenerationOptions, Model, TokenPrice, Usage, WireFields } from '@plugboard/sdk'
import { declaredWorstCase } from '../../../core/services/budget/declared-worst-case.ts'
import { outputSizes } from '../../../core/pipeline/output-sizes.ts'
import { systemClock } from '../../../core/services/clock/clock.ts'
import { PriceBook } from '../../../core/services/cost/price-book.ts'
import { createPinoLogger } from '../../../core/services/logger/pino-logger.ts'

const prices = new PriceBook({
  clock: systemClock,
  log: createPinoLogger('silent'),
  base: () => undefined,
  settings: () => Promise.resolve([]),
})
const worstCase = declaredWorstCase(prices)

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
  it('costs no less than any usage within it, whatever kinds and tier its tokens turn out to be', () => {
    const rate = fc.integer({ min: 0, max: 200_000_000 }).map((micro) => (micro / 1_000_000).toFixed(6))
    fc.assert(
      fc.property(
        fc.record(
          {
            input: rate,
            output: rate,
            cacheRead: rate,
            cacheWrite: rate,
            reasoning: rate,
            request: rate,
            tiers: fc.array(fc.record({ above: fc.nat({ max: 20_000 }), input: rate, output: rate }), { maxLength: 2 }),
          },
          { requiredKeys: ['input', 'output'] },
        ),
        fc.string({ maxLength: 2_000, unit: 'grapheme' }),
        fc.nat({ max: 200_000 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }),
        (price, text, maxOutput, [size = 0, first = 0, second = 0, thought = 0]) => {
          const priced = model({ price: price as TokenPrice })
          const most = bound({ model: priced, context: say(text) }, maxOutput)
          const sent = Math.floor(most.inputTokens * size)
          const cacheRead = Math.floor(sent * first)
          const cacheWrite = Math.floor((sent - cacheRead) * second)
          const input = sent - cacheRead - cacheWrite
          const usage: Usage = {
            input,
            output: maxOutput,
            cacheRead,
            cacheWrite,
            reasoning: Math.floor(maxOutput * thought),
            totalTokens: sent + maxOutput,
          }
          expect(most.nano).not.toBe('unknown')
          expect(Number(most.nano)).toBeGreaterThanOrEqual(Number(prices.costOf(priced, usage).total))
        },
      ),
      { numRuns: 500 },
    )
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
    expect(likelyInputTokens).toBeLessThan(inputTokens / 4)
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
