import { describe, expect, test } from 'vitest'
import { openaiResponses } from '../../../plugin-sdk/protocols/openai-responses/index.ts'
import { changed, door, doorRequest, everything, failure, foreign, head, messageOf, sentIn, tell } from './door.ts'
import {
  added,
  call,
  collect,
  completed,
  created,
  decode,
  itemDone,
  message,
  request,
  sendSse,
  sse,
  startUpstream,
  textDelta,
  type Json,
} from './support.ts'

const typesIn = (text: string): unknown[] => sentIn(text).map(({ event }) => event['type'])
const lastResponse = (text: string): Json => sentIn(text).at(-1)?.event['response'] as Json

describe('an answer of another protocol, streamed,', () => {
  test('is told with every event a client expects, numbered, each item with one id', () => {
    const text = tell(foreign(everything, { reason: 'toolUse' }))
    const events = sentIn(text).map(({ event }) => event)
    expect(typesIn(text)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(events.map((event) => event['sequence_number'])).toEqual(events.map((_, n) => n))
    const ids = new Map<unknown, Set<unknown>>()
    for (const event of events) {
      if (event['output_index'] === undefined) continue
      const id = event['item_id'] ?? (event['item'] as Json)['id']
      ids.set(event['output_index'], (ids.get(event['output_index']) ?? new Set()).add(id))
    }
    expect([...ids.keys()]).toEqual([0, 1, 2, 3, 4])
    expect([...ids.values()].every((set) => set.size === 1)).toBe(true)
  })

  test('ends with the whole response, its usage and the extras', () => {
    const response = lastResponse(
      tell(foreign(everything, { reason: 'toolUse' }), { provider: 'anthropic', cost: { total: 1 } }),
    )
    expect(response).toMatchObject({
      id: 'resp_msg_upstream',
      object: 'response',
      created_at: 1_700_000_000,
      model: 'auto',
      status: 'completed',
      output: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Let me see.' }] },
        { type: 'reasoning', summary: [] },
        {
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Hello 👋' }],
        },
        { type: 'function_call', call_id: 'toolu_1', name: 'weather', arguments: '{"city":"Rome"}' },
        { type: 'function_call', call_id: 'toolu_2', name: 'now', arguments: '{}' },
      ],
      usage: {
        input_tokens: 11,
        input_tokens_details: { cached_tokens: 4, cache_write_tokens: 1 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 2 },
        total_tokens: 18,
      },
      provider: 'anthropic',
      cost: { total: 1 },
    })
  })

  test('says what the same answer says in one piece', () => {
    const batches = foreign(everything, { reason: 'toolUse' })
    const whole = JSON.parse(
      door.writeAnswer({ ...head, message: messageOf(batches, { responseId: 'msg_upstream' }) }, {}),
    )
    expect(lastResponse(tell(batches))).toEqual(whole)
  })

  test.each([
    ['length', 'max_output_tokens'],
    ['contentFilter', 'content_filter'],
  ] as const)('that ended for %s is incomplete', (reason, raw) => {
    const text = tell(foreign((builder) => builder.text('half'), { reason }))
    expect(typesIn(text).at(-1)).toBe('response.incomplete')
    expect(lastResponse(text)).toMatchObject({ status: 'incomplete', incomplete_details: { reason: raw } })
  })

  test('may begin blocks at the same time', () => {
    const text = tell(
      foreign((builder) => {
        const [one, two] = [builder.openText(), builder.openTool('t', 'weather')]
        builder.delta(two, '{}')
        builder.delta(one, 'a')
        builder.closeTool(two)
        builder.closeText(one)
      }),
    )
    expect(lastResponse(text)['output']).toMatchObject([
      { content: [{ text: 'a' }] },
      { call_id: 't', arguments: '{}' },
    ])
  })

  test('whose calls came whole is told with their arguments', () => {
    const [start, , end, finish] = foreign((builder) => builder.closeTool(builder.openTool('t', 'weather')))
    const toolCall = { type: 'toolCall', id: 't', name: 'weather', arguments: { a: 1 } } as const
    const batches = [
      start!,
      [{ type: 'toolcall_start', contentIndex: 0, id: 't', name: 'weather' } as const],
      [{ type: 'toolcall_end', contentIndex: 0, toolCall } as const],
      finish ?? end!,
    ]
    const deltas = sentIn(tell(batches)).filter(({ name }) => name === 'response.function_call_arguments.delta')
    expect(deltas.map(({ event }) => event['delta'])).toEqual(['{"a":1}'])
  })
})

