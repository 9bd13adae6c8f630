import { describe, expect, test } from 'vitest'
import type { Context, StreamOptions } from '../../core/index.ts'
import { hello, startBench } from '../fixtures-plugins.ts'
import { startLocalHost } from './support/local-host.ts'
import { finish, reply, said, scriptedPlugin } from './support/scripted-package.ts'

type Json = Readonly<Record<string, unknown>>

interface Asked {
  readonly options: { readonly prompt: readonly Json[] } & Json
  readonly settings: Json
  readonly headers: Json
  readonly warnings: readonly string[]
}

/** What a package of this version is given for a call. */
async function asked(
  context: Context,
  {
    version = 'v4',
    options = {},
    namespace,
    model = {},
  }: { version?: string; options?: StreamOptions; namespace?: string; model?: Json } = {},
): Promise<Asked> {
  await using host = await startLocalHost(reply([...said('Hi'), finish()]))
  const named = namespace === undefined ? {} : { namespace }
  const plugin = scriptedPlugin('one', version, host, { models: [{ id: 'm', ...model }] }, named)
  await using bench = await startBench({ one: plugin }, { settings: { one: { apiKey: 'sk-1' } } })
  const { error, warnings = [] } = await bench.plugboard.complete('one:m', context, options)
  expect(error).toBeUndefined()
  const { body, headers } = host.exchanges[0] ?? {}
  return {
    ...(body as Pick<Asked, 'options' | 'settings'>),
    headers: headers ?? {},
    warnings: warnings.map(({ feature = '' }) => feature),
  }
}

const VERSIONS = ['v2', 'v3', 'v4'] as const

describe('options', () => {
  const tool = { name: 'look', description: 'Looks', parameters: { type: 'object', properties: {} }, strict: true }

  test('are given in the words of the AI SDK, and nothing that was not asked for', async () => {
    const { options, headers, warnings } = await asked(
      { ...hello, tools: [tool] },
      {
        options: {
          temperature: 0.5,
          topP: 0.9,
          topK: 40,
          maxTokens: 100,
          stop: ['END'],
          seed: 7,
          presencePenalty: 0.1,
          frequencyPenalty: 0.2,
          toolChoice: { tool: 'look' },
          responseFormat: { type: 'json', schema: { type: 'object' }, name: 'it', strict: true },
          headers: { 'x-mine': 'yes' },
          providerOptions: { one: { serviceTier: 'flex' }, other: { ignored: true } },
        },
      },
    )
    expect(options).toEqual({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      maxOutputTokens: 100,
      stopSequences: ['END'],
      seed: 7,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      toolChoice: { type: 'tool', toolName: 'look' },
      responseFormat: { type: 'json', schema: { type: 'object' }, name: 'it' },
      tools: [
        {
          type: 'function',
          name: 'look',
          description: 'Looks',
          inputSchema: { type: 'object', properties: {} },
          strict: true,
        },
      ],
      headers: { 'x-mine': 'yes' },
      providerOptions: { scripted: { serviceTier: 'flex' } },
    })
    expect(headers).toMatchObject({ authorization: 'Bearer sk-1', 'x-mine': 'yes' })
    expect(warnings).toEqual([])
    expect((await asked(hello)).options).toEqual({ prompt: options.prompt })
  })

  test('that the AI SDK has no words for are named in a warning', async () => {
    const { warnings } = await asked(hello, { options: { user: 'u1', parallelToolCalls: false, metadata: { a: 'b' } } })
    expect(warnings.toSorted()).toEqual(['metadata', 'parallelToolCalls', 'user'])
  })

  test('how hard to think is an option of version 4', async () => {
    expect((await asked(hello, { options: { reasoning: 'high' } })).options).toMatchObject({ reasoning: 'high' })
    expect((await asked(hello, { options: { reasoning: 'off' } })).options).toMatchObject({ reasoning: 'none' })
    const mapped = await asked(hello, { options: { reasoning: 'max' }, model: { reasoningLevels: { max: 'xhigh' } } })
    expect(mapped.options).toMatchObject({ reasoning: 'xhigh' })
  })

  test.each([
    ['openai', { reasoningEffort: 'low' }],
    ['groq', { reasoningEffort: 'low' }],
    ['anthropic', { thinking: { type: 'enabled', budgetTokens: 2048 } }],
    ['bedrock', { reasoningConfig: { type: 'enabled', budgetTokens: 2048 } }],
    ['google', { thinkingConfig: { thinkingBudget: 2048, includeThoughts: true } }],
  ])('before that %s has words of its own for it', async (namespace, expected) => {
    for (const version of ['v2', 'v3'] as const) {
      const { options } = await asked(hello, { version, namespace, options: { reasoning: 'low' } })
      expect(options).toMatchObject({ providerOptions: { [namespace]: expected } })
      expect(options).not.toHaveProperty('reasoning')
    }
  })

  test("and the caller's own options of the provider win", async () => {
    const options: StreamOptions = { reasoning: 'low', providerOptions: { one: { thinking: { type: 'adaptive' } } } }
    const given = await asked(hello, { version: 'v3', namespace: 'anthropic', options })
    expect(given.options).toMatchObject({ providerOptions: { anthropic: { thinking: { type: 'adaptive' } } } })
  })

  test('a provider whose words nobody knows is asked without, and says so', async () => {
    const { options, warnings } = await asked(hello, { version: 'v3', options: { reasoning: 'low' } })
    expect(options).not.toHaveProperty('providerOptions')
    expect(warnings).toEqual(['reasoning'])
  })
})

