import { describe, expect, it } from 'vitest'
import type { AssistantMessage, Batch, FinishEvent, ProviderEvent, Usage } from '../../../plugin-sdk/index.ts'
import { openaiChat } from '../../../plugin-sdk/protocols/openai-chat/index.ts'
import type { DoorError } from '../../../plugin-sdk/protocols/protocol.ts'
import { call } from './support/call.ts'
import { sendEvents, sendJson, sse } from './support/host.ts'
import { hasSchema, schemaErrors } from './support/openai-schema.ts'
import { hasRecordings, recordings } from './support/recordings.ts'

const { door } = openaiChat
const head = { id: 'chatcmpl-ours', created: 1_700_000_000, model: 'asked-model' }
const extras = { provider: 'acme', cost: { total_cost: 0.1 } }
const usage: Usage = { input: 10, output: 8, cacheRead: 4, cacheWrite: 2, reasoning: 3, totalTokens: 24 }
const wireUsage = {
  prompt_tokens: 16,
  completion_tokens: 8,
  total_tokens: 24,
  prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
  completion_tokens_details: { reasoning_tokens: 3 },
}
const error: DoorError = {
  status: 502,
  message: 'It broke',
  type: 'provider_error',
  code: 'provider_failed',
  param: null,
  provider: 'acme',
  requestId: 'req_1',
}
const wireError = {
  error: {
    message: 'It broke',
    type: 'provider_error',
    param: null,
    code: 'provider_failed',
    provider: 'acme',
    request_id: 'req_1',
  },
}

const full: AssistantMessage = {
  role: 'assistant',
  content: [
    { type: 'thinking', thinking: 'hm' },
    { type: 'text', text: 'Look' },
    { type: 'toolCall', id: 'c1', name: 'f', arguments: { n: 1 } },
  ],
  usage,
  stopReason: 'toolUse',
}

type Json = Record<string, unknown>
const asJson = (text: string): Json => JSON.parse(text) as Json

describe('an answer in one piece', () => {
  it('is made from the message of a provider with another protocol', () => {
    expect(asJson(door.writeAnswer({ ...head, message: full }, extras))).toEqual({
      id: 'chatcmpl-ours',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'asked-model',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Look',
            reasoning_content: 'hm',
            refusal: null,
            tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"n":1}' } }],
          },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: wireUsage,
      ...extras,
    })
  })

  it("has the provider's id where it gave one, null content beside mere calls, and text else", () => {
    const calls: AssistantMessage = { ...full, responseId: 'msg_1', content: full.content.slice(2) }
    expect(asJson(door.writeAnswer({ ...head, message: calls }, {}))).toMatchObject({
      id: 'msg_1',
      choices: [{ message: { content: null } }],
    })
    const empty: AssistantMessage = { role: 'assistant', content: [] }
    expect(asJson(door.writeAnswer({ ...head, message: empty }, {}))).toMatchObject({
      choices: [{ message: { content: '' }, finish_reason: 'stop' }],
    })
  })

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['toolUse', 'tool_calls'],
    ['contentFilter', 'content_filter'],
    ['error', 'length'],
  ] as const)('%s is told as %s', (stopReason, wanted) => {
    expect(asJson(door.writeAnswer({ ...head, message: { ...full, stopReason } }, {}))).toMatchObject({
      choices: [{ finish_reason: wanted }],
    })
  })

  it("is the provider's own object where it spoke this protocol, with ours filled in and added", async () => {
    const own = { choices: [{ index: 0, message: { content: 'x' }, finish_reason: 'stop' }], model: 'm-1', vendor: [1] }
    const { batches } = await call(sendJson(own), { stream: false })
    const wire = batches[0]?.wire
    expect(asJson(door.writeAnswer({ ...head, message: full, ...(wire && { wire }) }, extras))).toEqual({
      ...own,
      id: 'chatcmpl-ours',
      object: 'chat.completion',
      created: 1_700_000_000,
      ...extras,
    })
  })

  it("is the provider's own text where nothing in it must be set, with ours behind it", async () => {
    const own = {
      id: 'a',
      object: 'chat.completion',
      created: 1,
      model: 'm-1',
      choices: [{ index: 0, message: { content: '} "cost": {' }, finish_reason: 'stop' }],
    }
    const written = async (sent: object, added: object): Promise<string> => {
      const { batches } = await call(sendJson(sent), { stream: false })
      const wire = batches[0]?.wire
      return door.writeAnswer({ ...head, message: full, ...(wire && { wire }) }, { ...added })
    }
    const text = JSON.stringify(own)
    expect(await written(own, {})).toBe(text)
    expect(await written(own, extras)).toBe(`${text.slice(0, -1)},${JSON.stringify(extras).slice(1)}`)
    // Two fields of one name would be read in different ways.
    expect(await written({ ...own, provider: 'theirs' }, extras)).toBe(JSON.stringify({ ...own, ...extras }))
    expect(asJson(await written({ ...own, created: null }, extras))).toMatchObject({ created: head.created, ...extras })
  })

  it('is made from the message when the provider streamed', async () => {
    const { batches } = await call(sendEvents(sse(delta({ content: 'x' }), end, '[DONE]')))
    const wire = batches.at(-1)?.wire
    expect(asJson(door.writeAnswer({ ...head, message: full, ...(wire && { wire }) }, {}))).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { content: 'Look' } }],
    })
  })

  it('can be an error', () => {
    expect(asJson(door.writeError(error))).toEqual(wireError)
  })
})

