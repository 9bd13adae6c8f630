import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EventBuilder, type Block } from '../../../plugin-sdk/event-builder.ts'
import type { Batch, FinishEvent } from '../../../plugin-sdk/events.ts'
import { MessageBuilder } from '../../../plugin-sdk/message-builder.ts'
import type { AssistantContent, AssistantMessage } from '../../../plugin-sdk/messages.ts'
import type { DoorError } from '../../../plugin-sdk/protocols/protocol.ts'
import {
  block,
  decode,
  door,
  doorError,
  encode,
  ended,
  foreign,
  head,
  openStream,
  payloads,
  sse,
  started,
  stream,
  textBlock,
  type Json,
} from './support.ts'

const usage = { input: 3, output: 9, cacheRead: 4, cacheWrite: 2, reasoning: 5, totalTokens: 18 }

const message: AssistantMessage = {
  role: 'assistant',
  api: 'openai-chat',
  content: [
    { type: 'thinking', thinking: 'Hm.', thinkingSignature: 'reasoning_content' },
    { type: 'text', text: 'Hello' },
    { type: 'toolCall', id: 'call_1', name: 'look', arguments: { at: 1 } },
    { type: 'opaque', protocol: 'openai-chat', value: { type: 'audio' } },
  ],
  usage,
  stopReason: 'toolUse',
}

const written = (answer: Partial<AssistantMessage>, extras: Json = {}): Json =>
  JSON.parse(door.writeAnswer({ ...head, message: { ...message, ...answer } }, extras)) as Json

describe('a whole answer of another protocol', () => {
  test('is a message of this one, with what the gateway adds', () => {
    expect(written({ responseId: 'resp_1' }, { provider: 'openai', cost: { total: 1 } })).toEqual({
      id: 'resp_1',
      type: 'message',
      role: 'assistant',
      model: 'asked-model',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 'plugboard:openai-chat:reasoning_content' },
        { type: 'text', text: 'Hello', citations: null },
        { type: 'tool_use', id: 'call_1', name: 'look', input: { at: 1 }, caller: { type: 'direct' } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      stop_details: null,
      container: null,
      usage: {
        input_tokens: 3,
        output_tokens: 9,
        cache_read_input_tokens: 4,
        cache_creation_input_tokens: 2,
        output_tokens_details: { thinking_tokens: 5 },
        cache_creation: null,
        inference_geo: null,
        server_tool_use: null,
        service_tier: null,
      },
      provider: 'openai',
      cost: { total: 1 },
    })
  })

  test.each([
    ['stop', undefined, 'end_turn'],
    ['stop', 'stop', 'end_turn'],
    ['stop', 'pause_turn', 'pause_turn'],
    ['length', 'length', 'max_tokens'],
    ['toolUse', 'tool_calls', 'tool_use'],
    ['contentFilter', 'content_filter', 'refusal'],
    ['length', 'end_turn', 'max_tokens'],
  ] as const)('that stopped for "%s" (%s) says %s', (stopReason, rawStopReason, word) => {
    const raw = rawStopReason === undefined ? {} : { rawStopReason }
    expect(written({ stopReason, ...raw })['stop_reason']).toBe(word)
  })
})

describe('thoughts that a client sends back', () => {
  const returned = (signature: string, redacted = false): Json => {
    const part = redacted
      ? { type: 'redacted_thinking', data: signature }
      : { type: 'thinking', thinking: 'Hm.', signature }
    const { context } = door.parseRequest({
      model: 'm',
      max_tokens: 1,
      messages: [{ role: 'assistant', content: [part, { type: 'text', text: 'So.' }] }],
    })
    return context.messages[0] as unknown as Json
  }

  test('find their way home to the protocol that signed them, and nowhere else', () => {
    const [part] = written({})['content'] as Json[]
    const back = returned(String(part?.['signature']))
    expect(back).toMatchObject({ api: 'openai-chat', content: [{ thinkingSignature: 'reasoning_content' }, {}] })
    expect(encode({ context: { messages: [back as never] } }).body['messages']).toEqual([
      { role: 'assistant', content: 'So.' },
    ])
  })

  test('belong to this protocol when they carry its own signature, told or redacted', () => {
    expect(returned('c2ln')).toMatchObject({ api: 'anthropic-messages', content: [{ thinkingSignature: 'c2ln' }, {}] })
    expect(returned('b3Bh', true)).toMatchObject({
      api: 'anthropic-messages',
      content: [{ thinkingSignature: 'b3Bh', redacted: true }, {}],
    })
  })

  test('belong to nobody when the protocol that signed them is not known', () => {
    const back = returned('plugboard::x:y')
    expect(back).toMatchObject({ content: [{ thinkingSignature: 'x:y' }, {}] })
    expect(back).not.toHaveProperty('api')
  })
})