describe('images', () => {
  const image = { type: 'image', data: 'AAAA', mimeType: 'image/jpeg' } as const
  const context = (
    ...content: Extract<Context['messages'][number], { role: 'user' }>['content'] & object
  ): Context => ({
    messages: [{ role: 'user', content }],
  })

  test.each([
    ['v2', 'AAAA'],
    ['v3', 'AAAA'],
    ['v4', { type: 'data', data: 'AAAA' }],
  ])('are files in %s', async (version, data) => {
    for (const part of [image, { type: 'image', url: 'data:image/jpeg;base64,AAAA' } as const]) {
      const { options } = await asked(context(part), { version })
      expect(options.prompt).toEqual([{ role: 'user', content: [{ type: 'file', mediaType: 'image/jpeg', data }] }])
    }
  })

  test.each([
    ['v3', 'https://images.test/a.png'],
    ['v4', { type: 'url', url: 'https://images.test/a.png' }],
  ])('go by URL in %s where the provider fetches it', async (version, data) => {
    const { options } = await asked(context({ type: 'image', url: 'https://images.test/a.png' }), { version })
    expect(options.prompt).toEqual([{ role: 'user', content: [{ type: 'file', mediaType: 'image/*', data }] }])
  })

  test('are left out, with a warning, where it does not', async () => {
    const picture = { type: 'image', url: 'https://elsewhere.test/a.png' } as const
    const { options, warnings } = await asked(context({ type: 'text', text: 'See' }, picture))
    expect(options.prompt).toEqual([{ role: 'user', content: [{ type: 'text', text: 'See' }] }])
    expect(warnings).toEqual(['image-url'])
  })

  test.each([
    ['v2', { type: 'media', data: 'AAAA', mediaType: 'image/jpeg' }],
    ['v3', { type: 'image-data', data: 'AAAA', mediaType: 'image/jpeg' }],
    ['v4', { type: 'file', mediaType: 'image/jpeg', data: { type: 'data', data: 'AAAA' } }],
  ])('in the result of a tool have a shape of their own in %s', async (version, expected) => {
    const call = { type: 'toolCall', id: 'c', name: 'shot', arguments: {} } as const
    const { options } = await asked(
      {
        messages: [
          ...hello.messages,
          { role: 'assistant', content: [call] },
          { role: 'toolResult', toolCallId: 'c', content: [{ type: 'text', text: 'Here' }, image], isError: false },
        ],
      },
      { version },
    )
    expect(options.prompt.at(-1)).toEqual({
      role: 'tool',
      content: [
        {
          type: 'tool-result',
          toolCallId: 'c',
          toolName: 'shot',
          output: { type: 'content', value: [{ type: 'text', text: 'Here' }, expected] },
        },
      ],
    })
  })
})