const delta = (fields: object, choice: object = {}): Json => ({
  id: 'up-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm-1',
  choices: [{ index: 0, delta: fields, finish_reason: null, ...choice }],
})
const end = delta({}, { finish_reason: 'stop' })
const counts = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }

const open = (includeUsage = false) =>
  door.openStream(
    head,
    door.parseRequest({
      model: 'asked-model',
      messages: [{ role: 'user', content: 'Hi' }],
      stream_options: { include_usage: includeUsage },
    }),
  )

/** Everything a client reads for these batches; the last one holds the finish event. */
function written(batches: readonly Batch[], includeUsage = false, added: object = extras): string {
  const writer = open(includeUsage)
  let text = ''
  for (const batch of batches) {
    text += writer.write(batch)
    const finish = batch.at(-1)
    if (finish?.type === 'finish') text += writer.finish(finish, batch.wire, { ...added })
  }
  return text
}

const payloads = (text: string): Json[] =>
  text
    .split('\n\n')
    .filter((event) => event !== '' && event !== 'data: [DONE]')
    .map((event) => asJson(event.slice('data: '.length)))

const passed = async (chunks: readonly unknown[], includeUsage = false): Promise<Json[]> => {
  const { batches } = await call(sendEvents(sse(...chunks, '[DONE]')))
  const text = written(batches, includeUsage)
  expect(text.endsWith('\n\ndata: [DONE]\n\n')).toBe(true)
  return payloads(text)
}

