import { describe, expect, it } from 'vitest'
import { isPlugboardError, type PlugboardError } from '../../../plugin-sdk/index.ts'
import type { DoorRequest } from '../../../plugin-sdk/protocols/protocol.ts'
import { openaiChat } from '../../../plugin-sdk/protocols/openai-chat/index.ts'

const parseRequest = (body: unknown): DoorRequest => openaiChat.door.parseRequest(body)
const user = { role: 'user', content: 'Hi' }
const parse = (body: object) => parseRequest({ model: 'm', messages: [user], ...body })
const parseMessages = (...messages: readonly unknown[]) => parse({ messages }).context

function problemOf(body: unknown): PlugboardError {
  try {
    parseRequest(body)
  } catch (error) {
    if (isPlugboardError(error)) return error
    throw error
  }
  throw new Error('the request was taken')
}

describe('a request of a client', () => {
  it('needs no more than a model and a message', () => {
    expect(parse({})).toEqual({
      model: 'm',
      context: { messages: [user] },
      options: {},
      stream: false,
      wire: { protocol: 'openai-chat', fields: {} },
      includeUsage: false,
      extensions: {},
    })
  })

  it('has its options in our words; null stands for "not given"', () => {
    const schema = { type: 'object' }
    expect(
      parse({
        temperature: 0.5,
        top_p: 1,
        top_k: 4,
        max_tokens: 10,
        stop: 'a',
        seed: -7,
        presence_penalty: -2,
        frequency_penalty: 2,
        user: 'u',
        metadata: { a: 'b' },
        parallel_tool_calls: false,
        tool_choice: 'required',
        reasoning_effort: 'xhigh',
        response_format: { type: 'json_schema', json_schema: { name: 'n', schema, strict: true, description: null } },
        n: null,
        tools: null,
      }).options,
    ).toEqual({
      temperature: 0.5,
      topP: 1,
      topK: 4,
      maxTokens: 10,
      stop: ['a'],
      seed: -7,
      presencePenalty: -2,
      frequencyPenalty: 2,
      user: 'u',
      metadata: { a: 'b' },
      parallelToolCalls: false,
      toolChoice: 'required',
      reasoning: 'xhigh',
      responseFormat: { type: 'json', name: 'n', schema, strict: true },
    })
    expect(parse({ temperature: null, stop: null, stream: null, tool_choice: null }).options).toEqual({})
  })

  it('may limit the answer under either name; the newer one wins', () => {
    expect(parse({ max_completion_tokens: 5 }).options.maxTokens).toBe(5)
    expect(parse({ max_completion_tokens: 5, max_tokens: 9 }).options.maxTokens).toBe(5)
  })

  it('can turn reasoning off; a word of one host alone is passed on', () => {
    expect(parse({ reasoning_effort: 'none' }).options.reasoning).toBe('off')
    const own = parse({ reasoning_effort: 'default' })
    expect(own.options).toEqual({})
    expect(own.wire.fields).toEqual({ reasoning_effort: 'default' })
  })

  it('keeps every field that has no unified name, also inside known ones', () => {
    const fields = { logit_bias: { 50256: -100 }, n: 2, service_tier: 'flex', vendor: { deep: [null] } }
    const stream_options = { include_usage: true, include_obfuscation: false }
    const parsed = parse({ ...fields, stream: true, stream_options })
    expect(parsed.wire.fields).toEqual({ ...fields, stream_options: { include_obfuscation: false } })
    expect(parsed).toMatchObject({ stream: true, includeUsage: true })
  })

  it('says which of its fields no other protocol can do without', () => {
    expect(parse({ modalities: ['text', 'audio'] }).wire).toMatchObject({ required: ['modalities'] })
    expect(parse({ modalities: ['text'] }).wire).not.toHaveProperty('required')
  })

  it('hands our own extensions over unread', () => {
    const extensions = { routing: { strategy: 'cost' }, budget: 'anything', response: { include_cost: false } }
    expect(parse(extensions)).toMatchObject({ extensions, wire: { fields: {} } })
  })

  it('cannot reach the prototype through a field name', () => {
    const body = JSON.parse(
      '{"model":"m","messages":[{"role":"user","content":"x","__proto__":{"a":1}}],"__proto__":{"stream":true}}',
    )
    const parsed = parseRequest(body)
    expect(parsed.stream).toBe(false)
    expect(({} as Record<string, unknown>)['a']).toBeUndefined()
    expect(Object.getPrototypeOf(parsed.wire.fields)).toBe(Object.prototype)
  })
})

