import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isProviderError } from '../../../plugin-sdk/errors.ts'
import type { Batch, ProviderEvent } from '../../../plugin-sdk/events.ts'
import { AnswerDecoder } from '../../../plugin-sdk/protocols/openai-responses/answer-decoder.ts'
import { SseReader } from '../../../plugin-sdk/sse.ts'
import {
  added,
  call,
  collect,
  completed,
  created,
  decode,
  failureOf,
  itemDone,
  message,
  request,
  sendJson,
  sendSse,
  sse,
  startUpstream,
  textDelta,
  thinker,
  type Json,
} from './support.ts'

const reasoning = (fields: Json = {}): Json => ({ id: 'rs_1', type: 'reasoning', summary: [], ...fields })

const delta = (type: string, index: number, text: string, fields: Json = {}): Json => ({
  type: `response.${type}.delta`,
  output_index: index,
  delta: text,
  ...fields,
})

/** Thought, text and call, told in every event OpenAI sends. */
const whole: readonly Json[] = [
  created(),
  { type: 'response.in_progress', response: { id: 'resp_1' } },
  added(0, reasoning()),
  {
    type: 'response.reasoning_summary_part.added',
    output_index: 0,
    summary_index: 0,
    part: { type: 'summary_text', text: '' },
  },
  delta('reasoning_summary_text', 0, 'Über', { summary_index: 0 }),
  delta('reasoning_summary_text', 0, 'legt', { summary_index: 0 }),
  delta('reasoning_summary_text', 0, 'dann', { summary_index: 1 }),
  itemDone(0, reasoning({ encrypted_content: 'gAAA', summary: [{ text: 'Überlegt' }, { text: 'dann' }] })),
  added(1, message('msg_1', '', { status: 'in_progress', phase: 'commentary' })),
  { type: 'response.content_part.added', output_index: 1, content_index: 0, part: { type: 'output_text', text: '' } },
  textDelta(1, 'Grüße '),
  textDelta(1, '👋'),
  { type: 'response.output_text.done', output_index: 1, content_index: 0, text: 'Grüße 👋' },
  itemDone(1, message('msg_1', 'Grüße 👋', { phase: 'commentary' })),
  added(2, call('fc_1', 'call_1', '', { status: 'in_progress' })),
  delta('function_call_arguments', 2, '{"city":'),
  delta('function_call_arguments', 2, '"Rome"}'),
  { type: 'response.function_call_arguments.done', output_index: 2, arguments: '{"city":"Rome"}' },
  itemDone(2, call('fc_1', 'call_1', '{"city":"Rome"}')),
  completed(),
]

const rome = { type: 'toolCall', id: 'call_1|fc_1', name: 'weather', arguments: { city: 'Rome' } }

