import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { MessageBuilder, type AssistantMessage, type Batch, type ProviderEvent } from '../../../plugin-sdk/index.ts'
import { openaiChat } from '../../../plugin-sdk/protocols/openai-chat/index.ts'
import type { DoorError, DoorRequest } from '../../../plugin-sdk/protocols/protocol.ts'
import { call } from './support/call.ts'
import { sendEvents, sse, startHost, type Respond } from './support/host.ts'

const { door } = openaiChat
const head = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'm' }
const extras = { provider: 'acme', cost: { total_cost: 0.5 } }
const error: DoorError = {
  status: 502,
  message: 'It broke',
  type: 'provider_error',
  code: 'provider_failed',
  param: null,
  provider: 'acme',
  requestId: 'req_1',
}

const events: readonly ProviderEvent[] = [
  { type: 'start' },
  { type: 'text_start', contentIndex: 0 },
  { type: 'text_delta', contentIndex: 0, delta: 'Let me ' },
  { type: 'text_delta', contentIndex: 0, delta: 'look.' },
  { type: 'text_end', contentIndex: 0, content: 'Let me look.' },
  { type: 'toolcall_start', contentIndex: 1, id: 'c1', name: 'weather' },
  { type: 'toolcall_delta', contentIndex: 1, delta: '{"city":' },
  { type: 'toolcall_delta', contentIndex: 1, delta: '"Paris"}' },
  {
    type: 'toolcall_end',
    contentIndex: 1,
    toolCall: { type: 'toolCall', id: 'c1', name: 'weather', arguments: { city: 'Paris' } },
  },
  {
    type: 'finish',
    reason: 'toolUse',
    usage: { input: 5, output: 7, cacheRead: 0, cacheWrite: 0, totalTokens: 12 },
  },
]

/** A gateway in small: it reads the request through the door and answers with these batches. */
const answering =
  (batches: readonly Batch[], seen: DoorRequest[] = []): Respond =>
  (response, { body }) => {
    const request = door.parseRequest(body)
    seen.push(request)
    if (!request.stream) {
      const builder = new MessageBuilder()
      for (const batch of batches) builder.add(batch)
      const { finish } = builder
      const message: AssistantMessage = {
        role: 'assistant',
        content: builder.content,
        ...(finish === undefined ? {} : { stopReason: finish.reason }),
        ...(finish?.usage === undefined ? {} : { usage: finish.usage }),
      }
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(door.writeAnswer({ ...head, message }, extras))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const writer = door.openStream(head, request)
    for (const batch of batches) {
      response.write(writer.write(batch))
      const finish = batch.at(-1)
      if (finish?.type === 'finish') response.write(writer.finish(finish, batch.wire, extras))
    }
    if (batches.at(-1)?.at(-1)?.type !== 'finish') response.write(writer.fail(error))
    response.end()
  }

const clientOf = (url: string): OpenAI => new OpenAI({ baseURL: url, apiKey: 'k', maxRetries: 0 })
const messages = [{ role: 'user', content: 'Weather?' }] as const
const tools = [
  { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } },
] as const

describe("OpenAI's own client", () => {
  it('reads an answer in one piece', async () => {
    const seen: DoorRequest[] = []
    await using host = await startHost(answering([events], seen))
    const answer = await clientOf(host.url).chat.completions.create({
      model: 'm',
      messages: [...messages],
      tools: [...tools],
      tool_choice: 'auto',
      max_completion_tokens: 50,
    })
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: 'Let me look.',
        tool_calls: [{ id: 'c1', function: { name: 'weather', arguments: '{"city":"Paris"}' } }],
      },
    })
    expect(answer.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 })
    expect(answer).toMatchObject(extras)
    expect(seen[0]).toMatchObject({
      context: { tools: [{ name: 'weather' }] },
      options: { maxTokens: 50, toolChoice: 'auto' },
    })
  })

  it('gathers a stream made from events to the same message', async () => {
    await using host = await startHost(answering(events.map((event) => [event])))
    const stream = clientOf(host.url).chat.completions.stream({
      model: 'm',
      messages: [...messages],
      tools: [...tools],
      stream_options: { include_usage: true },
    })
    const answer = await stream.finalChatCompletion()
    expect(answer).toMatchObject({ id: 'chatcmpl-1', model: 'm', usage: { total_tokens: 12 } })
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'Let me look.',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }],
      },
    })
  })

  it('gathers a stream that is passed on, chunk by chunk', async () => {
    const chunk = (delta: object, finish_reason: string | null = null): object => ({
      id: 'up-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'up',
      choices: [{ index: 0, delta, finish_reason }],
    })
    const counts = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
    const upstream = [
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'Hel' }),
      chunk({ content: 'lo' }),
      chunk({}, 'stop'),
      { ...chunk({}), choices: [], usage: counts },
    ]
    const { batches } = await call(sendEvents(...upstream.map((item) => sse(item)), sse('[DONE]')))
    await using host = await startHost(answering(batches))
    const stream = clientOf(host.url).chat.completions.stream({ model: 'm', messages: [...messages] })
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe('Hello')
  })

  it('throws when a stream fails, and not before what had arrived', async () => {
    await using host = await startHost(answering([events.slice(0, 4)]))
    const stream = await clientOf(host.url).chat.completions.create({
      model: 'm',
      messages: [...messages],
      stream: true,
    })
    let text = ''
    const read = async (): Promise<void> => {
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? ''
    }
    await expect(read()).rejects.toThrow(OpenAI.APIError)
    expect(text).toBe('Let me look.')
  })

  it('reads an error with its type, code and message', async () => {
    await using host = await startHost((response) => {
      response.writeHead(502, { 'content-type': 'application/json' })
      response.end(door.writeError(error))
    })
    const asked = clientOf(host.url).chat.completions.create({ model: 'm', messages: [...messages] })
    await expect(asked).rejects.toMatchObject({
      status: 502,
      type: 'provider_error',
      code: 'provider_failed',
      message: expect.stringContaining('It broke'),
    })
  })
})