describe('messages of a client', () => {
  it('begin with instructions, later instructions stay in their place', () => {
    expect(
      parseMessages(
        { role: 'system', content: 'A' },
        { role: 'developer', content: [{ type: 'text', text: 'B' }] },
        user,
        { role: 'developer', content: 'C' },
      ),
    ).toEqual({ systemPrompt: 'A\n\nB', messages: [user, { role: 'system', content: 'C' }] })
  })

  it('keep instructions with fields of their own as messages', () => {
    const parts = [{ type: 'text', text: 'A', cache_control: { type: 'ephemeral' } }]
    expect(parseMessages({ role: 'system', content: parts }, user).messages).toEqual([
      { role: 'system', content: 'A', providerMetadata: { 'openai-chat': { content: parts } } },
      user,
    ])
  })

  it('have text, images and parts that only this protocol knows', () => {
    const audio = { type: 'input_audio', input_audio: { data: 'x', format: 'wav' } }
    const content = [
      { type: 'text', text: 'a', cache_control: 1 },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=', detail: 'high' } },
      { type: 'image_url', image_url: { url: 'https://x.test/a.png' } },
      { type: 'image_url', image_url: 'data:image/svg+xml,<svg/>' },
      audio,
    ]
    expect(parseMessages({ role: 'user', content, name: 'Bo' }).messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a', providerMetadata: { 'openai-chat': { cache_control: 1 } } },
          { type: 'image', mimeType: 'image/png', data: 'aGk=', detail: 'high' },
          { type: 'image', url: 'https://x.test/a.png' },
          { type: 'image', url: 'data:image/svg+xml,<svg/>' },
          { type: 'opaque', protocol: 'openai-chat', value: audio },
        ],
        providerMetadata: { 'openai-chat': { name: 'Bo' } },
      },
    ])
  })

  it('have tool calls and their results, with the name found at the call', () => {
    const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"n":1}' } }
    expect(
      parseMessages(
        user,
        { role: 'assistant', content: null, tool_calls: [call], refusal: null },
        { role: 'tool', tool_call_id: 'c1', content: 'ok' },
      ).messages,
    ).toEqual([
      user,
      {
        role: 'assistant',
        content: [{ type: 'toolCall', id: 'c1', name: 'f', arguments: { n: 1 } }],
        providerMetadata: { 'openai-chat': { refusal: null } },
      },
      { role: 'toolResult', toolCallId: 'c1', toolName: 'f', content: [{ type: 'text', text: 'ok' }], isError: false },
    ])
  })

  it('keep arguments that are not JSON, and say so', () => {
    const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"n":' } }
    expect(parseMessages({ role: 'assistant', tool_calls: [call] }).messages[0]).toMatchObject({
      content: [
        {
          arguments: {},
          argumentsError: expect.stringContaining('not JSON'),
          providerMetadata: { 'openai-chat': { arguments: '{"n":' } },
        },
      ],
    })
  })

  it('have thoughts of an earlier answer in the field of their host', () => {
    expect(parseMessages({ role: 'assistant', content: 'x', reasoning_content: 'hm' }).messages[0]).toMatchObject({
      content: [
        { type: 'thinking', thinking: 'hm', thinkingSignature: 'reasoning_content' },
        { type: 'text', text: 'x' },
      ],
    })
  })

  it('may be of the older kind, with functions', () => {
    const { context, options } = parse({
      messages: [
        user,
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
        { role: 'function', name: 'f', content: 'ok' },
      ],
      functions: [{ name: 'f', parameters: { type: 'object' } }],
      function_call: { name: 'f' },
    })
    const [, asked, answered] = context.messages
    const [call] = asked?.role === 'assistant' ? asked.content : []
    expect(call).toMatchObject({ type: 'toolCall', name: 'f' })
    expect(answered).toMatchObject({ role: 'toolResult', toolName: 'f', toolCallId: (call as { id: string }).id })
    expect(context.tools).toEqual([{ name: 'f', parameters: { type: 'object' } }])
    expect(options.toolChoice).toEqual({ tool: 'f' })
  })
})