const FINISH: Omit<FinishEvent, 'type'> = { reason: 'stop', usage }

/** The batches of an answer written block by block, one batch for each step. */
function told(steps: readonly ((events: EventBuilder, blocks: Map<string, Block>) => void)[]): Batch[] {
  const events = new EventBuilder()
  const blocks = new Map<string, Block>()
  events.start({ responseId: 'resp_1' })
  const batches = steps.map((step) => {
    step(events, blocks)
    return events.take()
  })
  events.finish(FINISH)
  return [...batches.filter(({ length }) => length > 0), events.take()]
}

describe('a streamed answer of another protocol', () => {
  test('is written in the events of this one, what the gateway adds on message_delta', () => {
    const events = payloads(
      stream(
        told([
          (on) => on.thinking('Hm.'),
          (on) => on.text('Hel'),
          (on) => on.text('lo'),
          (on) => {
            on.closeAll()
            const call = on.openTool('call_1', 'look')
            on.delta(call, '{"at":')
            on.delta(call, '1}')
          },
        ]),
        { cost: { total: 1 } },
      ),
    )
    const [begin, piece, end] = ['content_block_start', 'content_block_delta', 'content_block_stop']
    expect(events.map(({ type }) => type)).toEqual(
      [
        'message_start',
        [begin, piece, end],
        [begin, piece, piece, end],
        [begin, piece, piece, end],
        'message_delta',
        'message_stop',
      ].flat(),
    )
    expect(events[0]).toMatchObject({ message: { id: 'resp_1', model: 'asked-model', content: [], stop_reason: null } })
    expect(events.at(-2)).toEqual({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null, stop_details: null, container: null },
      usage: {
        input_tokens: 3,
        output_tokens: 9,
        cache_read_input_tokens: 4,
        cache_creation_input_tokens: 2,
        output_tokens_details: { thinking_tokens: 5 },
        server_tool_use: null,
      },
      cost: { total: 1 },
    })
  })

  test('has one open block at a time, however its blocks interleave, and loses nothing', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd')
    const kind = fc.constantFrom('text', 'thinking', 'tool')
    const step = fc.record({ name, kind, delta: fc.constantFrom('x', 'yy', ''), close: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const batches = told(
          steps.map((one) => (events, blocks) => {
            const known = blocks.get(one.name)
            const running = known ?? open(events, one.kind, one.name)
            if (!running.closed) events.delta(running, running.kind === 'toolcall' ? one.delta.trim() : one.delta)
            blocks.set(one.name, running)
            if (!one.close) return
            blocks.delete(one.name)
            shut(events, running)
          }),
        )
        const text = stream(batches, {}, { api: 'x' })
        expectOneOpenBlock(payloads(text))
        const whole = new MessageBuilder()
        for (const batch of batches) whole.add(batch)
        const again = await decode(text)
        expect(again.error).toBeUndefined()
        expect(sorted(again.content)).toEqual(
          sorted(
            whole.content.map((part) =>
              part.type === 'thinking' && part.thinkingSignature !== undefined
                ? { ...part, thinkingSignature: `plugboard:x:${part.thinkingSignature}` }
                : part,
            ),
          ),
        )
      }),
      { numRuns: 300 },
    )
  })

  test('streams text that is followed by calls without waiting for its end', () => {
    const writer = openStream()
    const [first, second] = told([(on) => on.text('Look.'), (on) => on.delta(on.openTool('call_1', 'look'), '{}')])
    writer.write(first ?? [])
    expect(payloads(writer.write(second ?? [])).map(({ type }) => type)).toEqual([
      'content_block_stop',
      'content_block_start',
      'content_block_delta',
    ])
  })

  test('tells a redacted thought as one, and a call that came without deltas', async () => {
    const batches = told([(on) => on.closeThinking(on.openThinking(), { thinkingSignature: 'b3Bh', redacted: true })])
    const start = { type: 'toolcall_start', contentIndex: 1, id: 'c1', name: 'look' } as const
    const toolCall = { type: 'toolCall', id: 'c1', name: 'look', arguments: { at: 1 } } as const
    batches.splice(1, 0, [start, { type: 'toolcall_end', contentIndex: 1, toolCall }])
    expect((await decode(stream(batches))).content).toEqual([
      { type: 'thinking', thinking: '', thinkingSignature: 'plugboard::b3Bh', redacted: true },
      toolCall,
    ])
  })

  test('that holds nothing is still a whole message', async () => {
    const { content, finish, start } = await decode(stream([[{ type: 'finish', reason: 'stop' }]]))
    expect({ content, reason: finish?.reason, id: start?.responseId }).toEqual({
      content: [],
      reason: 'stop',
      id: 'msg_head',
    })
  })
})

