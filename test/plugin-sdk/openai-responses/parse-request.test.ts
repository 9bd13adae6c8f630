import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPlugboardError } from '../../../plugin-sdk/errors.ts'
import { openaiResponses } from '../../../plugin-sdk/protocols/openai-responses/index.ts'
import { encode, thinker, type Json } from './support.ts'

const parse = (fields: Json) => openaiResponses.door.parseRequest({ model: 'm', input: 'Hi', ...fields })

const messages = (...input: unknown[]) => parse({ input }).context.messages

describe('a request', () => {
  test('of one text is one user message', () => {
    expect(parse({})).toEqual({
      model: 'm',
      stream: false,
      context: { messages: [{ role: 'user', content: 'Hi' }] },
      options: {},
      wire: { protocol: 'openai-responses', fields: {} },
      includeUsage: true,
      extensions: {},
    })
  })

  test('says in our words what they can say', () => {
    const { context, options, wire, stream } = parse({
      stream: true,
      instructions: 'be kind',
      tools: [{ type: 'function', name: 'a', description: 'd', parameters: { type: 'object' }, strict: true }],
      tool_choice: { type: 'function', name: 'a' },
      parallel_tool_calls: false,
      max_output_tokens: 9,
      temperature: 0,
      top_p: 1,
      text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: false, description: 'x' } },
      reasoning: { effort: 'none' },
      user: 'u',
      metadata: { a: 'b' },
    })
    expect(stream).toBe(true)
    expect(context).toMatchObject({
      systemPrompt: 'be kind',
      tools: [{ name: 'a', description: 'd', parameters: { type: 'object' }, strict: true }],
    })
    expect(options).toEqual({
      temperature: 0,
      topP: 1,
      maxTokens: 9,
      toolChoice: { tool: 'a' },
      parallelToolCalls: false,
      responseFormat: { type: 'json', schema: { type: 'object' }, name: 'n', strict: false, description: 'x' },
      reasoning: 'off',
      user: 'u',
      metadata: { a: 'b' },
    })
    expect(wire.fields).toEqual({})
  })

  test('keeps everything else for a provider of this protocol', () => {
    const fields = {
      store: true,
      include: ['x'],
      truncation: 'auto',
      service_tier: 'flex',
      prompt_cache_key: 'k',
      tools: [{ type: 'web_search' }, { type: 'mcp', server_label: 's' }],
      tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] },
      text: { verbosity: 'low', format: { type: 'grammar', syntax: 'x' } },
      reasoning: { summary: 'auto', effort: 'enormous' },
      something_new: { deep: [1] },
    }
    expect(parse(fields).wire).toEqual({ protocol: 'openai-responses', fields })
    expect(parse(fields).options).toEqual({})
  })

  test("names what only the provider's memory can answer", () => {
    const memory = { previous_response_id: 'resp_0', conversation: 'conv_1', prompt: { id: 'p' }, background: true }
    expect(parse(memory).wire).toEqual({
      protocol: 'openai-responses',
      fields: memory,
      required: ['previous_response_id', 'conversation', 'prompt', 'background'],
    })
    expect(parse({ previous_response_id: null, background: false, store: true }).wire).not.toHaveProperty('required')
    expect(parse({ input: undefined, previous_response_id: 'resp_0' }).context.messages).toEqual([])
  })

  test("holds Plugboard's own fields apart", () => {
    const { extensions, wire } = parse({ routing: { strategy: 'cost' }, budget: { max_cost: 1 }, response: {} })
    expect(extensions).toEqual({ routing: { strategy: 'cost' }, budget: { max_cost: 1 }, response: {} })
    expect(wire.fields).toEqual({})
  })

  test('null is the same as absent', () => {
    const fields = [
      'instructions',
      'tools',
      'tool_choice',
      'temperature',
      'text',
      'reasoning',
      'metadata',
      'user',
      'stream',
    ]
    expect(parse(Object.fromEntries(fields.map((field) => [field, null])))).toEqual(parse({}))
  })
})