describe.each(VERSIONS)('a conversation for %s', (version) => {
  const signed = { 'ai-sdk': { scripted: { signature: 's' } } }
  const call = (id: string, extra = {}) =>
    ({ type: 'toolCall', id, name: 'look', arguments: { n: 1 }, ...extra }) as const
  const result = (toolCallId: string, text = 'Seen', isError = false) =>
    ({ role: 'toolResult', toolCallId, content: [{ type: 'text', text }], isError }) as const
  const own = { role: 'assistant', provider: 'one', model: 'm', api: 'code' } as const
  const promptOf = async (messages: Context['messages'], systemPrompt?: string) =>
    (await asked({ messages, ...(systemPrompt === undefined ? {} : { systemPrompt }) }, { version })).options.prompt

  test('puts instructions first, wherever they stood', async () => {
    const prompt = await promptOf([...hello.messages, { role: 'system', content: 'Now in French.' }], 'Be brief.')
    expect(prompt).toEqual([
      { role: 'system', content: 'Be brief.\n\nNow in French.' },
      { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
    ])
  })

  test('gives a model back its own thoughts and what its provider keeps on them, also after JSON', async () => {
    const messages: Context['messages'] = [
      ...hello.messages,
      {
        ...own,
        content: [
          { type: 'thinking', thinking: 'Hm', providerMetadata: signed },
          { type: 'text', text: 'Look', providerMetadata: signed },
          call('c:1|x', { providerMetadata: signed }),
        ],
      },
      result('c:1|x', 'No', true),
    ]
    const providerOptions = { scripted: { signature: 's' } }
    expect((await promptOf(JSON.parse(JSON.stringify(messages)) as typeof messages)).slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm', providerOptions },
          { type: 'text', text: 'Look', providerOptions },
          { type: 'tool-call', toolCallId: 'c:1|x', toolName: 'look', input: { n: 1 }, providerOptions },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'c:1|x', toolName: 'look', output: { type: 'error-text', value: 'No' } },
        ],
      },
    ])
  })

  test.each([{ provider: 'two' }, { model: 'm2' }])('gives neither to another model: %j', async (changes) => {
    const prompt = await promptOf([
      ...hello.messages,
      {
        ...own,
        ...changes,
        content: [
          { type: 'thinking', thinking: 'Hm', providerMetadata: signed },
          { type: 'text', text: 'Look', providerMetadata: signed },
          call('c:1|x', { providerMetadata: signed }),
        ],
      },
      result('c:1|x'),
    ])
    expect(prompt.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Look' },
          {
            type: 'tool-call',
            toolCallId: expect.stringMatching(/^c_1_x_[0-9a-f]{8}$/),
            toolName: 'look',
            input: { n: 1 },
          },
        ],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: expect.stringMatching(/^c_1_x_[0-9a-f]{8}$/),
            toolName: 'look',
            output: { type: 'text', value: 'Seen' },
          },
        ],
      },
    ])
  })

  test('answers every call, right after it', async () => {
    const prompt = await promptOf([
      ...hello.messages,
      { ...own, content: [call('a'), call('b')] },
      { role: 'user', content: 'Well?' },
      result('b'),
    ])
    expect(prompt.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user'])
    expect(prompt[2]).toMatchObject({
      content: [
        { toolCallId: 'b', output: { type: 'text', value: 'Seen' } },
        { toolCallId: 'a', toolName: 'look', output: { type: 'error-text', value: 'No result was provided.' } },
      ],
    })
  })

  test('leaves out failed and aborted answers with the results of their calls', async () => {
    const prompt = await promptOf([
      ...hello.messages,
      { ...own, stopReason: 'error', content: [call('a')] },
      result('a'),
      { ...own, stopReason: 'aborted', content: [{ type: 'text', text: 'Hal' }] },
      { role: 'user', content: 'Again' },
    ])
    expect(prompt.map(({ role }) => role)).toEqual(['user', 'user'])
  })

  test("passes on what the caller writes for the package, for example a prompt's cache point", async () => {
    const cached = { 'ai-sdk': { anthropic: { cacheControl: { type: 'ephemeral' } } } }
    const prompt = await promptOf([
      { role: 'user', content: [{ type: 'text', text: 'Long', providerMetadata: cached }] },
    ])
    expect(prompt[0]).toMatchObject({ content: [{ providerOptions: cached['ai-sdk'] }] })
  })
})

test('parts that only another protocol can express are left out with a warning, broken text is mended', async () => {
  const { options, warnings } = await asked({
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a\uD800' },
          { type: 'opaque', protocol: 'openai-chat', value: {} },
        ],
      },
    ],
  })
  expect(options.prompt).toEqual([{ role: 'user', content: [{ type: 'text', text: 'a\uFFFD' }] }])
  expect(warnings).toEqual(['content', 'text'])
})