function open(events: EventBuilder, kind: string, id: string): Block {
  if (kind === 'text') return events.openText()
  return kind === 'thinking' ? events.openThinking() : events.openTool(`call_${id}`, 'look')
}

function shut(events: EventBuilder, running: Block): void {
  if (running.kind === 'text') events.closeText(running)
  else if (running.kind === 'thinking') events.closeThinking(running, { thinkingSignature: `sig${running.content}` })
  else events.closeTool(running)
}

const byCode = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

/** Neighbouring texts may be cut differently, and blocks that interleaved may change places. */
const sorted = (content: readonly AssistantContent[]): readonly string[] => {
  const texts = content.flatMap((part) => (part.type === 'text' ? part.text.split('') : [])).toSorted(byCode)
  const others = content.flatMap((part) => (part.type === 'text' ? [] : [JSON.stringify(part)])).toSorted(byCode)
  return [texts.join(''), ...others]
}

function expectOneOpenBlock(events: readonly Json[]): void {
  let open: unknown
  let next = 0
  for (const { type, index } of events) {
    if (type === 'content_block_start') {
      expect([open, index]).toEqual([undefined, next++])
      open = index
    } else if (type === 'content_block_delta' || type === 'content_block_stop') expect(index).toBe(open)
    else expect(open).toBeUndefined()
    if (type === 'content_block_stop') open = undefined
  }
  expect(events.map(({ type }) => type).filter((type) => !String(type).startsWith('content'))).toEqual([
    'message_start',
    'message_delta',
    'message_stop',
  ])
}