describe('items', () => {
  test('of one turn become one message, results with the name of their call', () => {
    const thought = {
      type: 'reasoning',
      id: 'rs_1',
      summary: [{ type: 'summary_text', text: 'Hm' }],
      encrypted_content: 'g',
    }
    expect(
      messages(
        { role: 'user', content: [{ type: 'input_text', text: 'Weather?' }] },
        thought,
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Wait.', annotations: [] }],
          phase: 'commentary',
        },
        { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'weather', arguments: '{"city":"Rome"}' },
        { type: 'function_call_output', call_id: 'call_1', output: 'sunny' },
        { role: 'assistant', content: 'Sunny.' },
      ),
    ).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Weather?' }] },
      {
        role: 'assistant',
        api: 'openai-responses',
        content: [
          { type: 'thinking', thinking: 'Hm', thinkingSignature: JSON.stringify(thought) },
          { type: 'text', text: 'Wait.', textSignature: '{"v":1,"id":"msg_1","phase":"commentary"}' },
          { type: 'toolCall', id: 'call_1|fc_1', name: 'weather', arguments: { city: 'Rome' } },
        ],
      },
      {
        role: 'toolResult',
        toolCallId: 'call_1|fc_1',
        toolName: 'weather',
        content: [{ type: 'text', text: 'sunny' }],
        isError: false,
      },
      { role: 'assistant', api: 'openai-responses', content: [{ type: 'text', text: 'Sunny.' }] },
    ])
  })

  test('images come as data or by URL; files stay what they are', () => {
    const file = { type: 'input_file', file_id: 'file_1' }
    const byId = { type: 'input_image', file_id: 'file_2', detail: 'auto' }
    const [asked] = messages({
      role: 'user',
      content: [
        { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'low' },
        { type: 'input_image', image_url: 'https://x.test/a.png' },
        file,
        byId,
      ],
    })
    expect(asked?.content).toEqual([
      { type: 'image', mimeType: 'image/png', data: 'AAAA', detail: 'low' },
      { type: 'image', url: 'https://x.test/a.png' },
      { type: 'opaque', protocol: 'openai-responses', value: file },
      { type: 'opaque', protocol: 'openai-responses', value: byId },
    ])
  })

  test('instructions at the start are the first instruction, unless there is one', () => {
    const developer = { role: 'developer', content: [{ type: 'input_text', text: 'be brief' }] }
    const input = [developer, { role: 'user', content: 'Hi' }]
    expect(parse({ input }).context).toEqual({ systemPrompt: 'be brief', messages: [{ role: 'user', content: 'Hi' }] })
    expect(parse({ input, instructions: 'be kind' }).context).toMatchObject({
      systemPrompt: 'be kind',
      messages: [{ role: 'system', content: 'be brief' }, { role: 'user' }],
    })
  })

  test('without a unified form stay where they stood', () => {
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed' }
    const fine = { type: 'mcp_approval_response', approval_request_id: 'a', approve: true }
    const odd = { type: 'message', role: 'user', content: [{ type: 'hologram', data: 'x' }] }
    const input = [{ type: 'message', role: 'user', content: 'Hi' }, search, fine, odd]
    const { context, options, wire } = parse({ input })
    expect(encode({ context, options, wire }).input).toEqual(input)
  })
})