describe('a stream from a provider of this protocol', () => {
  const content = delta({ content: 'x' })
  const usageChunk = { ...delta({}), choices: [], usage: counts }

  it('is passed on as it came; the end carries counts and extras for a client that did not ask for counts', async () => {
    expect(await passed([content, end, usageChunk])).toEqual([content, { ...end, usage: counts, ...extras }])
  })

  it('ends with the usage chunk for a client that asked for it', async () => {
    expect(await passed([content, end, usageChunk], true)).toEqual([content, end, { ...usageChunk, ...extras }])
  })

  it('moves the counts of hosts that send them with the end into a chunk of their own', async () => {
    const last = { ...end, usage: counts }
    const { choices: _, ...identity } = end
    expect(await passed([content, last], true)).toEqual([
      content,
      { ...end, usage: null },
      { ...identity, choices: [], usage: counts, ...extras },
    ])
    expect(await passed([content, last])).toEqual([content, { ...last, ...extras }])
  })

  it('does not send the counts twice where the host has choices in their chunk (OpenRouter)', async () => {
    const odd = { ...delta({ role: 'assistant', content: '' }), usage: counts }
    expect(await passed([content, end, odd])).toEqual([content, { ...end, usage: counts, ...extras }])
    expect(await passed([content, end, odd], true)).toEqual([content, end, { ...odd, choices: [], ...extras }])
  })

  it('gets an end from us where the host sends none', async () => {
    const { batches } = await call(
      sendEvents(sse(content, usageChunk, '[DONE]')),
      {},
      { compat: { supportsFinishReason: false } },
    )
    const [first, last] = payloads(written(batches))
    expect(first).toEqual(content)
    expect(last).toMatchObject({ choices: [{ finish_reason: 'stop' }], usage: counts })
  })

  it('keeps an event on one line, whatever the frame looks like', () => {
    const frames = ['{\n"choices": []\n}']
    const batch: Batch = Object.assign([{ type: 'text_delta', contentIndex: 0, delta: 'x' } as const], {
      wire: { protocol: 'openai-chat', frames },
    })
    expect(open().write(batch)).toBe('data: { "choices": [] }\n\n')
  })

  it('is written from the events when the answer came in one piece', async () => {
    const whole = { id: 'w', choices: [{ message: { content: 'x' }, finish_reason: 'stop' }], usage: counts }
    const { batches } = await call(sendJson(whole), { stream: false })
    const chunks = payloads(written(batches))
    expect(chunks.map(({ object }) => object)).toEqual(chunks.map(() => 'chat.completion.chunk'))
    expect(chunks.map(({ choices }) => (choices as { delta: Json }[])[0]?.delta['content'])).toEqual([
      '',
      'x',
      undefined,
    ])
  })
})

