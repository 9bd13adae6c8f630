import { expect, test } from 'vitest'
import { plugboardProvider, type LanguageModel } from '../../core/surfaces/ai-sdk/index.ts'
import type { Context, GenerationOptions } from '../../core/index.ts'
import { codeOf, manifestOf, say, startBench, type Bench } from '../fixtures-plugins.ts'

// The model as the AI SDK calls it, without the AI SDK.

type Call = Parameters<LanguageModel['doStream']>[0]

const REPORT = `context.log.info('asked', { context: request.context, options: request.options })`

interface Asked {
  readonly context: Context
  readonly options: GenerationOptions
}

const start = (stream: string): Promise<Bench> =>
  startBench({
    one: { 'plugboard.json': manifestOf('one'), 'index.ts': codeOf('one', { stream: `${REPORT}\n${stream}` }) },
  })

const modelOf = ({ plugboard }: Bench): LanguageModel => plugboardProvider(plugboard)('one:demo')

/** What a provider is asked for such a call, and what the caller is told about it. */
async function asked(call: Partial<Call>): Promise<Asked & { readonly warnings: readonly unknown[] }> {
  await using bench = await start(say('Hi'))
  const prompt: Call['prompt'] = [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }]
  const { warnings } = await modelOf(bench).doGenerate({ prompt, ...call })
  const details = bench.log.lines.find(({ message }) => message === 'asked')?.details as unknown as Asked
  return { context: details.context, options: details.options, warnings }
}

const user = (...content: readonly object[]): Call['prompt'] => [{ role: 'user', content: content as never }]

test('instructions: the first ones are the system prompt, later ones stay where they are', async () => {
  const { context } = await asked({
    prompt: [
      { role: 'system', content: 'Be brief.' },
      { role: 'system', content: 'Be kind.' },
      ...user({ type: 'text', text: 'Hi' }),
      { role: 'system', content: 'Now in French.' },
    ],
  })
  expect(context).toEqual({
    systemPrompt: 'Be brief.\n\nBe kind.',
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
      { role: 'system', content: 'Now in French.' },
    ],
  })
})

test.each([
  [
    'bytes',
    { mediaType: 'image/png', data: new Uint8Array([1, 2, 3]) },
    { type: 'image', mimeType: 'image/png', data: 'AQID' },
  ],
  ['base64', { mediaType: 'image/png', data: 'AQID' }, { type: 'image', mimeType: 'image/png', data: 'AQID' }],
  [
    'a URL',
    { mediaType: 'image/*', data: new URL('https://x.test/a.png') },
    { type: 'image', url: 'https://x.test/a.png' },
  ],
  ['text as bytes', { mediaType: 'text/csv', data: Buffer.from('a,b') }, { type: 'text', text: 'a,b' }],
  [
    'text as version 4 has it',
    { mediaType: 'text/plain', data: { type: 'text', text: 'a' } },
    { type: 'text', text: 'a' },
  ],
])('a file: %s', async (_name, file, expected) => {
  const { context } = await asked({ prompt: user({ type: 'file', ...file }) })
  expect(context.messages[0]?.content).toEqual([expected])
})

test('a file that no provider of ours takes is refused before anything is asked', async () => {
  const prompt = user({ type: 'file', mediaType: 'application/pdf', data: 'AQID' })
  await expect(asked({ prompt })).rejects.toMatchObject({
    name: 'AI_UnsupportedFunctionalityError',
    message: expect.stringContaining('application/pdf'),
  })
})

test('the history: thoughts, calls and their results; what ran at the provider is left out', async () => {
  const call = (toolCallId: string, more = {}) => ({
    type: 'tool-call',
    toolCallId,
    toolName: 'look',
    input: { n: 1 },
    ...more,
  })
  const result = (toolCallId: string, output: object) => ({ type: 'tool-result', toolCallId, toolName: 'look', output })
  const { context, warnings } = await asked({
    prompt: [
      {
        role: 'assistant',
        content: [{ type: 'reasoning', text: 'Hm' }, call('a'), call('s', { providerExecuted: true })],
      },
      {
        role: 'tool',
        content: [
          result('a', { type: 'text', value: 'T' }),
          result('b', { type: 'json', value: { j: 1 } }),
          result('c', { type: 'error-text', value: 'E' }),
          result('d', { type: 'error-json', value: ['e'] }),
          result('e', { type: 'execution-denied', reason: 'No!' }),
          result('f', {
            type: 'content',
            value: [
              { type: 'text', text: 'C' },
              { type: 'image-data', data: 'AQID', mediaType: 'image/png' },
            ],
          }),
          { type: 'tool-approval-response' },
        ],
      },
    ],
  })
  const [answer, ...results] = context.messages
  expect(answer).toEqual({
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'Hm' },
      { type: 'toolCall', id: 'a', name: 'look', arguments: { n: 1 } },
    ],
  })
  const text = (said: string) => [{ type: 'text', text: said }]
  expect(results).toEqual(
    [
      { content: text('T'), isError: false },
      { content: text('{"j":1}'), isError: false },
      { content: text('E'), isError: true },
      { content: text('["e"]'), isError: true },
      { content: text('No!'), isError: true },
      { content: [...text('C'), { type: 'image', mimeType: 'image/png', data: 'AQID' }], isError: false },
    ].map((each, index) => ({ role: 'toolResult', toolCallId: 'abcdef'[index], toolName: 'look', ...each })),
  )
  expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'assistant tool-call' }])
})

