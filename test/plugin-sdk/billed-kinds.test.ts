import { describe, expect, test } from 'vitest'
import type { TokenPrice, Usage } from '../../plugin-sdk/index.ts'
import { UsageReader } from '../../plugin-sdk/protocols/anthropic-messages/usage.ts'
import { readUsage as readGoogle } from '../../plugin-sdk/protocols/google-generative-ai/usage.ts'
import { readUsage as readOpenAI } from '../../plugin-sdk/protocols/openai-chat/usage.ts'
import { charged } from '../services/cost/support.ts'

// From what a provider reports to what it bills. Amounts are worked out by hand, in nano-dollars.
const bill = async (usage: Usage | undefined, price: TokenPrice): Promise<number | null> =>
  (await charged(price, usage ?? {})).total

const openai = (raw: unknown): Usage | undefined =>
  readOpenAI(raw, { outputExcludesReasoning: false, usageTotalIsTruth: false })

function anthropic(...reports: unknown[]): Usage | undefined {
  const reader = new UsageReader()
  for (const report of reports) reader.add(report)
  return reader.read()
}

describe('OpenAI Chat Completions', () => {
  const price = { input: '2.50', output: '10', audioInput: '32', audioOutput: '64' }

  test('tells audio apart', async () => {
    const usage = openai({
      prompt_tokens: 28,
      completion_tokens: 18,
      total_tokens: 46,
      prompt_tokens_details: { audio_tokens: 20, cached_tokens: 0, image_tokens: 0, text_tokens: 8 },
      completion_tokens_details: { audio_tokens: 12, reasoning_tokens: 0, text_tokens: 6 },
    })
    expect(usage).toEqual({
      input: 28,
      output: 18,
      cacheRead: 0,
      cacheWrite: 0,
      audioInput: 20,
      audioOutput: 12,
      totalTokens: 46,
    })
    // 8 x 2,500 + 20 x 32,000 + 6 x 10,000 + 12 x 64,000
    expect(await bill(usage, price)).toBe(1_488_000)
  })

  test('tells images apart', async () => {
    const usage = openai({
      prompt_tokens: 100,
      completion_tokens: 1_300,
      total_tokens: 1_400,
      prompt_tokens_details: { image_tokens: 90 },
      completion_tokens_details: { image_tokens: 1_290 },
    })
    // 10 x 5,000 + 90 x 10,000 + 10 x 10,000 + 1,290 x 40,000
    expect(await bill(usage, { input: '5', output: '10', imageInput: '10', imageOutput: '40' })).toBe(52_650_000)
  })

  test('says nothing of kinds there were none of', () => {
    const usage = openai({
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { audio_tokens: 0 },
    })
    expect(Object.keys(usage ?? {})).toEqual(['input', 'output', 'cacheRead', 'cacheWrite', 'totalTokens'])
  })

  test('never tells more of a kind than of its whole', () => {
    const usage = openai({
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 8, audio_tokens: 6 },
    })
    expect(usage).toMatchObject({ input: 2, cacheRead: 8, audioInput: 2 })
  })
})

describe('Anthropic Messages', () => {
  const price = { input: '3', output: '15', cacheRead: '0.30', cacheWrite: '3.75', cacheWrite1h: '6' }
  const written = { ephemeral_5m_input_tokens: 456, ephemeral_1h_input_tokens: 100 }

  test('tells hour-long cache writes apart, at the start of a stream or at its end', async () => {
    const start = {
      input_tokens: 2_048,
      cache_read_input_tokens: 1_800,
      cache_creation_input_tokens: 556,
      cache_creation: written,
      output_tokens: 1,
    }
    const usage = anthropic(start, { output_tokens: 503 })
    expect(usage).toEqual({
      input: 2_048,
      output: 503,
      cacheRead: 1_800,
      cacheWrite: 556,
      cacheWrite1h: 100,
      totalTokens: 4_907,
    })
    // 2,048 x 3,000 + 503 x 15,000 + 1,800 x 300 + 456 x 3,750 + 100 x 6,000
    expect(await bill(usage, price)).toBe(16_539_000)
  })

  test('counts those of a shortened conversation too', () => {
    const step = {
      type: 'compaction',
      input_tokens: 1,
      cache_creation_input_tokens: 50,
      cache_creation: { ephemeral_1h_input_tokens: 50 },
    }
    const usage = anthropic({
      input_tokens: 1,
      output_tokens: 1,
      cache_creation_input_tokens: 556,
      cache_creation: written,
      iterations: [step],
    })
    expect(usage).toMatchObject({ cacheWrite: 606, cacheWrite1h: 150 })
  })

  test('says nothing when all were short', () => {
    const short = {
      input_tokens: 1,
      output_tokens: 1,
      cache_creation_input_tokens: 5,
      cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 0 },
    }
    expect(anthropic(short)).not.toHaveProperty('cacheWrite1h')
  })
})

describe('Google', () => {
  test('tells audio and images apart, cached ones not among them', async () => {
    const usage = readGoogle({
      promptTokenCount: 1_000,
      cachedContentTokenCount: 300,
      candidatesTokenCount: 1_300,
      totalTokenCount: 2_300,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 356 },
        { modality: 'AUDIO', tokenCount: 386 },
        { modality: 'IMAGE', tokenCount: 258 },
      ],
      cacheTokensDetails: [
        { modality: 'TEXT', tokenCount: 156 },
        { modality: 'AUDIO', tokenCount: 144 },
      ],
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1_290 }],
    })
    expect(usage).toEqual({
      input: 700,
      output: 1_300,
      cacheRead: 300,
      cacheWrite: 0,
      audioInput: 242,
      imageInput: 258,
      imageOutput: 1_290,
      totalTokens: 2_300,
    })
    // Images are ordinary input here: 458 x 300 + 242 x 1,000 + 300 x 30 + 10 x 2,500 + 1,290 x 30,000
    expect(
      await bill(usage, { input: '0.30', output: '2.50', cacheRead: '0.03', audioInput: '1', imageOutput: '30' }),
    ).toBe(39_113_400)
  })
})
