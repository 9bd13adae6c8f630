import { describe, expect, test } from 'vitest'
import type { AssistantMessage, StreamEvent } from '../../core/index.ts'
import { hello, startBench, type Bench } from '../fixtures-plugins.ts'
import { startLocalHost } from './support/local-host.ts'
import { finish, reply, said, scriptedPlugin } from './support/scripted-package.ts'

const settings = { settings: { one: { apiKey: 'sk-scripted' } } }

type Parts = Parameters<typeof reply>[0]

async function answerTo(parts: Parts, version = 'v4', options = {}): Promise<AssistantMessage> {
  await using host = await startLocalHost(reply(parts))
  await using bench = await startBench({ one: scriptedPlugin('one', version, host, {}, options) }, settings)
  return await answer(bench)
}

const answer = (bench: Bench): Promise<AssistantMessage> => bench.plugboard.stream('one:m', hello).result()

describe('an answer of a package', () => {
  test('is told as it arrives, blocks in the order in which they begin', async () => {
    const parts = [
      { type: 'stream-start', warnings: [] },
      { type: 'response-metadata', id: 'r1', modelId: 'm-2026' },
      { type: 'reasoning-start', id: '0' },
      { type: 'reasoning-delta', id: '0', delta: 'Hm' },
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta: 'Yes' },
      { type: 'reasoning-end', id: '0' },
      { type: 'text-end', id: '0' },
      { type: 'tool-input-start', id: 'c1', toolName: 'look' },
      { type: 'tool-input-delta', id: 'c1', delta: '{"at":' },
      { type: 'tool-input-delta', id: 'c1', delta: '"sky"}' },
      { type: 'tool-input-end', id: 'c1' },
      { type: 'tool-call', toolCallId: 'c1', toolName: 'look', input: '{"at":"sky"}' },
      finish('tool-calls', 'tool_use'),
    ]
    await using host = await startLocalHost(reply(parts))
    await using bench = await startBench({ one: scriptedPlugin('one', 'v4', host) }, settings)
    const events: StreamEvent[] = []
    for await (const event of bench.plugboard.stream('one:m', hello)) events.push(event)
    expect(events.map(({ type }) => type)).toEqual([
      'start',
      'thinking_start',
      'thinking_delta',
      'text_start',
      'text_delta',
      'thinking_end',
      'text_end',
      'toolcall_start',
      'toolcall_delta',
      'toolcall_delta',
      'toolcall_end',
      'done',
    ])
    expect(events[0]).toEqual({ type: 'start', responseId: 'r1', responseModel: 'm-2026' })
    expect(events.at(-1)).toMatchObject({
      reason: 'toolUse',
      message: {
        rawStopReason: 'tool_use',
        content: [
          { type: 'thinking', thinking: 'Hm' },
          { type: 'text', text: 'Yes' },
          { type: 'toolCall', id: 'c1', name: 'look', arguments: { at: 'sky' } },
        ],
      },
    })
  })

  test('may hold calls that come whole, calls without arguments, and broken ones', async () => {
    const { content } = await answerTo([
      { type: 'tool-call', toolCallId: 'whole', toolName: 'a', input: '{"x":1}' },
      { type: 'tool-input-start', id: 'bare', toolName: 'b' },
      { type: 'tool-call', toolCallId: 'bare', toolName: 'b', input: '' },
      { type: 'tool-call', toolCallId: 'broken', toolName: 'c', input: '{"x":' },
      finish('stop'),
    ])
    expect(content).toMatchObject([
      { id: 'whole', arguments: { x: 1 } },
      { id: 'bare', arguments: {} },
      { id: 'broken', arguments: {}, argumentsError: expect.stringContaining('not JSON') },
    ])
  })

  test('with a call is for the call, whatever word the provider ends it with', async () => {
    const call = { type: 'tool-call', toolCallId: 'c', toolName: 'a', input: '{"whole":true}' }
    const begun = [
      { type: 'tool-input-start', id: 'c', toolName: 'a' },
      { type: 'tool-input-delta', id: 'c', delta: '{"whole":' },
    ]
    const { stopReason, content } = await answerTo([...begun, call, finish('stop')])
    // The whole counts, also where the pieces were not all of it.
    expect({ stopReason, content }).toMatchObject({ stopReason: 'toolUse', content: [{ arguments: { whole: true } }] })
  })

  test('keeps what the provider put on its blocks, the last word on each', async () => {
    const { content } = await answerTo([
      { type: 'reasoning-start', id: '0', providerMetadata: { scripted: { signature: 'first' } } },
      { type: 'reasoning-delta', id: '0', delta: '', providerMetadata: { scripted: { signature: 'last' } } },
      { type: 'reasoning-end', id: '0' },
      { type: 'text-start', id: '0' },
      { type: 'text-end', id: '0' },
      {
        type: 'tool-call',
        toolCallId: 'c',
        toolName: 'a',
        input: '{}',
        providerMetadata: { scripted: { thought: 't' } },
      },
      finish(),
    ])
    expect(content).toEqual([
      { type: 'thinking', thinking: '', providerMetadata: { 'ai-sdk': { scripted: { signature: 'last' } } } },
      {
        type: 'toolCall',
        id: 'c',
        name: 'a',
        arguments: {},
        providerMetadata: { 'ai-sdk': { scripted: { thought: 't' } } },
      },
    ])
  })

  test('shows no call that the provider ran itself', async () => {
    const { content, stopReason } = await answerTo([
      { type: 'tool-input-start', id: 's', toolName: 'search', providerExecuted: true },
      { type: 'tool-input-delta', id: 's', delta: '{}' },
      { type: 'tool-call', toolCallId: 's', toolName: 'search', input: '{}', providerExecuted: true },
      { type: 'tool-result', toolCallId: 's', toolName: 'search', result: [] },
      { type: 'source', sourceType: 'url', id: 'u', url: 'https://x.test' },
      { type: 'ping' },
      { type: 'raw', rawValue: {} },
      ...said('Found it.'),
      finish(),
    ])
    expect({ content, stopReason }).toEqual({ content: [{ type: 'text', text: 'Found it.' }], stopReason: 'stop' })
  })

  test('that is a file is refused, not lost', async () => {
    const { error } = await answerTo([{ type: 'file', mediaType: 'image/png', data: 'AAAA' }, finish()])
    expect(error).toMatchObject({ class: 'unsupported', message: expect.stringContaining('image/png') })
  })

  test('hands on the warnings of every version', async () => {
    const warnings = [
      { type: 'unsupported', feature: 'seed' },
      { type: 'compatibility', feature: 'topK', details: 'Only sometimes.' },
      { type: 'deprecated', setting: 'user', message: 'Use another.' },
      { type: 'other', message: 'By the way.' },
      { type: 'unsupported-setting', setting: 'topP', details: 'Not here.' },
      { type: 'unsupported-tool', tool: { type: 'function', name: 'look' } },
    ]
    const message = await answerTo([{ type: 'stream-start', warnings }, ...said('Hi'), finish()])
    expect(message.warnings).toEqual([
      { type: 'unsupported', feature: 'seed', message: '"seed" is not supported.' },
      { type: 'compatibility', feature: 'topK', message: 'Only sometimes.' },
      { type: 'other', feature: 'user', message: 'Use another.' },
      { type: 'other', message: 'By the way.' },
      { type: 'unsupported', feature: 'topP', message: 'Not here.' },
      { type: 'unsupported', feature: 'look', message: '"look" is not supported.' },
    ])
  })
})