describe('a stream', () => {
  test('is told as blocks, with what the provider needs to know them again', async () => {
    const { start, content, finish } = await decode(whole, { model: thinker() })
    expect(start).toEqual({ type: 'start', responseId: 'resp_1' })
    expect(content).toEqual([
      { type: 'thinking', thinking: 'Überlegt\n\ndann', thinkingSignature: expect.stringContaining('"gAAA"') },
      { type: 'text', text: 'Grüße 👋', textSignature: '{"v":1,"id":"msg_1","phase":"commentary"}' },
      rome,
    ])
    expect(finish).toEqual({
      type: 'finish',
      reason: 'toolUse',
      rawReason: 'completed',
      usage: { input: 6, output: 7, cacheRead: 4, cacheWrite: 0, reasoning: 2, totalTokens: 17 },
    })
  })

  test('tells the same for any split of its bytes, one batch for a chunk at most', () => {
    const bytes = new TextEncoder().encode(sse(whole))
    const expected = read([bytes])
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 40 }), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end))
        const told = read(chunks)
        expect(told.events).toEqual(expected.events)
        expect(told.frames).toEqual(expected.frames)
        expect(told.tail).toEqual(expected.tail)
        expect(told.batches).toBeLessThanOrEqual(chunks.length)
      }),
      { numRuns: 300 },
    )
  })

  test('keeps every event as it came, and apart from them the one that closed it', async () => {
    const { batches } = await decode(whole)
    expect(batches.flatMap(({ wire }) => wire?.frames ?? [])).toEqual(
      whole.slice(0, -1).map((event) => JSON.stringify(event)),
    )
    expect(batches.at(-1)?.wire?.tail).toEqual([whole.at(-1)])
    expect(batches.every((batch) => batch.length > 0)).toBe(true)
    expect(batches.flat().at(-1)?.type).toBe('finish')
  })

  test('keeps events it has no words for', async () => {
    const strange = [
      { type: 'response.web_search_call.searching', output_index: 0, item_id: 'ws_1' },
      { type: 'response.mcp_call_arguments.delta', output_index: 0, delta: '{' },
      { type: 'keepalive' },
    ]
    const { batches, content } = await decode([created(), ...strange, textDelta(1, 'ok'), completed()])
    expect(batches.flatMap(({ wire }) => wire?.frames ?? [])).toEqual(
      [created(), ...strange, textDelta(1, 'ok')].map((event) => JSON.stringify(event)),
    )
    expect(content).toMatchObject([{ text: 'ok' }])
  })

  test('may give one item another id in every event', async () => {
    const rotated = whole.map((event, n) => {
      const item = event['item'] as Json | undefined
      return { ...event, ...(item === undefined ? { item_id: `id-${n}` } : { item: { ...item, id: `id-${n}` } }) }
    })
    const { content } = await decode(rotated)
    expect(content).toMatchObject([
      { type: 'thinking', thinking: 'Überlegt\n\ndann' },
      { type: 'text', text: 'Grüße 👋' },
      { type: 'toolCall', arguments: { city: 'Rome' } },
    ])
  })

  test.each([
    ['only its deltas', whole.filter(({ type }) => !/done|part/.test(String(type)))],
    ['only whole items', whole.filter(({ type }) => !/delta|part|text\.done|arguments/.test(String(type)))],
    ['only the ends of items', whole.filter(({ type }) => /created|item\.done|completed/.test(String(type)))],
    [
      'only its last event',
      [completed(whole.flatMap(({ type, item }) => (type === 'response.output_item.done' ? [item] : [])))],
    ],
  ])('may hold %s', async (_, events) => {
    const { content, finish } = await decode(events)
    expect(content).toMatchObject([{ thinking: 'Überlegt\n\ndann' }, { text: 'Grüße 👋' }, rome])
    expect(finish?.reason).toBe('toolUse')
  })

  test('may interleave its items', async () => {
    const events = [
      added(0, call('fc_1', 'a', '')),
      added(1, call('fc_2', 'b', '')),
      delta('function_call_arguments', 1, '{"n":2}'),
      delta('function_call_arguments', 0, '{"n":1}'),
      itemDone(1, call('fc_2', 'b', '{"n":2}')),
      itemDone(0, call('fc_1', 'a', '{"n":1}')),
      completed(),
    ]
    const { content } = await decode([created(), ...events])
    expect(content).toMatchObject([
      { id: 'a|fc_1', arguments: { n: 1 } },
      { id: 'b|fc_2', arguments: { n: 2 } },
    ])
  })

  test('tells thoughts in the open, and once when they come twice', async () => {
    const events = [
      added(0, reasoning()),
      delta('reasoning_text', 0, 'raw ', { content_index: 0 }),
      delta('reasoning_summary_text', 0, 'short', { summary_index: 0 }),
      delta('reasoning_text', 0, 'thought', { content_index: 0 }),
      itemDone(
        0,
        reasoning({ content: [{ type: 'reasoning_text', text: 'raw thought' }], summary: [{ text: 'short' }] }),
      ),
      completed(),
    ]
    const { content } = await decode([created(), ...events])
    expect(content).toMatchObject([{ type: 'thinking', thinking: 'raw thought' }])
  })

  test('may encrypt a thought only in its last event', async () => {
    const events = [
      created(),
      added(0, reasoning()),
      itemDone(0, reasoning()),
      textDelta(1, 'ok'),
      itemDone(1, message('msg_1', 'ok')),
      completed([reasoning({ encrypted_content: 'gAAA' }), message('msg_1', 'ok')]),
    ]
    const { content } = await decode(events, { model: thinker() })
    expect(content).toMatchObject([{ type: 'thinking' }, { type: 'text', text: 'ok' }])
    expect(JSON.parse(String((content[0] as { thinkingSignature?: string }).thinkingSignature))).toMatchObject({
      id: 'rs_1',
      encrypted_content: 'gAAA',
    })
  })

  test('is read as one also when the host does not say that it is', async () => {
    await using upstream = await startUpstream((response) => {
      response.end(sse(whole))
    })
    expect((await collect(upstream.provider())).content).toHaveLength(3)
  })

  test('names the model when another one answered', async () => {
    expect((await decode([created({ model: 'gpt-test-2026' }), completed()])).start?.responseModel).toBe(
      'gpt-test-2026',
    )
    expect((await decode([created(), completed()])).start).not.toHaveProperty('responseModel')
  })

  test('begins with the warnings of its request', async () => {
    const { start } = await decode([created(), completed()], { options: { seed: 1 } })
    expect(start?.warnings).toMatchObject([{ feature: 'seed' }])
  })

  test('keeps what a call says beyond our words', async () => {
    const named = call('fc_1', 'call_1', '{}', { namespace: 'crm', caller: { type: 'program' } })
    const { content } = await decode([created(), itemDone(0, named), completed()])
    expect(content).toMatchObject([
      { providerMetadata: { 'openai-responses': { namespace: 'crm', caller: { type: 'program' } } } },
    ])
  })

  test('with arguments that are no JSON says so', async () => {
    const { content } = await decode([created(), itemDone(0, call('fc_1', 'call_1', '{"city":')), completed()])
    expect(content).toMatchObject([{ type: 'toolCall', arguments: {}, argumentsError: expect.any(String) }])
  })
})