describe('a thought of another protocol', () => {
  test.each([
    ['streamed', () => lastResponse(tell(foreign(everything)))],
    [
      'in one piece',
      () => JSON.parse(door.writeAnswer({ ...head, message: messageOf(foreign(everything)) }, {})) as Json,
    ],
  ])('%s comes home when the client sends the answer back', (_, answer) => {
    const { context } = openaiResponses.door.parseRequest({ model: 'm', input: answer()['output'] })
    expect(context.messages).toEqual([
      { role: 'assistant', api: 'anthropic-messages', content: messageOf(foreign(everything)).content },
    ])
  })

  test('is not signed for a provider nobody knows', () => {
    const output = lastResponse(tell(changed(foreign(everything))))['output']
    expect(output).toMatchObject([{ type: 'reasoning' }, { type: 'reasoning' }, {}, {}, {}])
    expect(JSON.stringify(output)).not.toContain('encrypted_content')
  })
})

const item = message('msg_1', 'Hello')

const stream: readonly Json[] = [
  created({ instructions: 'kept' }),
  { type: 'response.in_progress', response: { id: 'resp_1' } },
  added(0, message('msg_1', '', { status: 'in_progress' })),
  { type: 'response.content_part.added', output_index: 0, content_index: 0, part: { type: 'output_text', text: '' } },
  textDelta(0, 'Hel', { sequence_number: 4, obfuscation: 'x' }),
  textDelta(0, 'lo', { sequence_number: 5 }),
  { type: 'response.web_search_call.searching', item_id: 'ws_1', output_index: 1 },
  itemDone(0, item),
  completed([item], { service_tier: 'flex' }),
]

describe('an answer of this protocol', () => {
  test('is passed on as it came, with the extras in its last event', async () => {
    const { batches } = await decode(stream)
    expect(sentIn(tell(batches, { provider: 'openai' }))).toEqual(
      stream.map((event, n) => ({
        name: event['type'],
        event:
          n < stream.length - 1
            ? event
            : { ...event, response: { ...(event['response'] as Json), provider: 'openai' } },
      })),
    )
  })

  test('keeps payloads of several lines whole', async () => {
    const [first, ...rest] = stream
    const text = `data: ${JSON.stringify(first, undefined, 1).replaceAll('\n', '\ndata: ')}\n\n${sse(rest)}`
    await using upstream = await startUpstream((response) => sendSse(response, text))
    const { batches } = await collect(upstream.provider(), request())
    expect(sentIn(tell(batches)).map(({ event }) => event)).toEqual(stream)
  })

  test('in one piece is passed on as it came, also when it came as a stream', async () => {
    const response = stream.at(-1)?.['response']
    const { batches, message: told } = await decode(stream)
    const wire = batches.at(-1)?.wire
    const answer = { ...head, message: told }
    expect(JSON.parse(door.writeAnswer({ ...answer, wire: { ...wire!, frames: [] } }, { cost: 1 }))).toEqual({
      ...(response as Json),
      cost: 1,
    })
    const tail = [response as Json]
    expect(
      JSON.parse(door.writeAnswer({ ...answer, wire: { protocol: 'openai-responses', frames: [], tail } }, {})),
    ).toEqual(response)
  })

  test('is written anew when its last event left out what the stream told', async () => {
    const { batches, message: told } = await decode([...stream.slice(0, -1), completed([])])
    const written = JSON.parse(door.writeAnswer({ ...head, message: told, wire: batches.at(-1)!.wire! }, {})) as Json
    expect(written['output']).toMatchObject([{ content: [{ text: 'Hello' }] }])
  })

  test('that came in one piece is told as a stream', async () => {
    await using upstream = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(stream.at(-1)?.['response']))
    })
    const { batches } = await collect(upstream.provider())
    const text = tell(batches)
    expect(typesIn(text)[0]).toBe('response.created')
    expect(lastResponse(text)['output']).toMatchObject([{ content: [{ text: 'Hello' }] }])
  })
})

