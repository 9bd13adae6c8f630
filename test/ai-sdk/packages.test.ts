import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Context } from '../../core/index.ts'
import { ask, hello, next, startBench, writeFiles, type Bench } from '../fixtures-plugins.ts'
import { startOpenAIUpstream, type OpenAIUpstream } from '../support/openai-upstream.ts'
import { installed } from './support/installed.ts'
import { packagePlugin } from './support/manifest.ts'

const isInstalled =
  installed(() => import.meta.resolve('@ai-sdk/groq')) &&
  installed(() => import.meta.resolve('@ai-sdk/openai-compatible'))

const PACKAGES = [
  { package: '@ai-sdk/groq', export: 'createGroq' },
  {
    package: '@ai-sdk/openai-compatible',
    export: 'createOpenAICompatible',
    settings: { name: 'host', includeUsage: true },
  },
] as const

const weather = {
  name: 'weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
}

describe.skipIf(!isInstalled).each(PACKAGES)('$package as a provider', (options) => {
  const start = (upstream: OpenAIUpstream, provider = {}): Promise<Bench> =>
    startBench(
      {
        one: packagePlugin('one', options, {
          baseUrl: upstream.url,
          models: [{ id: 'gpt-4o', price: { input: '1', output: '2' } }],
          ...provider,
        }),
      },
      { settings: { one: { apiKey: 'sk-upstream' } } },
    )

  test('streams text, calls tools and takes their results', async () => {
    await using upstream = await startOpenAIUpstream({
      apiKey: 'sk-upstream',
      script: [
        { text: 'Let me look.', toolCalls: [{ name: 'weather', arguments: { city: 'Bern' }, pieces: 3 }] },
        { text: 'It is sunny.' },
      ],
    })
    await using bench = await start(upstream)
    const context: Context = { ...hello, tools: [weather] }
    const stream = bench.plugboard.stream('one:gpt-4o', context)
    const types: string[] = []
    for await (const { type } of stream) types.push(type)
    expect(types.filter((type) => type === 'text_delta').length).toBeGreaterThan(1)
    expect(types.filter((type) => type === 'toolcall_delta').length).toBeGreaterThan(1)
    const first = await stream.result()
    expect(first).toMatchObject({
      stopReason: 'toolUse',
      responseModel: 'gpt-4o-2024-08-06',
      content: [
        { type: 'text', text: 'Let me look.' },
        { type: 'toolCall', name: 'weather', arguments: { city: 'Bern' } },
      ],
    })

    const result = {
      role: 'toolResult',
      toolCallId: 'call_0',
      content: [{ type: 'text', text: 'sun' }],
      isError: false,
    } as const
    const second = await bench.plugboard.complete('one:gpt-4o', {
      ...context,
      messages: [...hello.messages, first, result],
    })
    expect(second).toMatchObject({ stopReason: 'stop', content: [{ type: 'text', text: 'It is sunny.' }] })
    expect(upstream.chats[1]?.body['messages']).toMatchObject([
      { role: 'user' },
      {
        role: 'assistant',
        tool_calls: [{ id: 'call_0', function: { name: 'weather', arguments: '{"city":"Bern"}' } }],
      },
      { role: 'tool', tool_call_id: 'call_0', content: 'sun' },
    ])
  })

  test.each([
    [{ status: 401 }, { class: 'auth', status: 401, retryable: false }],
    [
      { status: 429, headers: { 'retry-after': '7' } },
      { class: 'rate_limit', status: 429, retryAfterMs: 7_000 },
    ],
    [
      { status: 429, body: { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } } },
      { class: 'quota', status: 429, retryable: false },
    ],
    [
      { status: 400, body: { error: { message: 'too long', code: 'context_length_exceeded' } } },
      { class: 'context_overflow', status: 400 },
    ],
    [
      { status: 503, body: '<html><title>Bad gateway</title></html>' },
      { class: 'overloaded', status: 503, retryable: true },
    ],
    [
      { status: 429, body: { error: 'Your credits are used up' } },
      { class: 'rate_limit', message: 'Your credits are used up' },
    ],
  ])('sorts the failure %j', async (script, expected) => {
    await using upstream = await startOpenAIUpstream({ script })
    await using bench = await start(upstream)
    const { error } = await bench.plugboard.complete('one:gpt-4o', hello)
    expect(error).toMatchObject({ ...expected, provider: 'one', model: 'gpt-4o' })
    expect(upstream.chats).toHaveLength(1)
  })

  test("sorts it by the manifest's own rules first", async () => {
    await using upstream = await startOpenAIUpstream({
      script: { status: 400, body: { error: { message: 'No balance' } } },
    })
    await using bench = await start(upstream, { errors: [{ status: 400, match: 'balance', class: 'quota' }] })
    expect((await bench.plugboard.complete('one:gpt-4o', hello)).error).toMatchObject({ class: 'quota' })
  })

  test.each([
    ['cut', { kind: 'cut', after: 2 }, 'network'],
    ['ended early', { kind: 'end', after: 2 }, expect.stringMatching(/network|server/)],
    ['broken by an error', { kind: 'error', after: 2 }, 'server'],
  ] as const)('does not take a stream that is %s for a complete one', async (_name, fault, errorClass) => {
    await using upstream = await startOpenAIUpstream({ script: { text: 'one two three four', fault } })
    await using bench = await start(upstream)
    const { stopReason, error, content } = await bench.plugboard.complete('one:gpt-4o', hello)
    expect({ stopReason, class: error?.class }).toEqual({ stopReason: 'error', class: errorClass })
    expect(content).toMatchObject([{ type: 'text', text: expect.stringMatching(/^one/) }])
  })

  test('says that nobody answers', async () => {
    const upstream = await startOpenAIUpstream()
    await using bench = await start(upstream)
    await upstream.close()
    expect((await bench.plugboard.complete('one:gpt-4o', hello)).error).toMatchObject({
      class: 'network',
      providerCode: 'ECONNREFUSED',
    })
  })

  test.each(['request', 'head', 2] as const)(
    'closes the connection when the caller leaves (after: %s)',
    async (after) => {
      await using upstream = await startOpenAIUpstream({ script: { deltas: 5, fault: { kind: 'stall', after } } })
      await using bench = await start(upstream)
      const leave = new AbortController()
      const answer = bench.plugboard.complete('one:gpt-4o', hello, { signal: leave.signal })
      const request = await upstream.chat(0)
      leave.abort()
      expect(await answer).toMatchObject({ stopReason: 'aborted' })
      expect(await request.over).toBe('left')
    },
  )

  test('closes the connection when the reader leaves in the middle', async () => {
    await using upstream = await startOpenAIUpstream({ script: { deltas: 5, fault: { kind: 'stall', after: 3 } } })
    await using bench = await start(upstream)
    for await (const event of bench.plugboard.stream('one:gpt-4o', hello)) if (event.type === 'text_delta') break
    expect(await (await upstream.chat(0)).over).toBe('left')
  })

  test('one connection serves one call after the other', async () => {
    await using upstream = await startOpenAIUpstream()
    await using bench = await start(upstream)
    for (let call = 0; call < 3; call++) await ask(bench.plugboard, 'one:gpt-4o')
    expect(upstream.connections).toHaveLength(1)
  })

  test('a changed manifest takes over, and calls that run end on the old one', async () => {
    const held = Promise.withResolvers<void>()
    await using old = await startOpenAIUpstream({
      script: { text: 'old answer', hold: { after: 1, until: held.promise } },
    })
    await using fresh = await startOpenAIUpstream({ script: { text: 'new answer' } })
    await using bench = await start(old)
    const running = bench.plugboard.complete('one:gpt-4o', hello)
    await old.chat(0)

    const swapped = next(bench.plugboard, 'plugin:swapped')
    const changed = packagePlugin('one', options, { baseUrl: fresh.url, models: [{ id: 'gpt-4o-mini' }] })
    await writeFiles(join(bench.plugins, 'one'), changed)
    await swapped
    expect(await ask(bench.plugboard, 'one:gpt-4o-mini')).toBe('new answer')
    expect(await ask(bench.plugboard, 'one:gpt-4o')).toMatch(/^not_found/)
    held.resolve()
    expect((await running).content).toEqual([{ type: 'text', text: 'old answer' }])
  })
})

test.skipIf(!isInstalled)('usage and its price', async () => {
  await using upstream = await startOpenAIUpstream({
    script: { usage: { prompt: 100, completion: 20, cached: 40, reasoning: 5 } },
  })
  const [, compatible] = PACKAGES
  const provider = {
    baseUrl: upstream.url,
    models: [{ id: 'gpt-4o', price: { input: '1', output: '2', cacheRead: '0.10' } }],
  }
  const settings = { settings: { one: { apiKey: 'k' } } }
  await using bench = await startBench({ one: packagePlugin('one', compatible, provider) }, settings)
  const { usage, cost } = await bench.plugboard.complete('one:gpt-4o', hello)
  expect(usage).toEqual({ input: 60, output: 20, cacheRead: 40, cacheWrite: 0, reasoning: 5, totalTokens: 120 })
  expect(cost?.total).toBe(60_000 + 40_000 + 4_000)
})
