import { describe, expect, test } from 'vitest'
import type { AssistantMessage, Context, StreamOptions, ToolCall } from '../../core/index.ts'
import { hello, startBench, type Bench } from '../fixtures-plugins.ts'
import { installed } from './support/installed.ts'
import { dataEvents, namedEvents, startLocalHost, type LocalHost } from './support/local-host.ts'
import { packagePlugin, type PackageProvider } from './support/manifest.ts'

type Json = Readonly<Record<string, unknown>>

const block = (index: number, content_block: object, ...deltas: object[]) => [
  { type: 'content_block_start', index, content_block },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
]

const thoughtAndCall = namedEvents([
  {
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-test',
      content: [],
      stop_reason: null,
      usage: { input_tokens: 10, cache_read_input_tokens: 100, cache_creation_input_tokens: 20, output_tokens: 1 },
    },
  },
  ...block(
    0,
    { type: 'thinking', thinking: '', signature: '' },
    { type: 'thinking_delta', thinking: 'I should ' },
    { type: 'thinking_delta', thinking: 'look.' },
    { type: 'signature_delta', signature: 'c2lnbmVk' },
  ),
  ...block(1, { type: 'redacted_thinking', data: 'aGlkZGVu' }),
  ...block(2, { type: 'text', text: '' }, { type: 'text_delta', text: 'Looking.' }),
  ...block(
    3,
    { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} },
    { type: 'input_json_delta', partial_json: '{"at":' },
    { type: 'input_json_delta', partial_json: '"sky"}' },
  ),
  { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 42 } },
  { type: 'message_stop' },
])

const tools = [{ name: 'look', parameters: { type: 'object', properties: { at: { type: 'string' } } } }]

const result = (message: AssistantMessage): Context['messages'][number] => ({
  role: 'toolResult',
  toolCallId: message.content.find((part): part is ToolCall => part.type === 'toolCall')?.id ?? '',
  content: [{ type: 'text', text: 'Blue' }],
  isError: false,
})

/** The conversation as it would come out of a database, with the result of the call added. */
const continued = (message: AssistantMessage): Context =>
  JSON.parse(JSON.stringify({ tools, messages: [...hello.messages, message, result(message)] })) as Context

const messagesOf = ({ exchanges }: LocalHost, at: number): Json[] => (exchanges[at]?.body['messages'] ?? []) as Json[]

const startWith = (host: LocalHost, options: PackageProvider, path = '/v1'): Promise<Bench> =>
  startBench(
    {
      one: packagePlugin('one', options, {
        baseUrl: `${host.url}${path}`,
        models: [{ id: 'claude-test', reasoning: true }, { id: 'other' }],
      }),
    },
    { settings: { one: { apiKey: 'sk-1' } } },
  )

