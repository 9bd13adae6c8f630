import { describe, expect, test } from 'vitest'
import { plugboardProvider } from '../../core/surfaces/ai-sdk/index.ts'
import { createPlugboard, type Context, type Plugboard } from '../../core/index.ts'
import { codeOf, manifestOf, startBench } from '../fixtures-plugins.ts'
import { startNode } from '../support/process.ts'
import { startOpenAIUpstream } from '../support/openai-upstream.ts'
import { installed } from './support/installed.ts'

const has6 = installed(() => import.meta.resolve('ai6'))
const has7 = installed(() => import.meta.resolve('ai'))
// At first use: where a package is missing, its tests are skipped and not failed.
const ai6 = () => import('ai6')
const ai7 = () => import('ai')

const offline = (): Promise<Plugboard> =>
  createPlugboard({ dataDir: false, hostDir: false, watch: false, settings: { sandbox: { wordDelayMs: 0 } } })

const city = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as const

describe.skipIf(!has6)('ai 6', () => {
  test('a registry finds models by a name that holds colons itself', async () => {
    const { createProviderRegistry, generateText } = await ai6()
    await using plugboard = await offline()
    const registry = createProviderRegistry({ pb: plugboardProvider(plugboard) })
    const { text, usage, finishReason, response } = await generateText({
      model: registry.languageModel('pb:sandbox:demo'),
      prompt: 'Hello',
    })
    expect(text).toBe('You said: Hello')
    expect(usage).toMatchObject({ inputTokens: 2, outputTokens: 4, totalTokens: 6 })
    expect(finishReason).toBe('stop')
    expect(response.modelId).toBe('demo')
  })

  test('streams thoughts, calls a tool and goes on with its result', async () => {
    const { streamText, stepCountIs, tool, jsonSchema } = await ai6()
    await using plugboard = await offline()
    const seen: string[] = []
    const { fullStream, steps, text } = streamText({
      model: plugboardProvider(plugboard)('sandbox:thinker'),
      prompt: '/tool weather {"city":"Bern"}',
      stopWhen: stepCountIs(3),
      tools: {
        weather: tool({
          inputSchema: jsonSchema<{ city: string }>(city),
          execute: ({ city: place }) => `Sun over ${place}`,
        }),
      },
    })
    for await (const { type } of fullStream) if (seen.at(-1) !== type) seen.push(type)
    expect(seen).toContain('reasoning-delta')
    expect(seen).toContain('tool-input-delta')
    expect(seen).toContain('tool-result')
    expect(await text).toBe('The tool weather answered: Sun over Bern')
    const [first, second] = await steps
    expect(first).toMatchObject({ finishReason: 'tool-calls', reasoningText: expect.stringContaining('Somebody') })
    expect(second?.finishReason).toBe('stop')
  })

  test('tells what the answer cost, as the ledger has it, and books it to whom the caller says', async () => {
    const { generateText } = await ai6()
    await using plugboard = await offline()
    const model = plugboardProvider(plugboard).languageModel('sandbox:demo')
    const providerOptions = { plugboard: { userId: 'u1', trackingId: 't1' } }
    const { providerMetadata } = await generateText({ model, prompt: 'Hello', providerOptions })
    const [entry] = plugboard.ledger.entries()
    expect(providerMetadata).toEqual({
      plugboard: {
        id: entry?.id,
        provider: 'sandbox',
        model: 'demo',
        cost: { nano: 10_000, dollars: 0.00001 },
      },
    })
    expect(entry).toMatchObject({ userId: 'u1', trackingId: 't1', cost: { total: 10_000 } })
    const unpriced = await generateText({ model: plugboardProvider(plugboard)('sandbox:unpriced'), prompt: 'Hello' })
    expect(unpriced.providerMetadata?.['plugboard']).toMatchObject({ cost: { nano: null, dollars: null } })
  })

  test('a failure is an error of the AI SDK that is not tried again', async () => {
    const { generateText, APICallError } = await ai6()
    await using upstream = await startOpenAIUpstream({ script: { status: 429, headers: { 'retry-after': '3' } } })
    const settings = { openai: { apiKey: 'sk-1', baseUrl: upstream.url } }
    await using plugboard = await createPlugboard({ dataDir: false, hostDir: false, watch: false, settings })
    const failed: unknown = await generateText({
      model: plugboardProvider(plugboard)('openai:gpt-4o'),
      prompt: 'Hello',
      maxRetries: 2,
    }).catch((error: unknown) => error)
    expect(APICallError.isInstance(failed)).toBe(true)
    expect(failed).toMatchObject({
      statusCode: 429,
      isRetryable: false,
      message: expect.stringContaining('Rate limit reached'),
      data: { class: 'rate_limit', retryAfterMs: 3_000 },
    })
    expect(upstream.chats).toHaveLength(1)
  })

  test('a failure in the middle is an error part behind what had arrived', async () => {
    const { streamText } = await ai6()
    await using plugboard = await offline()
    const errors: unknown[] = []
    const { fullStream } = streamText({
      model: plugboardProvider(plugboard)('sandbox:demo'),
      prompt: 'Hi\n/words 50\n/error server 3',
      onError: ({ error }) => void errors.push(error),
    })
    const parts = await Array.fromAsync(fullStream)
    expect(parts.filter(({ type }) => type === 'text-delta')).toHaveLength(3)
    expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: 'error' })
    expect(errors).toMatchObject([{ name: 'AI_APICallError', data: { class: 'server' } }])
  })

  test('a model that does not exist fails with its candidates', async () => {
    const { generateText } = await ai6()
    await using plugboard = await offline()
    const model = plugboardProvider(plugboard)('sandbox:dema')
    await expect(generateText({ model, prompt: 'Hello' })).rejects.toThrow(
      /"sandbox:dema" does not exist.*Did you mean "sandbox:demo"/,
    )
  })

  test('there are only language models', async () => {
    const { createProviderRegistry, NoSuchModelError } = await ai6()
    await using plugboard = await offline()
    const registry = createProviderRegistry({ pb: plugboardProvider(plugboard) })
    const thrown = (() => {
      try {
        return registry.embeddingModel('pb:x')
      } catch (error) {
        return error
      }
    })()
    expect(NoSuchModelError.isInstance(thrown)).toBe(true)
    expect(() => plugboardProvider(plugboard).imageModel('x')).toThrow(/no imageModel "x"/)
  })

  test('an abort ends the answer and closes the connection to the provider', async () => {
    const { generateText, streamText } = await ai6()
    await using upstream = await startOpenAIUpstream({ script: { deltas: 9, fault: { kind: 'stall', after: 3 } } })
    const settings = { openai: { apiKey: 'sk-1', baseUrl: upstream.url } }
    await using plugboard = await createPlugboard({ dataDir: false, hostDir: false, watch: false, settings })
    const leave = new AbortController()
    const types: string[] = []
    const { fullStream } = streamText({
      model: plugboardProvider(plugboard)('openai:gpt-4o'),
      prompt: 'Hello',
      abortSignal: leave.signal,
    })
    for await (const { type } of fullStream) {
      types.push(type)
      if (type === 'text-delta' && !leave.signal.aborted) leave.abort()
    }
    expect(types.at(-1)).toBe('abort')
    expect(await (await upstream.chat(0)).over).toBe('left')

    const waiting = generateText({
      model: plugboardProvider(plugboard)('openai:gpt-4o'),
      prompt: 'Hello',
      abortSignal: AbortSignal.timeout(20),
    })
    await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})