describe('a thought of another protocol', () => {
  const sealed = {
    type: 'reasoning',
    id: 'rs_pb_1_0',
    summary: [{ type: 'summary_text', text: 'Hm' }],
    encrypted_content: 'plugboard:anthropic-messages:sig==',
  }
  const hidden = {
    type: 'reasoning',
    id: 'rs_pb_1_1',
    summary: [],
    encrypted_content: 'plugboard:anthropic-messages:redacted:data',
  }
  const text = { type: 'message', id: 'msg_pb_1_2', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] }
  const called = { type: 'function_call', id: 'fc_pb_1_3', call_id: 'toolu_1', name: 'weather', arguments: '{}' }

  test('comes back as that protocol signed it, and so do the ids of its calls', () => {
    expect(messages(sealed, hidden, text, called)).toEqual([
      {
        role: 'assistant',
        api: 'anthropic-messages',
        content: [
          { type: 'thinking', thinking: 'Hm', thinkingSignature: 'sig==' },
          { type: 'thinking', thinking: '', thinkingSignature: 'data', redacted: true },
          { type: 'text', text: 'Hi' },
          { type: 'toolCall', id: 'toolu_1', name: 'weather', arguments: {} },
        ],
      },
    ])
  })

  test('is not sent to a provider of this one', () => {
    const { context, options, wire } = parse({ input: [sealed, text] })
    expect(encode({ context, options, wire }).input).toEqual([{ type: 'message', role: 'assistant', content: 'Hi' }])
  })

  test('does not mix with thoughts of this one', () => {
    const ours = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'g' }
    expect(messages(sealed, text, ours, text).map((message) => 'api' in message && message.api)).toEqual([
      'anthropic-messages',
      'openai-responses',
    ])
  })
})

describe('an error names the field', () => {
  const cases: readonly [string, unknown][] = [
    ['body', 'text'],
    ['model', { input: 'Hi' }],
    ['model', { model: '', input: 'Hi' }],
    ['input', { model: 'm' }],
    ['input', { model: 'm', input: 5 }],
    ['input[1]', { model: 'm', input: [{ role: 'user', content: 'x' }, 'y'] }],
    ['input[0].type', { model: 'm', input: [{ content: 'x' }] }],
    ['input[0].role', { model: 'm', input: [{ type: 'message', role: 'robot', content: 'x' }] }],
    ['input[0].content', { model: 'm', input: [{ role: 'user', content: 5 }] }],
    ['input[0].content[0]', { model: 'm', input: [{ role: 'user', content: ['x'] }] }],
    ['input[0].content[0].text', { model: 'm', input: [{ role: 'user', content: [{ type: 'input_text' }] }] }],
    ['input[0].call_id', { model: 'm', input: [{ type: 'function_call', name: 'a', arguments: '{}' }] }],
    ['input[0].name', { model: 'm', input: [{ type: 'function_call', call_id: 'a', arguments: '{}' }] }],
    ['input[0].arguments', { model: 'm', input: [{ type: 'function_call', call_id: 'a', name: 'b', arguments: {} }] }],
    ['input[0].output', { model: 'm', input: [{ type: 'function_call_output', call_id: 'a', output: 5 }] }],
    ['tools', { model: 'm', input: 'x', tools: {} }],
    ['tools[0]', { model: 'm', input: 'x', tools: ['a'] }],
    ['tools[0].type', { model: 'm', input: 'x', tools: [{ name: 'a' }] }],
    ['tools[0].name', { model: 'm', input: 'x', tools: [{ type: 'function', function: { name: 'a' } }] }],
    ['tools[0].parameters', { model: 'm', input: 'x', tools: [{ type: 'function', name: 'a', parameters: 'x' }] }],
    ['tool_choice', { model: 'm', input: 'x', tool_choice: 'maybe' }],
    ['tool_choice.name', { model: 'm', input: 'x', tool_choice: { type: 'function' } }],
    ['text.format.schema', { model: 'm', input: 'x', text: { format: { type: 'json_schema', name: 'a' } } }],
    ['text.format.name', { model: 'm', input: 'x', text: { format: { type: 'json_schema', schema: {} } } }],
    ['reasoning', { model: 'm', input: 'x', reasoning: 'high' }],
    ['max_output_tokens', { model: 'm', input: 'x', max_output_tokens: 0 }],
    ['temperature', { model: 'm', input: 'x', temperature: '1' }],
    ['stream', { model: 'm', input: 'x', stream: 'yes' }],
    ['metadata.a', { model: 'm', input: 'x', metadata: { a: 1 } }],
  ]

  test.each(cases)('%s', (param, body) => {
    let error: unknown
    try {
      openaiResponses.door.parseRequest(body)
    } catch (thrown) {
      error = thrown
    }
    expect(isPlugboardError(error) && [error.code, error.details]).toEqual(['REQUEST_INVALID', { param }])
  })
})