describe('an answer that loses its own form on the way', () => {
  const calls: readonly Json[] = [
    created(),
    itemDone(0, { id: 'rs_1', type: 'reasoning', summary: [] }),
    added(1, message('msg_1', '', { status: 'in_progress' })),
    { type: 'response.content_part.added', output_index: 1, content_index: 0, part: { type: 'output_text', text: '' } },
    textDelta(1, 'Hel', { sequence_number: 4 }),
    added(2, call('fc_1', 'call_1', '', { status: 'in_progress' })),
    { type: 'response.function_call_arguments.delta', output_index: 2, delta: '{"a"', sequence_number: 6 },
    { type: 'response.function_call_arguments.delta', output_index: 2, delta: ':1}', sequence_number: 7 },
    textDelta(1, 'lo', { sequence_number: 8 }),
    itemDone(1, message('msg_1', 'Hello')),
    itemDone(2, call('fc_1', 'call_1', '{"a":1}')),
    completed(),
  ]

  /** Every event of the answer in a batch of its own, those from `from` on without the provider's form. */
  async function told(from: number): Promise<string> {
    await using upstream = await startUpstream(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const event of calls) {
        response.write(sse([event]))
        await new Promise((resolve) => setImmediate(resolve))
      }
      response.end()
    })
    const { batches } = await collect(upstream.provider())
    return tell([...batches.slice(0, from), ...changed(batches.slice(from))])
  }

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('after %i batches goes on, and loses and repeats nothing', async (from) => {
    const text = await told(from)
    const { output } = lastResponse(text) as { output: Json[] }
    const texts = output.flatMap(({ content }) => ((content ?? []) as Json[]).map((part) => part['text']))
    expect(texts.join('')).toBe('Hello')
    expect(output.filter(({ type }) => type === 'function_call')).toMatchObject([
      { call_id: 'call_1', arguments: '{"a":1}' },
    ])
    const events = sentIn(text).map(({ event }) => event)
    const opened = events
      .filter(({ type }) => type === 'response.output_item.added')
      .map((event) => (event['item'] as Json)['id'])
    const closed = events
      .filter(({ type }) => type === 'response.output_item.done')
      .map((event) => (event['item'] as Json)['id'])
    expect(new Set(opened).size).toBe(opened.length)
    expect(new Set(closed).size).toBe(closed.length)
    expect(opened.every((id) => closed.includes(id))).toBe(true)
    expect(typesIn(text).at(-1)).toBe('response.completed')
  })
})

describe('a failed stream', () => {
  const failing = (batches: ReturnType<typeof foreign>): string => {
    const writer = door.openStream(head, doorRequest)
    return batches.map((batch) => writer.write(batch)).join('') + writer.fail(failure)
  }

  test('says so in an error and in a failed response, and never completes', () => {
    const text = failing(foreign(everything).slice(0, 6))
    expect(typesIn(text).slice(-2)).toEqual(['error', 'response.failed'])
    expect(typesIn(text)).not.toContain('response.completed')
    expect(sentIn(text).at(-2)?.event).toMatchObject({
      code: 'network',
      message: 'The provider hung up.',
      error: { type: 'provider_error', provider: 'openai', request_id: 'req_1' },
    })
    expect(lastResponse(text)).toMatchObject({ status: 'failed', error: { message: 'The provider hung up.' } })
  })

  test('closes what was passed on to the client', async () => {
    const { batches } = await decode(stream)
    const text = failing(batches.slice(0, 1))
    expect(lastResponse(text)).toMatchObject({ id: 'resp_1', status: 'failed' })
  })

  test('that never began still ends with one', () => {
    expect(typesIn(failing([]))).toEqual(['response.created', 'response.in_progress', 'error', 'response.failed'])
  })
})

test('an error has the form of the API, with our words beside it', () => {
  expect(JSON.parse(door.writeError(failure))).toEqual({
    error: {
      message: 'The provider hung up.',
      type: 'provider_error',
      param: null,
      code: 'network',
      provider: 'openai',
      request_id: 'req_1',
    },
  })
})