describe('how an answer ends', () => {
  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content-filter', 'contentFilter'],
    ['tool-calls', 'toolUse'],
    ['other', 'stop'],
  ])('"%s" is %s', async (unified, expected) => {
    const { stopReason, rawStopReason } = await answerTo([...said('Hi'), finish(unified, `raw-${unified}`)])
    expect({ stopReason, rawStopReason }).toEqual({ stopReason: expected, rawStopReason: `raw-${unified}` })
  })

  test('in version 2 the reason is a plain word', async () => {
    const { stopReason } = await answerTo([...said('Hi'), { type: 'finish', finishReason: 'length', usage: {} }], 'v2')
    expect(stopReason).toBe('length')
  })

  test.each([
    ['without a finish part', []],
    ['with "interrupted"', [{ type: 'finish', finishReason: { unified: 'interrupted' } }]],
    ['with "other" and no reason of the provider', [{ type: 'finish', finishReason: { unified: 'other' } }]],
    ['with "unknown" of version 2', [{ type: 'finish', finishReason: 'unknown' }]],
  ])('%s it was cut, and does not look complete', async (_name, end) => {
    const { stopReason, error, content } = await answerTo([...said('Half an'), ...end])
    expect(stopReason).toBe('error')
    expect(error).toMatchObject({ class: 'network', providerCode: 'truncated', retryable: true })
    expect(content).toEqual([{ type: 'text', text: 'Half an' }])
  })

  test('with "error" it failed', async () => {
    const { error } = await answerTo([...said('Hi'), finish('error', 'MALFORMED_FUNCTION_CALL')])
    expect(error).toMatchObject({ class: 'server', message: expect.stringContaining('MALFORMED_FUNCTION_CALL') })
  })

  test.each([
    ['text', 'overloaded', { class: 'overloaded' }],
    ['an object', { message: 'Too fast', code: 'rate_limit_exceeded' }, { class: 'rate_limit' }],
    [
      'a status and data',
      { message: 'x', statusCode: 529, data: { type: 'overloaded_error' } },
      { class: 'overloaded' },
    ],
  ])('an error in the stream, as %s, is sorted', async (_name, error, expected) => {
    expect((await answerTo([...said('Hi'), { type: 'error', error }])).error).toMatchObject(expected)
  })
})