describe('the end of an answer', () => {
  const incomplete = (reason: string): Json => ({
    ...completed([], { status: 'incomplete', incomplete_details: { reason } }),
    type: 'response.incomplete',
  })

  test.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'contentFilter'],
  ])('incomplete for %s is %s', async (raw, reason) => {
    const { finish, content } = await decode([created(), textDelta(0, 'half'), incomplete(raw)])
    expect(finish).toMatchObject({ reason, rawReason: raw })
    expect(content).toMatchObject([{ text: 'half' }])
  })

  test('incomplete for a reason nobody knows is an error', async () => {
    const error = await failureOf(decode([created(), textDelta(0, 'half'), incomplete('moon_phase')]))
    expect(isProviderError(error) && error.message).toContain('moon_phase')
  })

  test('a refusal is text, and the reason says that it was one', async () => {
    const refused = message('msg_1', '', { content: [{ type: 'refusal', refusal: 'I will not.' }] })
    const told = await decode([
      created(),
      delta('refusal', 0, 'I will ', { content_index: 0 }),
      itemDone(0, refused),
      completed(),
    ])
    expect(told.content).toMatchObject([{ type: 'text', text: 'I will not.' }])
    expect(told.finish).toMatchObject({ reason: 'contentFilter', rawReason: 'refusal' })
  })

  test.each([
    ['nothing', []],
    ['a beginning', whole.slice(0, 5)],
    ['everything but its last event', whole.slice(0, -1)],
  ])('a stream that held %s was cut, and says so', async (_, events) => {
    const error = await failureOf(decode(events))
    expect(isProviderError(error) && error.info).toMatchObject({ class: 'network', retryable: true })
  })

  test('what had arrived before a failure is told', async () => {
    await using upstream = await startUpstream((response) =>
      sendSse(
        response,
        sse([created(), textDelta(0, 'half'), { type: 'error', error: { message: 'boom', code: 'server_error' } }]),
      ),
    )
    const events: ProviderEvent[] = []
    const reading = async (): Promise<void> => {
      for await (const batch of upstream.provider().stream(request(), new AbortController().signal))
        events.push(...(batch as Batch))
    }
    const error = await failureOf(reading())
    expect(isProviderError(error) && error.info).toMatchObject({
      class: 'server',
      message: expect.stringContaining('boom'),
    })
    expect(events).toContainEqual({ type: 'text_delta', contentIndex: 0, delta: 'half' })
  })

  test.each([
    [
      'an error event',
      { type: 'error', error: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'no money' } },
      'quota',
    ],
    [
      'a flat error event',
      { type: 'error', code: 'rate_limit_exceeded', message: 'slow down', param: null },
      'rate_limit',
    ],
    [
      'a failed response',
      { type: 'response.failed', response: { status: 'failed', error: { code: 'server_error', message: 'x' } } },
      'server',
    ],
    ['an error without a type', { error: { message: 'Prompt is too long', code: 400 } }, 'context_overflow'],
  ])('%s is a typed error', async (_, event, kind) => {
    const error = await failureOf(decode([created(), event]))
    expect(isProviderError(error) && error.info.class).toBe(kind)
  })

  test('a cancelled response is an error', async () => {
    const error = await failureOf(
      decode([created(), { type: 'response.cancelled', response: { status: 'cancelled' } }]),
    )
    expect(isProviderError(error) && error.message).toContain('cancelled')
  })

  test('something that is no JSON is an error that shows it', async () => {
    await using upstream = await startUpstream((response) => sendSse(response, 'data: <html>\n\n'))
    const error = await failureOf(collect(upstream.provider()))
    expect(isProviderError(error) && error.info).toMatchObject({
      class: 'server',
      message: expect.stringContaining('<html>'),
    })
  })
})

