import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPlugboardError } from '../../../plugin-sdk/errors.ts'
import { normalForm } from './normal-form.ts'
import { MINIMAL, door, encode, relay, type Json } from './support.ts'

const parse = (more: Json = {}) => door.parseRequest({ ...MINIMAL, ...more })

describe('a request of a client', () => {
  test('is read into our words', () => {
    const request = parse({
      system: 'Be brief.',
      stream: true,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 4,
      stop_sequences: ['END'],
      metadata: { user_id: 'u1' },
      tools: [{ name: 'look', description: 'Looks.', input_schema: { type: 'object' } }],
      tool_choice: { type: 'tool', name: 'look', disable_parallel_tool_use: true },
      routing: { strategy: 'cost' },
      budget: { max_cost: 1 },
      response: { include_cost: true },
    })
    expect(request).toEqual({
      model: 'claude-test',
      context: {
        systemPrompt: 'Be brief.',
        messages: [{ role: 'user', content: 'hi' }],
        tools: [{ name: 'look', description: 'Looks.', parameters: { type: 'object' } }],
      },
      options: {
        maxTokens: 100,
        temperature: 0.5,
        topP: 0.9,
        topK: 4,
        stop: ['END'],
        user: 'u1',
        toolChoice: { tool: 'look' },
        parallelToolCalls: false,
      },
      stream: true,
      wire: { protocol: 'anthropic-messages', fields: {} },
      includeUsage: true,
      extensions: { routing: { strategy: 'cost' }, budget: { max_cost: 1 }, response: { include_cost: true } },
    })
  })

  test('gives tool results messages of their own, with the names of their calls', () => {
    const { context } = parse({
      messages: [
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'look', input: { at: 1 } }] },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 't1',
              is_error: true,
              content: [
                { type: 'text', text: 'no' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
              ],
            },
            { type: 'tool_result', tool_use_id: 't0', content: 'old' },
            { type: 'text', text: 'So?' },
          ],
        },
      ],
    })
    expect(context.messages).toEqual([
      {
        role: 'assistant',
        content: [{ type: 'toolCall', id: 't1', name: 'look', arguments: { at: 1 } }],
        api: 'anthropic-messages',
      },
      {
        role: 'toolResult',
        toolCallId: 't1',
        toolName: 'look',
        content: [
          { type: 'text', text: 'no' },
          { type: 'image', mimeType: 'image/png', data: 'AAAA' },
        ],
        isError: true,
      },
      { role: 'toolResult', toolCallId: 't0', content: [{ type: 'text', text: 'old' }], isError: false },
      { role: 'user', content: [{ type: 'text', text: 'So?' }] },
    ])
  })

  test.each([
    [{ thinking: { type: 'disabled' } }, 'off'],
    [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, 'minimal'],
    [{ thinking: { type: 'enabled', budget_tokens: 3000 } }, 'low'],
    [{ thinking: { type: 'enabled', budget_tokens: 31_999 } }, 'high'],
    [{ thinking: { type: 'enabled', budget_tokens: 60_000 } }, 'xhigh'],
    [{ thinking: { type: 'adaptive' } }, 'medium'],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, 'max'],
    [{ output_config: { effort: 'low' } }, 'low'],
    [{ thinking: { type: 'disabled' }, output_config: { effort: 'low' } }, 'off'],
    [{}, undefined],
  ] as const)('asks with %j for %s thinking, and keeps its own words', (fields, level) => {
    const { options, wire } = parse(fields)
    expect(options.reasoning).toBe(level)
    expect(wire).toEqual({
      protocol: 'anthropic-messages',
      fields: {},
      ...(Object.keys(fields).length === 0 ? {} : { exact: fields }),
    })
  })

  test('may ask for JSON, in the old place and in the new one', () => {
    const format = { type: 'json_schema', schema: { type: 'object' } }
    for (const fields of [{ output_config: { format } }, { output_format: format }])
      expect(parse(fields)).toMatchObject({
        options: { responseFormat: { type: 'json', schema: { type: 'object' } } },
        wire: { fields: {}, exact: fields },
      })
  })

  test('names the fields our words leave out, apart from those they only say less exactly', () => {
    const system = [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }]
    const search = { type: 'web_search_20250305', name: 'web_search' }
    const tools = [{ name: 'look', input_schema: { type: 'object' } }, search]
    const left = {
      thinking: { type: 'later' },
      output_config: { effort: 'low', task_budget: 5 },
      output_format: { type: 'xml' },
      tool_choice: { type: 'later' },
      container: 'c1',
      service_tier: 'auto',
    }
    const { wire, options } = parse({ ...left, system, tools, metadata: { user_id: 'u', team: 't' } })
    expect(options).toEqual({ maxTokens: 100, user: 'u', reasoning: 'low' })
    expect(wire).toEqual({
      protocol: 'anthropic-messages',
      fields: { ...left, tools: [search], metadata: { team: 't' } },
      exact: { system, tools },
      required: ['container'],
    })
  })

  test.each([
    ['body', []],
    ['model', { ...MINIMAL, model: 3 }],
    ['model', { ...MINIMAL, model: ' ' }],
    ['model', { messages: [], max_tokens: 1 }],
    ['max_tokens', { ...MINIMAL, max_tokens: undefined }],
    ['max_tokens', { ...MINIMAL, max_tokens: 1.5 }],
    ['max_tokens', { ...MINIMAL, max_tokens: -1 }],
    ['temperature', { ...MINIMAL, temperature: 'hot' }],
    ['stream', { ...MINIMAL, stream: 'yes' }],
    ['stop_sequences', { ...MINIMAL, stop_sequences: 'END' }],
    ['stop_sequences[1]', { ...MINIMAL, stop_sequences: ['a', 1] }],
    ['metadata', { ...MINIMAL, metadata: 'x' }],
    ['metadata.user_id', { ...MINIMAL, metadata: { user_id: 1 } }],
    ['system', { ...MINIMAL, system: 3 }],
    ['system[0].text', { ...MINIMAL, system: [{ type: 'text' }] }],
    ['tools', { ...MINIMAL, tools: {} }],
    ['tools[0].name', { ...MINIMAL, tools: [{ input_schema: {} }] }],
    ['tools[0].input_schema', { ...MINIMAL, tools: [{ name: 'look' }] }],
    ['thinking', { ...MINIMAL, thinking: 'hard' }],
    ['thinking.type', { ...MINIMAL, thinking: {} }],
    ['output_config.effort', { ...MINIMAL, output_config: { effort: 3 } }],
    ['tool_choice.type', { ...MINIMAL, tool_choice: {} }],
    ['tool_choice.name', { ...MINIMAL, tool_choice: { type: 'tool' } }],
    ['messages', { ...MINIMAL, messages: 'hi' }],
    ['messages', { ...MINIMAL, messages: [] }],
    ['messages[0]', { ...MINIMAL, messages: ['hi'] }],
    ['messages[1].role', { ...MINIMAL, messages: [...MINIMAL.messages, { role: 'tool', content: 'x' }] }],
    ['messages[0].content', { ...MINIMAL, messages: [{ role: 'user' }] }],
    ['messages[0].content[0].type', { ...MINIMAL, messages: [{ role: 'user', content: [{ text: 'hi' }] }] }],
    ['messages[0].content[0].text', { ...MINIMAL, messages: [{ role: 'user', content: [{ type: 'text' }] }] }],
    [
      'messages[0].content[0].source.data',
      { ...MINIMAL, messages: [{ role: 'user', content: [image({ type: 'base64', media_type: 'image/png' })] }] },
    ],
    [
      'messages[0].content[0].tool_use_id',
      { ...MINIMAL, messages: [{ role: 'user', content: [{ type: 'tool_result' }] }] },
    ],
    [
      'messages[0].content[0].content[0].text',
      {
        ...MINIMAL,
        messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text' }] }] }],
      },
    ],
    [
      'messages[0].content[0].input',
      {
        ...MINIMAL,
        messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'b', input: 'c' }] }],
      },
    ],
  ])('is refused when %s is wrong, by that name', (param, request) => {
    const error = thrown(() => door.parseRequest(request))
    expect(isPlugboardError(error) && { code: error.code, param: error.details['param'] }).toEqual({
      code: 'REQUEST_INVALID',
      param,
    })
    expect(String(error)).toContain(`${param}: `)
  })
})