test('parts of another model than the rest of their message lose what only it could read', async () => {
  const from = (provider: string) => ({
    plugboard: { api: 'code', provider, model: 'demo', thinkingSignature: provider },
  })
  const { context } = await asked({
    prompt: [
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'a', providerOptions: from('one') },
          { type: 'reasoning', text: 'b', providerOptions: from('two') },
        ],
      },
    ],
  })
  expect(context.messages[0]).toMatchObject({
    provider: 'one',
    content: [{ thinking: 'a', thinkingSignature: 'one' }, expect.not.objectContaining({ thinkingSignature: 'two' })],
  })
})

test('options come through in our words, and nothing that was not asked for', async () => {
  const schema = { type: 'object' } as const
  const { context, options, warnings } = await asked({
    maxOutputTokens: 50,
    temperature: 0.5,
    topP: 0.9,
    topK: 4,
    stopSequences: ['END'],
    presencePenalty: 0.1,
    frequencyPenalty: 0.2,
    seed: 7,
    responseFormat: { type: 'json', schema, name: 'it' },
    tools: [
      { type: 'function', name: 'look', description: 'Looks', inputSchema: schema, strict: true },
      { type: 'provider', name: 'web_search' },
    ],
    toolChoice: { type: 'tool', toolName: 'look' },
    headers: { 'x-mine': 'yes', 'user-agent': 'ai/7', 'x-not': undefined },
    providerOptions: { plugboard: { reasoning: 'low', timeoutMs: 9_000 }, other: { ignored: true } },
  })
  expect(context.tools).toEqual([{ name: 'look', description: 'Looks', parameters: schema, strict: true }])
  expect(options).toEqual({
    maxTokens: 50,
    temperature: 0.5,
    topP: 0.9,
    topK: 4,
    stop: ['END'],
    presencePenalty: 0.1,
    frequencyPenalty: 0.2,
    seed: 7,
    responseFormat: { type: 'json', schema, name: 'it' },
    toolChoice: { tool: 'look' },
    headers: { 'x-mine': 'yes' },
    reasoning: 'low',
    timeoutMs: 9_000,
  })
  expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'tool web_search' }])
  expect((await asked({})).options).toEqual({})
})

test.each([
  ['none', 'off'],
  ['high', 'high'],
  ['provider-default', undefined],
])('reasoning "%s" is %s', async (reasoning, expected) => {
  expect((await asked({ reasoning })).options.reasoning).toBe(expected)
})

const toldWell = `
  yield [
    { type: 'start', responseId: 'r1', responseModel: 'demo-2', warnings: [{ type: 'unsupported', feature: 'seed', message: 'No seed.' }] },
    { type: 'thinking_start', contentIndex: 0 }, { type: 'thinking_delta', contentIndex: 0, delta: 'Hm' },
    { type: 'thinking_end', contentIndex: 0, content: 'Hm' },
    { type: 'toolcall_start', contentIndex: 1, id: 'c1', name: 'look' }, { type: 'toolcall_delta', contentIndex: 1, delta: '{"n":' },
    { type: 'toolcall_end', contentIndex: 1, toolCall: { type: 'toolCall', id: 'c1', name: 'look', arguments: {}, argumentsError: 'cut' } },
  ]
  yield { type: 'finish', reason: 'toolUse', rawReason: 'tool_use', usage: { input: 10, output: 7, cacheRead: 15, cacheWrite: 5, reasoning: 3, totalTokens: 37 } }`

const usage = {
  inputTokens: { total: 30, noCache: 10, cacheRead: 15, cacheWrite: 5 },
  outputTokens: { total: 7, text: 4, reasoning: 3 },
}