describe('any request', () => {
  const text = fc.string({ minLength: 1, unit: 'grapheme' }).filter((value) => value.isWellFormed())
  const id = fc.stringMatching(/^[a-z0-9]{1,20}$/)
  const json = fc.dictionary(text, fc.jsonValue(), { maxKeys: 3 })
  const annotations = fc.constant([
    { type: 'url_citation', url: 'https://x.test', start_index: 0, end_index: 1, title: 't' },
  ])
  const content = fc.oneof(
    text,
    fc.array(
      fc.oneof(
        text.map((value) => ({ type: 'input_text', text: value })),
        fc.constant({ type: 'input_image', image_url: 'https://x.test/a.png', detail: 'high' }),
        fc.constant({ type: 'input_image', image_url: 'data:image/jpeg;base64,/9j/', detail: 'auto' }),
        id.map((file_id) => ({ type: 'input_file', file_id })),
      ),
      { minLength: 2, maxLength: 4 },
    ),
  )
  // Each turn gets its number, so that ids are used once.
  const said = fc.tuple(text, annotations).map(([value, cited]) => (n: number) => [
    {
      type: 'message',
      id: `msg_${n}`,
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: value, annotations: cited }],
    },
  ])
  const called = fc.tuple(json, text).map(([args, output]) => (n: number) => [
    { type: 'function_call', id: `fc_${n}`, call_id: `call_${n}`, name: 'weather', arguments: JSON.stringify(args) },
    { type: 'function_call_output', call_id: `call_${n}`, output },
  ])
  const strange = fc
    .tuple(fc.constantFrom('web_search_call', 'compaction', 'from_the_future'), json)
    .map(([type, more]) => (n: number) => [{ ...more, type, id: `x_${n}` }])
  const thought = fc.tuple(text, said).map(([encrypted_content, next]) => (n: number) => [
    { type: 'reasoning', id: `rs_${n}`, summary: [], encrypted_content },
    ...next(n),
  ])
  const asked = content.map((value) => () => [{ type: 'message', role: 'user', content: value }])
  const input = fc
    .array(fc.oneof(asked, called, strange, thought, said), { minLength: 1, maxLength: 8 })
    .map((turns) => [{ type: 'message', role: 'user', content: 'Hi' }, ...turns.flatMap((turn, n): Json[] => turn(n))])

  test('is written again as it was', () => {
    fc.assert(
      fc.property(input, (items) => {
        const { context, options, wire } = parse({ input: items })
        expect(encode({ context, options, wire, model: thinker() }).input).toEqual(items)
      }),
      { numRuns: 300 },
    )
  })

  test('keeps the fields nobody knows', () => {
    const unknown = fc.dictionary(fc.stringMatching(/^x_[a-z]{1,8}$/), fc.jsonValue(), { maxKeys: 4 })
    fc.assert(
      fc.property(unknown, (fields) => {
        const { context, options, wire } = parse(fields)
        const { body } = encode({ context, options, wire })
        // As text, for 0 and -0 are the same there.
        expect(JSON.parse(JSON.stringify(body))).toMatchObject(JSON.parse(JSON.stringify(fields)) as Json)
      }),
    )
  })

  test('of any shape is read or refused with a word on the field', () => {
    const shapes = fc.record(
      {
        model: fc.constant('m'),
        input: fc.oneof(fc.jsonValue(), fc.array(json)),
        tools: fc.jsonValue(),
        text: fc.jsonValue(),
        reasoning: fc.jsonValue(),
      },
      { requiredKeys: ['model', 'input'] },
    )
    fc.assert(
      fc.property(shapes, (body) => {
        try {
          openaiResponses.door.parseRequest(body)
        } catch (error) {
          expect(isPlugboardError(error) && [error.code, typeof error.details['param']]).toEqual([
            'REQUEST_INVALID',
            'string',
          ])
        }
      }),
      { numRuns: 500 },
    )
  })
})
