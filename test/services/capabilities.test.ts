import { describe, expect, it } from 'vitest'
import { categoryOf, tierOf } from '../../core/services/capabilities/capabilities.ts'
import { codePlugin, providerOf, startBench, type Files } from '../fixtures-plugins.ts'
import { model, priceBook } from './cost/support.ts'

const able = {
  id: 'able',
  contextWindow: 1_000,
  maxTokens: 100,
  input: ['text', 'image', 'audio', 'file'],
  reasoning: true,
  reasoningLevels: { off: null, minimal: null, low: 'l' },
  structuredOutput: true,
  codeExecution: true,
}
const acme: Files = codePlugin(
  'acme',
  {},
  {
    contributes: {
      providers: [
        providerOf('acme', { models: [able, { id: 'plain' }, { id: 'no', tools: false, structuredOutput: false }] }),
      ],
    },
  },
)

describe('what a model can do', () => {
  it('is answered from its manifest, and what nobody says is not a yes or a no', async () => {
    await using bench = await startBench({ acme })
    const { plugboard } = bench
    expect(await plugboard.capabilities('acme:able')).toEqual({
      tools: true,
      thinking: true,
      vision: true,
      audio: true,
      files: true,
      structuredOutput: true,
      streaming: true,
      codeExecution: true,
      contextWindow: 1_000,
      maxTokens: 100,
      reasoningLevels: ['low', 'medium', 'high', 'xhigh', 'max'],
    })
    expect(await plugboard.capabilities('plain')).toEqual({
      tools: true,
      thinking: false,
      vision: false,
      audio: false,
      files: false,
      structuredOutput: null,
      streaming: true,
      codeExecution: null,
      contextWindow: null,
      maxTokens: null,
      reasoningLevels: [],
    })
    expect(await plugboard.capabilities('acme:no')).toMatchObject({ tools: false, structuredOutput: false })
  })

  it('can be asked for one thing at a time, also of an agent', async () => {
    await using bench = await startBench({ acme }, { agents: { able: { model: 'acme:able' } } })
    const { plugboard } = bench
    const answers = (name: string): Promise<readonly boolean[]> =>
      Promise.all([
        plugboard.supportsTools(name),
        plugboard.supportsThinking(name),
        plugboard.supportsVision(name),
        plugboard.supportsCodeExecution(name),
      ])
    expect(await answers('agent:able')).toEqual([true, true, true, true])
    expect(await answers('acme:plain')).toEqual([true, false, false, false])
    await expect(plugboard.supportsTools('acme:non')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' })
  })
})

describe('kind and price class', () => {
  it.each([
    [{ reasoning: true, input: ['text', 'image'] as const }, 'reasoning'],
    [{ input: ['text', 'audio'] as const }, 'multimodal'],
    [{}, 'general'],
  ])('%j is %s', (about, category) => {
    expect(categoryOf(model(undefined, about))).toBe(category)
  })

  it.each([
    ['free', 'free'],
    [{ input: '0.5', output: '2.4999' }, 'economy'],
    [{ input: '0.5', output: '2.5' }, 'standard'],
    [{ input: '3', output: '10.99' }, 'standard'],
    [{ input: '3', output: '11' }, 'premium'],
    [undefined, null],
  ] as const)('the price %j is %s', async (price, tier) => {
    expect(tierOf(model(price), await priceBook())).toBe(tier)
  })
})
