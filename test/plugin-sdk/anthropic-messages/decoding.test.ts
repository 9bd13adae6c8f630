import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isProviderError } from '../../../plugin-sdk/errors.ts'
import { readStream, readWhole } from '../../../plugin-sdk/protocols/anthropic-messages/read-answer.ts'
import { Arriving } from '../../support/arriving.ts'
import { block, decode, ended, gather, reading, sse, started, textBlock, type Json } from './support.ts'

const whole = (answer: Json) => readWhole(JSON.stringify(answer), reading)

const MESSAGE: Json = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-test',
  content: [{ type: 'text', text: 'Hello' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 2 },
}

describe('a streamed answer', () => {
  test('becomes our events, block by block', async () => {
    const { events } = await decode(
      sse([
        started(),
        ...block(
          0,
          { type: 'thinking', thinking: '', signature: '' },
          { type: 'thinking_delta', thinking: 'Hm.' },
          { type: 'signature_delta', signature: 'c2ln' },
        ),
        ...textBlock(1, 'Hel', 'lo'),
        ...block(
          2,
          { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} },
          { type: 'input_json_delta', partial_json: '' },
          { type: 'input_json_delta', partial_json: '{"at":' },
          { type: 'input_json_delta', partial_json: '1}' },
        ),
        ...ended('tool_use'),
      ]),
    )
    expect(events).toEqual([
      { type: 'start', responseId: 'msg_1' },
      { type: 'thinking_start', contentIndex: 0 },
      { type: 'thinking_delta', contentIndex: 0, delta: 'Hm.' },
      { type: 'thinking_end', contentIndex: 0, content: 'Hm.', thinkingSignature: 'c2ln' },
      { type: 'text_start', contentIndex: 1 },
      { type: 'text_delta', contentIndex: 1, delta: 'Hel' },
      { type: 'text_delta', contentIndex: 1, delta: 'lo' },
      { type: 'text_end', contentIndex: 1, content: 'Hello' },
      { type: 'toolcall_start', contentIndex: 2, id: 'toolu_1', name: 'look' },
      { type: 'toolcall_delta', contentIndex: 2, delta: '{"at":' },
      { type: 'toolcall_delta', contentIndex: 2, delta: '1}' },
      {
        type: 'toolcall_end',
        contentIndex: 2,
        toolCall: { type: 'toolCall', id: 'toolu_1', name: 'look', arguments: { at: 1 } },
      },
      {
        type: 'finish',
        reason: 'toolUse',
        rawReason: 'tool_use',
        usage: { input: 10, output: 5, cacheRead: 0, cacheWrite: 0, totalTokens: 15 },
      },
    ])
  })

  test('gives the same events however its bytes are cut', async () => {
    const piece = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 })
    const cuts = fc.array(fc.nat(2000), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(piece, { maxLength: 3 }), { maxLength: 4 }), cuts, async (texts, at) => {
        const bytes = Buffer.from(
          sse([started(), ...texts.flatMap((pieces, index) => textBlock(index, ...pieces)), ...ended()]),
        )
        const edges = [0, ...at.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length]
        const chunks = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end))
        const once = await gather(readStream(new Arriving([bytes]), reading))
        const cut = await gather(readStream(new Arriving(chunks), reading))
        expect(cut.events).toEqual(once.events)
        expect(cut.batches.every((batch) => batch.length > 0)).toBe(true)
        expect(cut.batches.flatMap((batch) => batch.wire?.frames)).toEqual(once.batches.flatMap((b) => b.wire?.frames))
        expect(once.content).toEqual(texts.map((pieces) => ({ type: 'text', text: pieces.join('') })))
      }),
      { numRuns: 200 },
    )
  })

  test('is a failure when it is cut anywhere before its stop reason, and keeps what had arrived', async () => {
    const events = [started(), ...textBlock(0, 'a', 'b'), ...ended()]
    for (let length = 0; length < events.length - 2; length++) {
      const { error, finish } = await decode(sse(events.slice(0, length)))
      expect({ length, finish }).toEqual({ length, finish: undefined })
      expect(isProviderError(error) && error.info).toMatchObject({ class: 'network', retryable: true })
    }
    const { content } = await decode(sse(events.slice(0, 3)))
    expect(content).toEqual([{ type: 'text', text: 'a' }])
    const { finish, error } = await decode(sse(events.slice(0, -1)))
    expect({ reason: finish?.reason, error }).toEqual({ reason: 'stop', error: undefined })
  })

  test('fails with the error in it, behind what came before, even if a stop reason was given', async () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    const cut = await decode(sse([started(), ...textBlock(0, 'Hel'), error]))
    expect(cut.content).toEqual([{ type: 'text', text: 'Hel' }])
    expect(String(cut.error)).toContain('Overloaded')
    const late = await decode(sse([started(), ...textBlock(0, 'Hel'), ended()[0] ?? {}, error]))
    expect({ finish: late.finish, error: String(late.error) }).toEqual({
      finish: undefined,
      error: expect.stringContaining('Overloaded') as string,
    })
  })

  test('ends with message_stop: nothing behind it counts', async () => {
    const error = { type: 'error', error: { type: 'api_error', message: 'late' } }
    const whole = sse([started(), ...ended()])
    for (const chunks of [[whole, sse([error]), 'data: nonsense\n\n'], [whole + sse([error])]]) {
      const { events, error: thrown } = await decode(...chunks)
      expect(thrown).toBeUndefined()
      expect(events.at(-1)?.type).toBe('finish')
    }
  })

  test('takes of each count the last one that is not null', async () => {
    const start = started({
      usage: { input_tokens: 43, cache_read_input_tokens: 7, cache_creation_input_tokens: 2, output_tokens: 1 },
    })
    const { finish } = await decode(
      sse([
        start,
        ...ended('end_turn', {
          input_tokens: 61,
          cache_read_input_tokens: null,
          output_tokens: 30,
          output_tokens_details: { thinking_tokens: 12 },
        }),
      ]),
    )
    expect(finish?.usage).toEqual({
      input: 61,
      output: 30,
      cacheRead: 7,
      cacheWrite: 2,
      reasoning: 12,
      totalTokens: 100,
    })
  })

  test('counts the tokens that shortening the conversation took', async () => {
    const iterations = [
      { type: 'compaction', input_tokens: 100, output_tokens: 20, cache_read_input_tokens: 5 },
      { type: 'message', input_tokens: 7, output_tokens: 3 },
    ]
    const { finish } = await decode(
      sse([started(), ...ended('end_turn', { input_tokens: 7, output_tokens: 3, iterations })]),
    )
    expect(finish?.usage).toMatchObject({ input: 107, output: 23, cacheRead: 5, totalTokens: 135 })
  })

  test('without usage says nothing about it', async () => {
    const { finish } = await decode(sse([started({ usage: null }), ...ended('end_turn', {})]))
    expect(finish).toEqual({ type: 'finish', reason: 'stop', rawReason: 'end_turn' })
  })

  test.each([
    ['stop_sequence', 'stop'],
    ['pause_turn', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'contentFilter'],
    ['something_new', 'stop'],
  ])('that stops with %s is "%s" to us', async (raw, reason) => {
    const { finish } = await decode(sse([started(), ...ended(raw)]))
    expect(finish).toMatchObject({ reason, rawReason: raw })
  })

  test('tells blocks that only this protocol knows when they are whole, and passes their frames on with them', async () => {
    const server = block(
      0,
      { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} },
      { type: 'input_json_delta', partial_json: '{"query":"x"}' },
    )
    const chunks = [started(), ...server, { type: 'ping' }, ...textBlock(1, 'Found.'), { type: 'later_event' }]
    const { batches, content } = await decode(...chunks.map((event) => sse([event])), sse(ended()))
    const value = { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'x' } }
    expect(content).toEqual([
      { type: 'opaque', protocol: 'anthropic-messages', value },
      { type: 'text', text: 'Found.' },
    ])
    const frames = batches.flatMap((batch) => batch.wire?.frames ?? [])
    expect(frames).toEqual(chunks.filter(({ type }) => type !== 'ping').map((event) => JSON.stringify(event)))
    expect(batches.at(-1)?.wire?.tail).toEqual(ended())
  })

  test('opened twice by a proxy counts once', async () => {
    const { content, events } = await decode(sse([started(), started(), ...textBlock(0, 'once'), ...ended()]))
    expect(content).toEqual([{ type: 'text', text: 'once' }])
    expect(events.filter(({ type }) => type === 'start')).toHaveLength(1)
  })

  test('may bring a call with all of its input at once, by whoever made it', async () => {
    const caller = { type: 'code_execution_20250825', tool_id: 'srv_1' }
    const { content } = await decode(
      sse([
        started(),
        ...block(0, { type: 'tool_use', id: 't1', name: 'roll', input: { die: 6 }, caller }),
        ...ended('tool_use'),
      ]),
    )
    expect(content).toEqual([
      {
        type: 'toolCall',
        id: 't1',
        name: 'roll',
        arguments: { die: 6 },
        providerMetadata: { 'anthropic-messages': { caller } },
      },
    ])
  })

  test('tells when the arguments of a call are no JSON', async () => {
    const { content } = await decode(
      sse([
        started(),
        ...block(
          0,
          { type: 'tool_use', id: 't1', name: 'roll', input: {} },
          { type: 'input_json_delta', partial_json: '{"die":' },
        ),
        ...ended('max_tokens'),
      ]),
    )
    expect(content).toEqual([
      expect.objectContaining({ arguments: {}, argumentsError: expect.stringContaining('not JSON') as string }),
    ])
  })

  test('keeps redacted thoughts and those that were signed but not told', async () => {
    const { content } = await decode(
      sse([
        started(),
        ...block(0, { type: 'redacted_thinking', data: 'b3BhcXVl' }),
        ...block(1, { type: 'thinking', thinking: '' }, { type: 'signature_delta', signature: 'c2ln' }),
        ...ended(),
      ]),
    )
    expect(content).toEqual([
      { type: 'thinking', thinking: '', thinkingSignature: 'b3BhcXVl', redacted: true },
      { type: 'thinking', thinking: '', thinkingSignature: 'c2ln' },
    ])
  })

  test('that is not JSON, or no answer, is a failure of the server', async () => {
    for (const text of ['data: <html>\n\n', 'data: []\n\n', sse([{ type: 'message_start' }])]) {
      const { error } = await decode(text)
      expect(isProviderError(error) && error.info).toMatchObject({ class: 'server', provider: 'anthropic' })
    }
  })
})

describe('a whole answer', () => {
  test('becomes the same events as a streamed one, with the object as its wire form', async () => {
    const batch = whole(MESSAGE)
    const streamed = await decode(
      sse([started({ usage: MESSAGE['usage'] }), ...textBlock(0, 'Hello'), ...ended('end_turn', { output_tokens: 2 })]),
    )
    expect([...batch]).toEqual(streamed.events)
    expect(batch.wire).toEqual({ protocol: 'anthropic-messages', frames: [], tail: [MESSAGE] })
  })

  test('names the model that answered when another one was asked', () => {
    expect(whole({ ...MESSAGE, model: 'claude-other' })[0]).toMatchObject({ responseModel: 'claude-other' })
  })

  test('that holds an error with status 200, or no content, is a failure', () => {
    expect(() => whole({ type: 'error', error: { type: 'api_error', message: 'Oh.' } })).toThrow('Oh.')
    expect(() => whole({ type: 'message' })).toThrow('unreadable')
    expect(() => readWhole('<html>', reading)).toThrow('unreadable')
  })
})