describe('usage', () => {
  test('nested: input without cache, output with thinking', async () => {
    const { usage } = await answerTo([...said('Hi'), finish()])
    expect(usage).toEqual({ input: 10, output: 7, cacheRead: 15, cacheWrite: 5, reasoning: 3, totalTokens: 37 })
  })

  test('nested without the uncached part: it is what is left of the whole', async () => {
    const told = { inputTokens: { total: 30, cacheRead: 15 }, outputTokens: { total: 7 } }
    const { usage } = await answerTo([...said('Hi'), finish('stop', 'stop', told)])
    expect(usage).toEqual({ input: 15, output: 7, cacheRead: 15, cacheWrite: 0, totalTokens: 37 })
  })

  const flat = { inputTokens: 30, outputTokens: 7, totalTokens: 37, cachedInputTokens: 12, reasoningTokens: 3 }

  test('flat: most providers count cached tokens as input', async () => {
    const { usage } = await answerTo([...said('Hi'), { type: 'finish', finishReason: 'stop', usage: flat }], 'v2')
    expect(usage).toEqual({ input: 18, output: 7, cacheRead: 12, cacheWrite: 0, reasoning: 3, totalTokens: 37 })
  })

  test('flat: Anthropic counts them apart, and writes what it cached elsewhere', async () => {
    const providerMetadata = { anthropic: { cacheCreationInputTokens: 4 } }
    const parts = [...said('Hi'), { type: 'finish', finishReason: 'stop', usage: flat, providerMetadata }]
    const { usage } = await answerTo(parts, 'v2', { namespace: 'anthropic' })
    expect(usage).toEqual({ input: 30, output: 7, cacheRead: 12, cacheWrite: 4, reasoning: 3, totalTokens: 53 })
  })

  test.each([[{}], [{ inputTokens: {}, outputTokens: {} }], [{ inputTokens: 3 }]])(
    'that is not told is estimated, not taken for zero: %j',
    async (told) => {
      const { usage } = await answerTo([...said('Hello there'), finish('stop', 'stop', told)])
      expect(usage).toMatchObject({ estimated: true })
      expect(usage?.output).toBeGreaterThan(0)
    },
  )
})
