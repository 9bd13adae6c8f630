import type { Model, Usage } from '@plugboard/sdk'
import { PriceBook } from '../../../../core/services/cost/price-book.ts'
import { systemClock } from '../../../../core/services/clock/clock.ts'
import { createPinoLogger } from '../../../../core/services/logger/pino-logger.ts'
import type { MicroSuite } from '../suite.ts'

const book = (markupPercent?: string): PriceBook =>
  new PriceBook({
    clock: systemClock,
    log: createPinoLogger('silent'),
    base: () => ({ input: '2.5', output: '10', cacheRead: '1.25' }),
    settings: () => Promise.resolve(markupPercent === undefined ? [] : [{ markupPercent }]),
  })

const plain = book()
const markedUp = book('7.5')
await markedUp.reload()

const model = (about: Partial<Model> = {}): Model => ({
  provider: 'openai',
  id: 'gpt-4o',
  name: 'GPT-4o',
  api: 'openai-chat',
  baseUrl: 'https://api.openai.com/v1',
  input: ['text'],
  tools: true,
  reasoning: false,
  ...about,
})

const declared = model({ price: { input: '2.50', output: '10', cacheRead: '1.25' } })
const rich = model({
  price: {
    input: '3',
    output: '15',
    cacheRead: '0.3',
    cacheWrite: '3.75',
    cacheWrite1h: '6',
    reasoning: '20',
    tiers: [{ above: 200_000, input: '6', output: '22.5' }],
    periods: [{ from: '2026-01-01', daily: { from: '16:30', until: '00:30' }, input: '1', output: '5' }],
  },
})
const usage: Usage = { input: 1_234, output: 567, cacheRead: 89, cacheWrite: 0, totalTokens: 1_890 }
const everything: Usage = { ...usage, cacheWrite: 4_000, cacheWrite1h: 1_000, reasoning: 400, totalTokens: 5_890 }
const iterations = 200_000

const suite: MicroSuite = {
  name: 'What a call costs',
  baseline: 'a multiplication in floats',
  cases: [
    {
      name: 'a multiplication in floats',
      iterations,
      run: () => (usage.input * 2.5 + usage.output * 10 + usage.cacheRead * 1.25) / 1e6,
    },
    { name: 'declared price', iterations, run: () => plain.costOf(declared, usage) },
    { name: 'declared price, marked up', iterations, run: () => markedUp.costOf(declared, usage) },
    { name: 'tiers, hours, seven kinds of tokens', iterations, run: () => plain.costOf(rich, everything) },
    { name: 'listed price, a new model object per call', iterations, run: () => plain.costOf(model(), usage) },
    { name: 'the price alone', iterations, run: () => plain.priceOf(declared) },
  ],
}

export default suite