describe('tools of a client', () => {
  it('are functions; other kinds and other choices are passed on', () => {
    const search = { type: 'web_search' }
    const parsed = parse({
      tools: [
        { type: 'function', function: { name: 'f', description: 'd', strict: false, parameters: { type: 'object' } } },
        { type: 'function', function: { name: 'g', vendor: 1 }, cache_control: 2 },
        search,
      ],
      tool_choice: { type: 'allowed_tools', allowed_tools: {} },
    })
    expect(parsed.context.tools).toEqual([
      { name: 'f', description: 'd', strict: false, parameters: { type: 'object' } },
      {
        name: 'g',
        parameters: { type: 'object', properties: {} },
        providerMetadata: { 'openai-chat': { cache_control: 2, function: { vendor: 1 } } },
      },
    ])
    expect(parsed.wire.fields).toEqual({
      tools: [search],
      tool_choice: { type: 'allowed_tools', allowed_tools: {} },
    })
  })

  it('can be chosen by name', () => {
    const choice = { type: 'function', function: { name: 'f' } }
    expect(parse({ tool_choice: choice }).options.toolChoice).toEqual({ tool: 'f' })
  })
})

describe('a wrong request', () => {
  it.each([
    [{}, 'model'],
    [{ model: '', messages: [user] }, 'model'],
    [{ model: 1, messages: [user] }, 'model'],
    [{ model: 'm' }, 'messages'],
    [{ model: 'm', messages: 'Hi' }, 'messages'],
    [{ model: 'm', messages: [] }, 'messages'],
    [{ model: 'm', messages: ['Hi'] }, 'messages[0]'],
    [{ model: 'm', messages: [user, { role: 'robot', content: 'x' }] }, 'messages[1].role'],
    [{ model: 'm', messages: [{ content: 'x' }] }, 'messages[0].role'],
    [{ model: 'm', messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ model: 'm', messages: [{ role: 'user', content: [] }] }, 'messages[0].content'],
    [{ model: 'm', messages: [{ role: 'user', content: ['x'] }] }, 'messages[0].content[0]'],
    [{ model: 'm', messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'messages[0].content[0].text'],
    [
      { model: 'm', messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      'messages[0].content[0].image_url',
    ],
    [{ model: 'm', messages: [{ role: 'system', content: [{ type: 'image_url' }] }] }, 'messages[0].content[0]'],
    [{ model: 'm', messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
    [{ model: 'm', messages: [{ role: 'assistant', tool_calls: {} }] }, 'messages[0].tool_calls'],
    [
      { model: 'm', messages: [{ role: 'assistant', tool_calls: [{ id: 'a' }] }] },
      'messages[0].tool_calls[0].function',
    ],
    [
      {
        model: 'm',
        messages: [{ role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: {} } }] }],
      },
      'messages[0].tool_calls[0].function.arguments',
    ],
  ])('%j names %s', (body, param) => {
    const { code, details, hint, message } = problemOf(body)
    expect([code, details['param']]).toEqual(['REQUEST_INVALID', param])
    expect(message).toContain(`"${param}" must be`)
    expect(hint).not.toBe('')
  })

  it.each([
    [{ temperature: 2.1 }, 'temperature'],
    [{ temperature: '1' }, 'temperature'],
    [{ top_p: -0.1 }, 'top_p'],
    [{ presence_penalty: 3 }, 'presence_penalty'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    [{ n: 'two' }, 'n'],
    [{ seed: 0.5 }, 'seed'],
    [{ stop: [1] }, 'stop'],
    [{ stream: 'yes' }, 'stream'],
    [{ stream_options: true }, 'stream_options'],
    [{ user: 1 }, 'user'],
    [{ metadata: { a: 1 } }, 'metadata.a'],
    [{ reasoning_effort: 5 }, 'reasoning_effort'],
    [{ response_format: 'json' }, 'response_format'],
    [{ response_format: { type: 'json_schema' } }, 'response_format.json_schema'],
    [{ tools: {} }, 'tools'],
    [{ tools: [{}] }, 'tools[0].type'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].function'],
    [{ tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    [{ tools: [{ type: 'function', function: { name: 'f', parameters: [] } }] }, 'tools[0].function.parameters'],
    [{ tool_choice: 'maybe' }, 'tool_choice'],
    [{ tool_choice: { type: 'function' } }, 'tool_choice.function'],
    [{ functions: [{}] }, 'functions[0].name'],
  ])('%j names %s', (body, param) => {
    expect(problemOf({ model: 'm', messages: [user], ...body }).details['param']).toBe(param)
  })

  it.each([[null], ['text'], [[]], [undefined]])('%j is no request', (body) => {
    expect(problemOf(body).code).toBe('REQUEST_INVALID')
  })
})