test('the parts of a stream come in the order and shape of the specification', async () => {
  await using bench = await start(toldWell)
  const { stream } = await modelOf(bench).doStream({ prompt: user({ type: 'text', text: 'Hi' }) })
  const providerMetadata = { plugboard: { api: 'code', provider: 'one', model: 'demo' } }
  expect(await Array.fromAsync(stream)).toEqual([
    { type: 'stream-start', warnings: [{ type: 'unsupported', feature: 'seed', details: 'No seed.' }] },
    { type: 'response-metadata', id: 'r1', modelId: 'demo-2', timestamp: expect.any(Date) },
    { type: 'reasoning-start', id: '0' },
    { type: 'reasoning-delta', id: '0', delta: 'Hm' },
    { type: 'reasoning-end', id: '0', providerMetadata },
    { type: 'tool-input-start', id: 'c1', toolName: 'look' },
    { type: 'tool-input-delta', id: 'c1', delta: '{"n":' },
    { type: 'tool-input-end', id: 'c1' },
    // Arguments that are no JSON as they came, not as an empty object that somebody would run.
    { type: 'tool-call', toolCallId: 'c1', toolName: 'look', input: '{"n":', providerMetadata },
    {
      type: 'finish',
      finishReason: { unified: 'tool-calls', raw: 'tool_use' },
      usage,
      providerMetadata: { plugboard: expect.objectContaining({ provider: 'one', model: 'demo' }) },
    },
  ])
})

test('a whole answer says the same', async () => {
  await using bench = await start(toldWell)
  const answer = await modelOf(bench).doGenerate({ prompt: user({ type: 'text', text: 'Hi' }) })
  expect(answer).toMatchObject({
    content: [
      { type: 'reasoning', text: 'Hm' },
      { type: 'tool-call', toolCallId: 'c1', input: 'cut' },
    ],
    finishReason: { unified: 'tool-calls', raw: 'tool_use' },
    usage,
    response: { id: 'r1', modelId: 'demo-2' },
  })
})

test('what fails before it began is thrown, and what nobody counted is not zero', async () => {
  await using bench = await start(`throw new ProviderError('quota', 'Empty.', { status: 402, hint: 'Pay.' })`)
  const call = { prompt: user({ type: 'text', text: 'Hi' }) }
  for (const failing of [modelOf(bench).doStream(call), modelOf(bench).doGenerate(call)])
    await expect(failing).rejects.toMatchObject({ name: 'AI_APICallError', statusCode: 402, message: 'Empty. Pay.' })
})

test('a reader who leaves stops the provider', async () => {
  const endless = `
    const gone = Promise.withResolvers()
    signal.addEventListener('abort', () => { context.log.info('stopped'); gone.resolve() })
    yield [{ type: 'text_start', contentIndex: 0 }, { type: 'text_delta', contentIndex: 0, delta: 'Once' }]
    await gone.promise`
  await using bench = await start(endless)
  const { stream } = await modelOf(bench).doStream({ prompt: user({ type: 'text', text: 'Hi' }) })
  const reader = stream.getReader()
  while ((await reader.read()).value?.type !== 'text-delta');
  await reader.cancel()
  expect(bench.log.messages('info')).toContain('stopped')
})

test('an abort in the middle ends the stream as an aborted fetch would', async () => {
  const endless = `
    yield [{ type: 'text_start', contentIndex: 0 }, { type: 'text_delta', contentIndex: 0, delta: 'Once' }]
    await new Promise((_, reject) => signal.addEventListener('abort', reject))`
  await using bench = await start(endless)
  const leave = new AbortController()
  const call = { prompt: user({ type: 'text', text: 'Hi' }), abortSignal: leave.signal }
  const reader = (await modelOf(bench).doStream(call)).stream.getReader()
  while ((await reader.read()).value?.type !== 'text-delta');
  leave.abort()
  await expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' })
})

test('an abort before the answer began is told as an abort', async () => {
  await using bench = await start(`await new Promise((_, reject) => signal.addEventListener('abort', reject))`)
  const leave = new AbortController()
  const call = { prompt: user({ type: 'text', text: 'Hi' }), abortSignal: leave.signal }
  const failing = modelOf(bench).doStream(call)
  leave.abort()
  await expect(failing).rejects.toMatchObject({ name: 'AbortError' })
  await expect(modelOf(bench).doGenerate(call)).rejects.toMatchObject({ name: 'AbortError' })
})
