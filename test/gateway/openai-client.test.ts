import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startOpenAIUpstream, type OpenAIUpstream } from '../support/openai-upstream.ts'
import { openaiAt, startGateway, type RunningGateway } from '../support/running-gateway.ts'

const weather: OpenAI.Chat.Completions.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}

let upstream: OpenAIUpstream
let gateway: RunningGateway
let client: OpenAI

beforeAll(async () => {
  upstream = await startOpenAIUpstream({ apiKey: 'sk-test-0123456789abcdef' })
  gateway = await startGateway(openaiAt(upstream))
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 })
})

afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await upstream.close()
})

describe.each([
  ['the sandbox', 'sandbox:demo', () => {}],
  [
    'an OpenAI-compatible upstream',
    'openai:gpt-4o',
    () => upstream.script({ text: 'You said: Hello there', usage: { prompt: 9, completion: 4 } }),
  ],
])('the official client against %s', (_name, model, prepare) => {
  const messages = [{ role: 'user' as const, content: 'Hello there' }]

  test('reads a whole answer', async () => {
    prepare()
    const answer = await client.chat.completions.create({ model, messages })
    expect(answer.choices[0]?.message.content).toBe('You said: Hello there')
    expect(answer.choices[0]?.finish_reason).toBe('stop')
    expect(answer.object).toBe('chat.completion')
    expect(answer.usage?.total_tokens).toBeGreaterThan(0)
    expect(answer).toMatchObject({ provider: model.split(':')[0], cost: { currency: 'USD' }, latency: {} })
  })

  test('reads a stream, and its usage when it asks for it', async () => {
    prepare()
    const stream = await client.chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks: OpenAI.Chat.Completions.ChatCompletionChunk[] = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('You said: Hello there')
    expect(chunks.findLast((chunk) => chunk.choices.length > 0)?.choices[0]?.finish_reason).toBe('stop')
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: {},
      cost: { currency: 'USD' },
      provider: model.split(':')[0],
    })
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
  })

  test('gets no chunk without choices when it did not ask for usage', async () => {
    prepare()
    const stream = await client.chat.completions.create({ model, messages, stream: true })
    for await (const chunk of stream) expect(chunk.choices).toHaveLength(1)
  })

  test('reads a streamed tool call and continues after its result', async () => {
    upstream.script({ toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] })
    const asked = [{ role: 'user' as const, content: '/tool get_weather {"city":"Paris"}' }]
    const runner = client.chat.completions.stream({ model, messages: asked, tools: [weather] })
    const { choices } = await runner.finalChatCompletion()
    const [call] = choices[0]?.message.tool_calls ?? []
    expect(choices[0]?.finish_reason).toBe('tool_calls')
    expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather' } })
    expect(JSON.parse(call?.type === 'function' ? call.function.arguments : '')).toEqual({ city: 'Paris' })

    upstream.script({ text: 'The tool get_weather answered: sunny' })
    const second = await client.chat.completions.create({
      model,
      tools: [weather],
      messages: [
        ...asked,
        { role: 'assistant', content: null, tool_calls: choices[0]?.message.tool_calls ?? [] },
        { role: 'tool', tool_call_id: call?.id ?? '', content: 'sunny' },
      ],
    })
    expect(second.choices[0]?.message.content).toContain('sunny')
  })

  test('reads a tool call in one piece', async () => {
    upstream.script({ toolCalls: [{ name: 'get_weather', arguments: { city: 'Rome' } }] })
    const answer = await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: '/tool get_weather {"city":"Rome"}' }],
      tools: [weather],
    })
    const call = answer.choices[0]?.message.tool_calls?.[0]
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual({ city: 'Rome' })
  })
})

test('what the upstream is sent is what the client wrote, with our own fields taken out', async () => {
  upstream.script({})
  const before = upstream.chats.length
  await gateway.post('/v1/chat/completions', {
    model: 'openai:gpt-4o',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
        ],
      },
    ],
    temperature: 0.5,
    logit_bias: { '50256': -100 },
    a_field_nobody_knows: { deep: [1, 2] },
    budget: { user_id: 'u1' },
    response: { include_latency: false },
  })
  const { body, headers } = await upstream.chat(before)
  expect(body).toEqual({
    model: 'gpt-4o',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
        ],
      },
    ],
    temperature: 0.5,
    logit_bias: { '50256': -100 },
    a_field_nobody_knows: { deep: [1, 2] },
  })
  expect(headers.authorization).toBe('Bearer sk-test-0123456789abcdef')
})

test('usage is always asked of the upstream, whatever the client asked', async () => {
  upstream.script({})
  const before = upstream.chats.length
  const response = await gateway.post('/v1/chat/completions', {
    model: 'openai:gpt-4o',
    stream: true,
    messages: [{ role: 'user', content: 'Hi' }],
  })
  await response.text()
  expect((await upstream.chat(before)).body['stream_options']).toEqual({ include_usage: true })
})

test('fields of the upstream that we do not know reach the client', async () => {
  upstream.script({
    body: {
      id: 'x1',
      object: 'chat.completion',
      created: 1,
      model: 'gpt-4o',
      system_fingerprint: 'fp_1',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hi', annotations: [] },
          logprobs: { content: [] },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    },
  })
  const answer = (await (
    await gateway.post('/v1/chat/completions', { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] })
  ).json()) as object
  expect(answer).toMatchObject({
    system_fingerprint: 'fp_1',
    choices: [{ logprobs: { content: [] }, message: { annotations: [] } }],
    provider: 'openai',
  })
})