describe('a streamed answer of this protocol', () => {
  const search = block(1, { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} })
  const cited = block(
    2,
    { type: 'text', text: '', citations: [] },
    { type: 'citations_delta', citation: { type: 'web_search_result_location', url: 'https://example.com' } },
    { type: 'text_delta', text: 'Found.' },
  )
  const call = block(
    3,
    { type: 'tool_use', id: 't1', name: 'look', input: {} },
    { type: 'input_json_delta', partial_json: '{}' },
  )
  const events = [started(), ...textBlock(0, 'Wait', '...'), ...search, ...cited, ...call, ...ended('tool_use')]

  test('is passed on as it came, but for what the gateway adds on message_delta', async () => {
    const { batches } = await decode(...events.map((event) => sse([event])))
    expect(payloads(stream(batches, { cost: 1 }))).toEqual(
      events.map((event) => (event['type'] === 'message_delta' ? { ...event, cost: 1 } : event)),
    )
  })

  test('is passed on whatever the order and spacing of its fields', async () => {
    const odd = [
      '{ "type" : "message_start", "message": { "id": "m", "content": [] } }',
      '{"index":0,"content_block":{"text":"","type":"text"},"type":"content_block_start"}',
      '{"delta":{"text":"\\"type\\":\\"ping\\"","type":"text_delta"},"index":0,"type":"content_block_delta"}',
      '{"index":0,"type":"content_block_stop"}',
    ]
    const lines = odd.map((data) => `data: ${data}\n\n`)
    const multiline =
      'data: {"type":\ndata: "content_block_start","index":1,\ndata: "content_block":{"type":"text","text":"a"}}\n\n'
    const { batches } = await decode(...lines, multiline, sse(ended()))
    expect(payloads(stream(batches)).slice(0, -2)).toEqual([
      ...odd.map((data) => JSON.parse(data) as Json),
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: 'a' } },
    ])
  })

  test('goes on in our own events, with the right numbers, wherever somebody changes it', async () => {
    const { batches, content } = await decode(...events.map((event) => sse([event])))
    for (let from = 0; from <= batches.length; from++) {
      const changed = [...batches.slice(0, from), ...foreign(batches.slice(from, from + 1)), ...batches.slice(from + 1)]
      const text = stream(changed)
      expectOneOpenBlock(payloads(text))
      const again = await decode(text)
      expect({ from, content: again.content, reason: again.finish?.reason }).toEqual({
        from,
        content,
        reason: 'toolUse',
      })
    }
  })

  test('ends a block that only this protocol knows when it goes on in our own events', async () => {
    const [open, ...rest] = search
    const { batches } = await decode(
      sse([started(), ...textBlock(0, 'Wait'), open ?? {}]),
      sse([...rest, ...textBlock(2, 'Found.'), ...ended()]),
    )
    const [first, ...others] = batches
    const written = payloads(stream([first ?? [], ...foreign(others)]))
    expectOneOpenBlock(written)
    expect(written.filter(({ type }) => type === 'content_block_stop').map(({ index }) => index)).toEqual([0, 1, 2])
  })

  test('may begin with content, and ends with message_stop even if the provider forgot it', async () => {
    const blocks = [{ type: 'tool_use', id: 't1', name: 'look', input: { at: 1 } }]
    const begun = started({ content: blocks, stop_reason: 'tool_use' })
    const { batches } = await decode(sse([begun]))
    expect(payloads(stream(batches, { cost: 1 }))).toEqual([begun, { type: 'message_stop', cost: 1 }])
    const stopped = await decode(sse([begun, { type: 'message_stop' }]))
    expect(payloads(stream(stopped.batches))).toEqual([begun, { type: 'message_stop' }])
    const changed = await decode(sse([begun]), sse([...textBlock(1, 'Also.'), ...ended()]))
    expectOneOpenBlock(payloads(stream([...foreign(changed.batches)])))
    const [first, ...rest] = changed.batches
    const mixed = payloads(stream([first ?? [], ...foreign(rest)]))
    expect(mixed[1]).toMatchObject({ type: 'content_block_start', index: 1 })
  })

  test('that came in one piece is told in our own events', async () => {
    const whole = { type: 'message', id: 'm', content: [{ type: 'text', text: 'Hi' }], stop_reason: 'end_turn' }
    const batch: Batch = Object.assign(
      [
        { type: 'start', responseId: 'm' } as const,
        { type: 'text_start', contentIndex: 0 } as const,
        { type: 'text_delta', contentIndex: 0, delta: 'Hi' } as const,
        { type: 'text_end', contentIndex: 0, content: 'Hi' } as const,
        { type: 'finish', reason: 'stop' } as const,
      ],
      { wire: { protocol: 'anthropic-messages', frames: [], tail: [whole] } },
    )
    expect((await decode(stream([batch]))).content).toEqual([{ type: 'text', text: 'Hi' }])
  })
})

describe('a failure', () => {
  const error = (more: Partial<DoorError>): Json => JSON.parse(door.writeError({ ...doorError, ...more })) as Json

  test('has the shape of this protocol, with our code, field and provider beside', () => {
    expect(error({ provider: 'openai' })).toEqual({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        message: 'No.',
        code: 'REQUEST_INVALID',
        param: 'messages',
        provider: 'openai',
      },
      request_id: 'req_1',
    })
  })

  test.each([
    ['invalid_request_error', 400, 'invalid_request_error'],
    ['invalid_request_error', 413, 'request_too_large'],
    ['authentication_error', 401, 'authentication_error'],
    ['permission_error', 403, 'permission_error'],
    ['not_found_error', 404, 'not_found_error'],
    ['rate_limit_error', 429, 'rate_limit_error'],
    ['server_error', 500, 'api_error'],
    ['server_error', 503, 'overloaded_error'],
    ['provider_error', 502, 'api_error'],
    ['provider_error', 529, 'overloaded_error'],
    ['provider_error', 504, 'timeout_error'],
    ['provider_error', 402, 'billing_error'],
    ['provider_error', 422, 'invalid_request_error'],
  ] as const)('of the type %s with status %i is %s to a client', (type, status, word) => {
    expect(error({ type, status })['error']).toMatchObject({ type: word })
  })

  test('ends a stream so that nobody takes it for a whole answer', async () => {
    const writer = openStream()
    const [first] = told([(on) => on.text('Hal')])
    const text = writer.write(first ?? []) + writer.fail({ ...doorError, type: 'provider_error', status: 529 })
    expect(payloads(text).at(-1)).toMatchObject({ type: 'error', error: { type: 'overloaded_error', message: 'No.' } })
    expect(payloads(text).map(({ type }) => type)).not.toContain('message_stop')
    expect((await decode(text)).error).toBeDefined()
  })
})