describe.each([
  ['ai-sdk-anthropic-v2', installed(() => import.meta.resolve('ai-sdk-anthropic-v2'))],
  ['ai-sdk-anthropic-v3', installed(() => import.meta.resolve('ai-sdk-anthropic-v3'))],
  ['@ai-sdk/anthropic', installed(() => import.meta.resolve('@ai-sdk/anthropic'))],
])('%s', (name, isInstalled) => {
  const options = { package: name, export: 'createAnthropic' }

  test.skipIf(!isInstalled)(
    'signed and hidden thoughts come back to the model that had them, and to no other',
    async () => {
      await using host = await startLocalHost({ body: thoughtAndCall })
      await using bench = await startWith(host, options)
      const first = await bench.plugboard.stream('one:claude-test', { ...hello, tools }).result()
      expect(first).toMatchObject({
        stopReason: 'toolUse',
        responseId: 'msg_1',
        usage: { input: 10, cacheRead: 100, cacheWrite: 20, output: 42 },
        content: [
          { type: 'thinking', thinking: 'I should look.' },
          { type: 'thinking', thinking: '' },
          { type: 'text', text: 'Looking.' },
          { type: 'toolCall', id: 'toolu_1', name: 'look', arguments: { at: 'sky' } },
        ],
      })
      expect(host.exchanges[0]).toMatchObject({ path: '/v1/messages', headers: { 'x-api-key': 'sk-1' } })

      await bench.plugboard.complete('one:claude-test', continued(first))
      const [, answer, after] = messagesOf(host, 1)
      expect(answer?.['content']).toMatchObject([
        { type: 'thinking', thinking: 'I should look.', signature: 'c2lnbmVk' },
        { type: 'redacted_thinking', data: 'aGlkZGVu' },
        { type: 'text', text: 'Looking.' },
        { type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 'sky' } },
      ])
      expect(after).toMatchObject({ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1' }] })

      await bench.plugboard.complete('one:other', continued(first))
      const [, elsewhere] = messagesOf(host, 2)
      expect(elsewhere?.['content']).toMatchObject([{ type: 'text' }, { type: 'tool_use' }])
    },
  )

  test.skipIf(!isInstalled)('is told to think, and shown images', async () => {
    await using host = await startLocalHost({ body: thoughtAndCall })
    await using bench = await startWith(host, options)
    const content = [{ type: 'image', data: 'iVBORw0KGgo=', mimeType: 'image/png' }] as const
    const asked: StreamOptions = { reasoning: 'low', maxTokens: 4_000 }
    await bench.plugboard.complete('one:claude-test', { messages: [{ role: 'user', content }] }, asked)
    const { body } = host.exchanges[0] ?? {}
    expect(JSON.stringify(body?.['thinking'] ?? body?.['output_config'])).toMatch(/enabled|adaptive|low/)
    expect(body?.['messages']).toMatchObject([
      { content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }] },
    ])
  })

  test.skipIf(!isInstalled)('the bytes behind a complete answer are read, and keep nobody waiting', async () => {
    const end = Promise.withResolvers<void>()
    await using host = await startLocalHost({ body: thoughtAndCall, endsAfter: end.promise })
    await using bench = await startWith(host, options)
    const first = await bench.plugboard.complete('one:claude-test', hello)
    // Time enough to see a connection close.
    await bench.plugboard.complete('one:claude-test', hello)
    end.resolve()
    expect([first.stopReason, await host.exchanges[0]?.over]).toEqual(['toolUse', 'sent'])
  })

  test.skipIf(!isInstalled)('an error in the stream closes the connection', async () => {
    const failed = { type: 'error', error: { type: 'api_error', message: 'Broken' } }
    const [start = ''] = thoughtAndCall.split('\n\n')
    await using host = await startLocalHost({
      body: `${start}\n\n${namedEvents([...block(0, { type: 'text', text: '' }), failed])}`,
      endsAfter: new Promise(() => {}),
    })
    await using bench = await startWith(host, options)
    const { error } = await bench.plugboard.complete('one:claude-test', hello)
    expect([error?.class, await host.exchanges[0]?.over]).toEqual(['server', 'left'])
  })

  test.skipIf(!isInstalled)('an overload inside a stream that began well is one', async () => {
    const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    await using host = await startLocalHost({ body: namedEvents([overloaded]) })
    await using bench = await startWith(host, options)
    const { error } = await bench.plugboard.complete('one:claude-test', hello)
    expect(error).toMatchObject({ class: 'overloaded', retryable: true })
  })
})

const hasGoogle = installed(() => import.meta.resolve('@ai-sdk/google'))

test.skipIf(!hasGoogle)("@ai-sdk/google: a call's thought signature comes back with the call", async () => {
  const functionCall = { name: 'look', args: { at: 'sky' } }
  const parts = [
    { text: 'I look.', thought: true },
    { functionCall, thoughtSignature: 'c2lnbmVk' },
  ]
  const usageMetadata = {
    promptTokenCount: 30,
    cachedContentTokenCount: 10,
    candidatesTokenCount: 5,
    thoughtsTokenCount: 7,
    totalTokenCount: 42,
  }
  const candidates = [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }]
  await using host = await startLocalHost({ body: dataEvents([{ candidates, usageMetadata, responseId: 'g1' }]) })
  await using bench = await startWith(host, { package: '@ai-sdk/google', export: 'createGoogle' }, '/v1beta')
  const first = await bench.plugboard.stream('one:claude-test', { ...hello, tools }).result()
  expect(first).toMatchObject({
    stopReason: 'toolUse',
    usage: { input: 20, cacheRead: 10, output: 12, reasoning: 7 },
    content: [
      { type: 'thinking', thinking: 'I look.' },
      { type: 'toolCall', name: 'look', arguments: { at: 'sky' } },
    ],
  })
  expect(host.exchanges[0]?.path).toBe('/v1beta/models/claude-test:streamGenerateContent?alt=sse')

  await bench.plugboard.complete('one:claude-test', continued(first))
  const contents = host.exchanges[1]?.body['contents'] as { readonly parts: readonly Json[] }[]
  expect(contents[1]?.parts.at(-1)).toMatchObject({ functionCall: { name: 'look' }, thoughtSignature: 'c2lnbmVk' })
  await bench.plugboard.complete('one:other', continued(first))
  expect(JSON.stringify(host.exchanges[2]?.body)).not.toContain('c2lnbmVk')
})
