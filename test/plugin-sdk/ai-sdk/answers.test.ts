import { describe, expect, test } from 'vitest'
import { MessageBuilder, Secret, type Warning } from '@plugboard/sdk'
import { failureOf, PartDecoder, type Part } from '@plugboard/sdk/ai-sdk'

/** What an answer of these parts comes to. */
function read(parts: readonly Part[]) {
  const warnings: Warning[] = []
  const decoder = new PartDecoder('asked', 'acme', warnings)
  const message = new MessageBuilder()
  for (const part of parts) message.add(decoder.take(part))
  return { content: message.content, start: message.start, finish: message.finish, decoder }
}

const finish = (more: object = {}): Part => ({ type: 'finish', finishReason: { unified: 'stop', raw: 'end' }, ...more })

describe('the parts of an answer', () => {
  test('become blocks, in which texts and thoughts may share an id', () => {
    const { content, start } = read([
      { type: 'stream-start', warnings: [{ type: 'unsupported-setting', setting: 'topK' }] },
      { type: 'response-metadata', id: 'r1', modelId: 'other' },
      { type: 'reasoning-start', id: '0' },
      { type: 'reasoning-delta', id: '0', delta: 'Hm.' },
      { type: 'reasoning-end', id: '0', providerMetadata: { acme: { signature: 's' } } },
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta: 'Hel' },
      { type: 'text-delta', id: '0', delta: 'lo' },
      { type: 'text-end', id: '0' },
      finish(),
    ])
    expect(content).toEqual([
      { type: 'thinking', thinking: 'Hm.', providerMetadata: { 'ai-sdk': { acme: { signature: 's' } } } },
      { type: 'text', text: 'Hello' },
    ])
    expect(start).toMatchObject({
      responseId: 'r1',
      responseModel: 'other',
      warnings: [{ type: 'unsupported', feature: 'topK' }],
    })
  })

  test('tell calls with their pieces or whole, and that a tool is to be used', () => {
    const call = { type: 'tool-call', toolName: 'f', input: '{"a":1}' }
    const { content, finish: end } = read([
      { type: 'tool-input-start', id: 'c1', toolName: 'f' },
      { type: 'tool-input-delta', id: 'c1', delta: '{"a":' },
      { type: 'tool-input-delta', id: 'c1', delta: '1}' },
      { ...call, toolCallId: 'c1' },
      { ...call, toolCallId: 'c2' },
      finish(),
    ])
    expect(content).toEqual(['c1', 'c2'].map((id) => ({ type: 'toolCall', id, name: 'f', arguments: { a: 1 } })))
    expect(end).toMatchObject({ reason: 'toolUse', rawReason: 'end' })
  })

  test.each(['unknown', 'interrupted', 'other'])(
    'that end with "%s" and no word of the provider are no whole answer',
    (unified) => {
      const { decoder, finish: end } = read([
        { type: 'text-start', id: '0' },
        { type: 'text-delta', id: '0', delta: 'Half an ans' },
        { type: 'finish', finishReason: { unified } },
      ])
      expect([decoder.begun, decoder.finished, end]).toEqual([true, false, undefined])
    },
  )

  test('with files, or an end in failure, throw', () => {
    expect(() => read([{ type: 'file', mediaType: 'image/png' }])).toThrow('image/png')
    expect(() => read([{ type: 'finish', finishReason: 'error' }])).toThrow('gave up')
  })
})

describe('what an answer used', () => {
  const used = (usage: object, metadata = {}): unknown =>
    read([finish({ usage, providerMetadata: metadata })]).finish?.usage

  test('is read from nested and from flat counts', () => {
    const counts = { input: 70, output: 20, cacheRead: 30, cacheWrite: 0, reasoning: 5, totalTokens: 120 }
    const nested = {
      inputTokens: { total: 100, cacheRead: 30 },
      outputTokens: { total: 20, reasoning: 5 },
    }
    expect(used(nested)).toEqual(counts)
    expect(used({ inputTokens: 100, cachedInputTokens: 30, outputTokens: 20, reasoningTokens: 5 })).toEqual(counts)
  })

  test('is unknown unless both sides are told', () => {
    expect(used({ inputTokens: 100 })).toBeUndefined()
    expect(used({ inputTokens: Number.NaN, outputTokens: 1 })).toBeUndefined()
  })
})

describe('what a package throws', () => {
  const provider = { declaration: { id: 'acme' }, secrets: [new Secret('sk-hidden-0123456789')] }
  const named = (name: string, fields: object = {}): Error =>
    Object.assign(new Error('sk-hidden-0123456789 is bad'), { name }, fields)

  test('is sorted from status, headers and body, without the key', () => {
    const error = named('AI_APICallError', {
      statusCode: 429,
      responseHeaders: { 'retry-after': '7' },
      responseBody: '{"error":{"message":"sk-hidden-0123456789"}}',
    })
    const failure = failureOf(error, provider, 'm')
    expect(failure).toMatchObject({ info: { class: 'rate_limit', retryAfterMs: 7_000, provider: 'acme', model: 'm' } })
    expect(JSON.stringify(failure)).not.toContain('sk-hidden')
  })

  test('is sorted by its name where the provider said nothing', () => {
    expect(failureOf(named('AI_LoadAPIKeyError'), provider, 'm')).toMatchObject({ info: { class: 'auth' } })
    const fault = failureOf(named('TypeError'), provider, 'm')
    expect(fault).toMatchObject({ info: { class: 'plugin' } })
    expect(fault.message).not.toContain('sk-hidden')
  })
})