describe('a stream from a provider of another protocol', () => {
  const finish: FinishEvent = { type: 'finish', reason: 'toolUse', usage }
  const events: readonly ProviderEvent[] = [
    { type: 'start', responseId: 'msg_1' },
    { type: 'thinking_start', contentIndex: 0 },
    { type: 'thinking_delta', contentIndex: 0, delta: 'hm' },
    { type: 'thinking_end', contentIndex: 0, content: 'hm' },
    { type: 'text_start', contentIndex: 1 },
    { type: 'text_delta', contentIndex: 1, delta: 'a "quoted"\nline' },
    { type: 'text_end', contentIndex: 1, content: 'a "quoted"\nline' },
    { type: 'toolcall_start', contentIndex: 2, id: 'c1', name: 'f' },
    { type: 'toolcall_delta', contentIndex: 2, delta: '{"n"' },
    { type: 'toolcall_start', contentIndex: 3, id: 'c2', name: 'g' },
    { type: 'toolcall_delta', contentIndex: 2, delta: ':1}' },
    { type: 'toolcall_end', contentIndex: 2, toolCall: { type: 'toolCall', id: 'c1', name: 'f', arguments: { n: 1 } } },
    { type: 'toolcall_end', contentIndex: 3, toolCall: { type: 'toolCall', id: 'c2', name: 'g', arguments: {} } },
    finish,
  ]
  const deltas = (chunks: readonly Json[]): unknown[] =>
    chunks.map(({ choices }) => (choices as { delta: unknown }[])[0]?.delta)

  it('is written as chunks with one identity, the first with the role, calls numbered from 0', () => {
    const chunks = payloads(written([events], false, {}))
    for (const chunk of chunks) expect(chunk).toMatchObject({ id: 'msg_1', created: head.created, model: head.model })
    expect(deltas(chunks)).toEqual([
      { role: 'assistant', content: '' },
      { reasoning_content: 'hm' },
      { content: 'a "quoted"\nline' },
      { tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"n"' } }] },
      { tool_calls: [{ index: 1, id: 'c2', type: 'function', function: { name: 'g', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
      {},
    ])
    expect(chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: 'tool_calls' }], usage: wireUsage })
  })

  it('is the same however the events are cut into batches', () => {
    const batches = events.map((event) => [event])
    expect(written(batches)).toBe(written([events]))
  })

  it('ends with a usage chunk that carries the extras, for a client that asked', () => {
    const chunks = payloads(written([events], true))
    expect(chunks.at(-1)).toEqual({
      id: 'msg_1',
      object: 'chat.completion.chunk',
      created: head.created,
      model: head.model,
      choices: [],
      usage: wireUsage,
      ...extras,
    })
    expect(chunks.at(-2)).not.toHaveProperty('provider')
  })

  it('tells blocks that come only when they are whole', () => {
    const whole: readonly ProviderEvent[] = [
      { type: 'text_start', contentIndex: 0 },
      { type: 'text_end', contentIndex: 0, content: 'all' },
      { type: 'toolcall_start', contentIndex: 1, id: 'c', name: 'f' },
      {
        type: 'toolcall_end',
        contentIndex: 1,
        toolCall: { type: 'toolCall', id: 'c', name: 'f', arguments: { n: 1 } },
      },
    ]
    expect(deltas(payloads(written([whole])))).toEqual([
      { role: 'assistant', content: '' },
      { content: 'all' },
      { tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"n":1}' } }] },
    ])
  })

  it('that says nothing still has a role and an end', () => {
    expect(deltas(payloads(written([[{ type: 'start' }, { type: 'finish', reason: 'stop' }]])))).toEqual([
      { role: 'assistant', content: '' },
    ])
  })

  it('that fails ends with an error and without [DONE]', () => {
    const writer = open()
    const text = writer.write(events.slice(0, 6)) + writer.fail(error)
    expect(payloads(text).at(-1)).toEqual(wireError)
    expect(text).not.toContain('[DONE]')
  })
})

describe.skipIf(!hasSchema)("OpenAI's own description of its API", () => {
  const answers = hasSchema ? schemaErrors('CreateChatCompletionResponse') : () => []
  const chunks = hasSchema ? schemaErrors('CreateChatCompletionStreamResponse') : () => []

  it('fits an answer and a stream made from a message', () => {
    expect(answers(asJson(door.writeAnswer({ ...head, message: full }, extras)))).toEqual([])
    const { content } = full
    const events: ProviderEvent[] = [
      { type: 'start' },
      { type: 'text_start', contentIndex: 0 },
      { type: 'text_delta', contentIndex: 0, delta: 'x' },
      { type: 'text_end', contentIndex: 0, content: 'x' },
      { type: 'toolcall_start', contentIndex: 1, id: 'c', name: 'f' },
      {
        type: 'toolcall_end',
        contentIndex: 1,
        toolCall: content[2] as Extract<(typeof content)[number], { type: 'toolCall' }>,
      },
      { type: 'finish', reason: 'toolUse', usage },
    ]
    for (const includeUsage of [true, false])
      for (const chunk of payloads(written([events], includeUsage))) expect(chunks(chunk)).toEqual([])
  })

  it.skipIf(!hasRecordings)('fits what is made from the recorded answers of every host', async () => {
    const chosen = recordings(({ api }) => api === 'openai-chat').filter(
      ({ isStream, status }) => !isStream && status === 200,
    )
    let count = 0
    for (const { body } of chosen) {
      const { content, finish, start } = await call(sendJson(body), { stream: false })
      if (finish === undefined) continue
      const message: AssistantMessage = {
        role: 'assistant',
        // What a host says beside the words goes through as it came, and need not be as OpenAI says it.
        content: content.filter(({ type }) => type !== 'opaque'),
        stopReason: finish.reason,
        ...(finish.usage === undefined ? {} : { usage: finish.usage }),
        ...(start?.responseId === undefined ? {} : { responseId: start.responseId }),
      }
      expect(answers(asJson(door.writeAnswer({ ...head, message }, extras)))).toEqual([])
      count++
    }
    expect(count).toBeGreaterThan(100)
  })
})