describe.skipIf(!has7)('ai 7', () => {
  test('a registry finds models, a tool is called in a stream, the result goes on', async () => {
    const { createProviderRegistry, streamText, isStepCount, tool, jsonSchema } = await ai7()
    await using plugboard = await offline()
    const registry = createProviderRegistry({ pb: plugboardProvider(plugboard) })
    const { fullStream, text, steps } = streamText({
      model: registry.languageModel('pb:sandbox:thinker'),
      prompt: '/tool weather {"city":"Bern"}',
      stopWhen: isStepCount(3),
      tools: {
        weather: tool({
          inputSchema: jsonSchema<{ city: string }>(city),
          execute: ({ city: place }) => `Sun over ${place}`,
        }),
      },
    })
    const types = new Set<string>()
    for await (const { type } of fullStream) types.add(type)
    expect([...types]).toEqual(
      expect.arrayContaining(['reasoning-delta', 'tool-input-delta', 'tool-call', 'text-delta']),
    )
    expect(await text).toBe('The tool weather answered: Sun over Bern')
    expect((await steps).map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop'])
  })

  test('text, usage and cost of one answer, and a failure that is not tried again', async () => {
    const { generateText, APICallError } = await ai7()
    await using plugboard = await offline()
    const pb = plugboardProvider(plugboard)
    const { text, usage, finalStep } = await generateText({ model: pb('sandbox:demo'), prompt: 'Hello' })
    expect({ text, input: usage.inputTokens, output: usage.outputTokens }).toEqual({
      text: 'You said: Hello',
      input: 2,
      output: 4,
    })
    expect(finalStep.providerMetadata?.['plugboard']).toMatchObject({ cost: { nano: 10_000, dollars: 0.00001 } })
    const failed: unknown = await generateText({ model: pb('sandbox:demo'), prompt: '/error overloaded' }).catch(
      (error: unknown) => error,
    )
    expect(APICallError.isInstance(failed)).toBe(true)
    expect(failed).toMatchObject({ isRetryable: false, data: { class: 'overloaded' } })
  })

  test('its reasoning option is ours', async () => {
    const { generateText } = await ai7()
    await using plugboard = await offline()
    const pb = plugboardProvider(plugboard)
    const off = await generateText({ model: pb('sandbox:thinker'), prompt: 'Hello', reasoning: 'none' })
    const on = await generateText({ model: pb('sandbox:thinker'), prompt: 'Hello', reasoning: 'high' })
    expect([off.reasoningText, on.reasoningText]).toEqual([undefined, 'Somebody wants an answer. I shall give one.'])
  })

  test('signatures go through the history of the AI SDK and come back to their model', async () => {
    const { generateText, streamText } = await ai7()
    const stream = `
      context.log.info('asked', { messages: request.context.messages })
      yield [
        { type: 'thinking_start', contentIndex: 0 }, { type: 'thinking_delta', contentIndex: 0, delta: 'Hm' },
        { type: 'thinking_end', contentIndex: 0, content: 'Hm', thinkingSignature: 'c2ln', providerMetadata: { mine: { a: [1] } } },
        { type: 'text_start', contentIndex: 1 }, { type: 'text_delta', contentIndex: 1, delta: 'Yes' },
        { type: 'text_end', contentIndex: 1, content: 'Yes', textSignature: 'dHh0' },
      ]
      yield { type: 'finish', reason: 'stop' }`
    const plugin = { 'plugboard.json': manifestOf('one'), 'index.ts': codeOf('one', { stream }) }
    await using bench = await startBench({ one: plugin })
    const pb = plugboardProvider(bench.plugboard)
    const asked = (): Context['messages'] =>
      bench.log.lines.findLast(({ message }) => message === 'asked')?.details['messages'] as Context['messages']
    const written = [
      { type: 'thinking', thinking: 'Hm', thinkingSignature: 'c2ln', providerMetadata: { mine: { a: [1] } } },
      { type: 'text', text: 'Yes', textSignature: 'dHh0' },
    ]

    for (const first of [
      await generateText({ model: pb('one:demo'), prompt: 'Hello' }),
      streamText({ model: pb('one:demo'), prompt: 'Hello' }),
    ]) {
      const { messages } = await first.response
      const history = JSON.parse(JSON.stringify(messages)) as typeof messages
      await generateText({ model: pb('one:demo'), messages: [...history, { role: 'user', content: 'Go on' }] })
      expect(asked()[0]).toEqual({ role: 'assistant', api: 'code', provider: 'one', model: 'demo', content: written })
    }
  })

  test('the example runs', async () => {
    const example = startNode(['examples/ai-sdk-host/main.ts'])
    const { code } = await example.exited
    expect({ code, stderr: example.stderr }).toEqual({ code: 0, stderr: '' })
    expect(example.stdout).toContain('The tool weather answered: sunny')
    expect(example.stdout).toMatch(/"model":"thinker","cost":{"nano":\d+,"dollars":0\.\d+}/)
  })
})