describe('an answer in one piece', () => {
  const object = completed([
    reasoning({ encrypted_content: 'gAAA' }),
    message('msg_1', 'Hello'),
    call('fc_1', 'call_1', '{"city":"Rome"}'),
  ])['response'] as Json

  const answered = async (body: unknown, stream = false) => {
    await using upstream = await startUpstream((response) => sendJson(response, body))
    return await collect(upstream.provider(), request({ stream }))
  }

  test('is told in one batch that holds the object', async () => {
    const { batches, content, finish } = await answered(object)
    expect(batches).toHaveLength(1)
    expect(batches[0]?.wire).toEqual({ protocol: 'openai-responses', frames: [], tail: [object] })
    expect(content).toMatchObject([{ type: 'thinking' }, { text: 'Hello' }, rome])
    expect(finish).toMatchObject({ reason: 'toolUse', usage: { input: 6 } })
  })

  test('is read also when a stream was asked for', async () => {
    expect((await answered(object, true)).content).toHaveLength(3)
  })

  test('that says it failed is an error', async () => {
    const error = await failureOf(
      answered({ ...object, status: 'failed', error: { code: 'rate_limit_exceeded', message: 'x' } }),
    )
    expect(isProviderError(error) && error.info.class).toBe('rate_limit')
  })

  test('that goes on in the background is no answer', async () => {
    const error = await failureOf(answered({ ...object, status: 'queued', output: [] }))
    expect(isProviderError(error) && error.info).toMatchObject({ class: 'unsupported', retryable: false })
  })

  test('of another kind is an error', async () => {
    const error = await failureOf(answered({ id: 'chatcmpl-1', choices: [] }))
    expect(isProviderError(error) && error.info.class).toBe('server')
  })

  test('without a count of tokens has no usage', async () => {
    expect((await answered({ ...object, usage: null })).finish).not.toHaveProperty('usage')
  })
})

function read(chunks: readonly Uint8Array[]) {
  const reader = new SseReader()
  const decoder = new AnswerDecoder({
    provider: 'openai',
    model: 'gpt-test',
    warnings: [],
    awaitsEncryptedThoughts: true,
    failure: () => {
      throw new Error('nothing fails here')
    },
    garbled: () => {
      throw new Error('nothing is garbled here')
    },
  })
  const batches: Batch[] = []
  for (const chunk of chunks) {
    decoder.addEvents(reader.feed(chunk))
    const batch = decoder.take()
    if (batch !== undefined) batches.push(batch)
  }
  return {
    batches: batches.length,
    events: batches.flat(),
    frames: batches.flatMap(({ wire }) => wire?.frames ?? []),
    tail: batches.at(-1)?.wire?.tail,
  }
}