function image(source: Json): Json {
  return { type: 'image', source }
}

function thrown(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

const json = fc.jsonValue({ maxDepth: 2 })
const extras = fc.dictionary(fc.stringMatching(/^x_[a-z]{1,5}$/), json, { maxKeys: 2 })
const cache = fc.constantFrom(
  {},
  { cache_control: { type: 'ephemeral' } },
  { cache_control: { type: 'ephemeral', ttl: '1h' } },
)
const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map((text) => `${text}.`)

const withExtras = (block: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.tuple(block, extras, cache).map(([fields, more, mark]) => ({ ...more, ...mark, ...fields }))

const text = withExtras(words.map((said) => ({ type: 'text', text: said })))
const picture = withExtras(
  fc.constantFrom<Json>(
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
    { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
    { type: 'image', source: { type: 'file', file_id: 'file_1' } },
  ),
)
const unknown = withExtras(
  fc.constantFrom<Json>({ type: 'document', source: { type: 'text', data: 'x' } }, { type: 'later', n: 1 }),
)
const thought = fc.constantFrom<Json>(
  { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
  { type: 'thinking', thinking: '', signature: 'c2ln' },
  { type: 'redacted_thinking', data: 'b3Bh' },
)
const server = fc.constantFrom<Json>({ type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } })
const input = fc.dictionary(fc.string({ maxLength: 5 }), json, { maxKeys: 3 })
const many = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { maxLength: 3 })

/** One answer with calls, and a user message with their results and more. */
const exchange = fc.record({
  answer: many(fc.oneof(text, thought, server)),
  calls: many(withExtras(fc.record({ name: fc.constantFrom('look', 'go'), input }))),
  results: fc.record({
    extras: cache,
    content: fc.oneof(words, many(fc.oneof(text, picture, unknown)), fc.constant(undefined)),
    is_error: fc.constant(false),
  }),
  said: fc.oneof(words, fc.array(fc.oneof(text, picture, unknown), { minLength: 1, maxLength: 3 })),
})

const messages = fc.tuple(words, many(exchange)).map(([first, exchanges]) => [
  { role: 'user', content: first },
  ...exchanges.flatMap(({ answer, calls, results, said }, turn) => {
    const id = (index: number): string => `toolu_${turn}_${index}`
    const spoken = typeof said === 'string' ? [{ type: 'text', text: said }] : said
    return [
      {
        role: 'assistant',
        content: [
          ...answer,
          ...calls.map((call, index) => ({ ...call, type: 'tool_use', id: id(index) })),
          { type: 'text', text: 'Done.' },
        ],
      },
      {
        role: 'user',
        content: [
          ...calls.map((_, index) => ({
            ...results.extras,
            type: 'tool_result',
            tool_use_id: id(index),
            ...(results.content === undefined || results.content.length === 0 ? {} : { content: results.content }),
          })),
          ...spoken,
        ],
      },
    ]
  }),
])

const optionalFields = fc.record(
  {
    system: fc.oneof(words, fc.array(text, { minLength: 1, maxLength: 2 })),
    stream: fc.constant(true),
    temperature: fc.double({ min: 0, max: 0.99, noNaN: true }).map((value) => value + 0),
    top_k: fc.nat(50),
    stop_sequences: fc.array(words, { minLength: 1, maxLength: 2 }),
    metadata: fc.record({ user_id: words, team: words }),
    tools: fc
      .array(
        fc.oneof(
          fc.record({
            description: words,
            input_schema: fc.constant({ type: 'object', properties: {} }),
            strict: fc.boolean(),
          }),
          fc.constant({ type: 'web_search_20250305' }),
          fc.constant({ type: 'custom', input_schema: { type: 'object' } }),
        ),
        { minLength: 1, maxLength: 4 },
      )
      .map((tools) => tools.map((tool, index) => ({ ...tool, name: `tool_${index}` }))),
    thinking: fc.constantFrom({ type: 'enabled', budget_tokens: 2000 }, { type: 'adaptive' }, { type: 'disabled' }),
    output_config: fc.constantFrom<Json>(
      { effort: 'low' },
      { effort: 'later' },
      { effort: 'max', task_budget: 5 },
      { format: { type: 'json_schema', schema: { minimum: 1 } } },
    ),
    service_tier: fc.constant('auto'),
    mcp_servers: fc.constant([{ type: 'url', url: 'https://example.com' }]),
    x_unknown: json,
  },
  { requiredKeys: [] },
)

describe('a request that goes on to a provider of the same protocol', () => {
  test('means the same: nothing is lost, changed or added', () => {
    fc.assert(
      fc.property(messages, optionalFields, fc.nat(5000), (list, fields, max) => {
        const sent = { model: 'claude-test', max_tokens: max, messages: list, ...fields }
        const { body, warnings } = relay(sent)
        expect(normalForm(body)).toEqual(normalForm(sent))
        expect(warnings).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  test('keeps its meaning when it is read again', () => {
    fc.assert(
      fc.property(messages, optionalFields, (list, fields) => {
        const once = parse({ messages: list, ...fields })
        const { body } = encode({ context: once.context, options: once.options, stream: once.stream, wire: once.wire })
        const twice = door.parseRequest(body)
        const again = encode({ context: twice.context, options: twice.options, stream: twice.stream, wire: twice.wire })
        expect(again.body).toEqual(body)
      }),
      { numRuns: 100 },
    )
  })

  test.each([
    [{ type: 'auto' }],
    [{ type: 'any', disable_parallel_tool_use: true }],
    [{ type: 'none' }],
    [{ type: 'tool', name: 'look' }],
    [{ type: 'later', of: 'all' }],
  ])('keeps its tool choice %j', (choice) => {
    const tools = [{ name: 'look', input_schema: { type: 'object' } }]
    expect(relay({ ...MINIMAL, tools, tool_choice: choice }).body['tool_choice']).toEqual(choice)
  })

  test('keeps the cache marks of its instructions as long as nobody changes these', () => {
    const system = [
      { type: 'text', text: 'One.', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'Two.' },
    ]
    const { context, wire } = parse({ system })
    expect(encode({ context, wire }).body['system']).toEqual(system)
    expect(context.systemPrompt).toBe('One.\n\nTwo.')
    const changed = encode({ context: { ...context, systemPrompt: 'Three.' }, wire })
    expect(changed.body['system']).toBe('Three.')
  })

  test('keeps the order of its tools, and those that run at the provider, when others come and go', () => {
    const schema = { input_schema: { type: 'object' } }
    const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 2 }
    const { context, wire } = parse({ tools: [{ name: 'a', ...schema }, search, { name: 'b', ...schema }] })
    expect(context.tools?.map(({ name }) => name)).toEqual(['a', 'b'])
    const tools = [
      { name: 'b', parameters: { type: 'object' } },
      { name: 'c', parameters: { type: 'object' } },
    ]
    expect(encode({ context: { ...context, tools }, wire }).body['tools']).toEqual([
      search,
      { name: 'b', ...schema },
      { name: 'c', ...schema },
    ])
  })

  test('loses cache marks on tools only at a host that refuses them there', () => {
    const tools = [{ name: 'a', input_schema: { type: 'object' }, cache_control: { type: 'ephemeral' } }]
    expect(relay({ ...MINIMAL, tools }).body['tools']).toEqual(tools)
    expect(relay({ ...MINIMAL, tools }, { supportsCacheControlOnTools: false }).body['tools']).toEqual([
      { name: 'a', input_schema: { type: 'object' } },
    ])
  })

  test('keeps instructions inside the conversation where they stand, and what is said about a message', () => {
    const list = [
      { role: 'user', content: 'hi', x_mark: 1 },
      { role: 'system', content: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }] },
      { role: 'user', content: 'So?' },
      { role: 'assistant', content: 'Well.', x_mark: 2 },
      { role: 'system', content: 'Briefer.' },
    ]
    expect(relay({ ...MINIMAL, messages: list })).toMatchObject({ body: { messages: list }, warnings: [] })
  })
})
