import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageBuilder, SseReader, type Batch } from '../../../plugin-sdk/index.ts'
import { AnswerDecoder } from '../../../plugin-sdk/protocols/openai-chat/answer-decoder.ts'
import { EveryEvent, type ChunkReader } from '../../../plugin-sdk/protocols/openai-chat/chunk-reader.ts'
import { compatOf } from '../../../plugin-sdk/protocols/openai-chat/compat.ts'
import { PassThrough } from '../../../plugin-sdk/protocols/openai-chat/pass-through.ts'
import type { Reading } from '../../../plugin-sdk/protocols/openai-chat/reading.ts'
import { readWhole } from '../../../plugin-sdk/protocols/openai-chat/whole-answer.ts'
import { call } from './support/call.ts'
import { sendEvents, sse } from './support/host.ts'
import { hasRecordings, recordings } from './support/recordings.ts'

const reading: Reading = {
  provider: 'test',
  model: 'm',
  compat: compatOf({}),
  warnings: [{ type: 'other', message: 'w' }],
  failure: (body) => new Error(body) as never,
  garbled: (text) => new Error(text) as never,
}

const decoder = (): AnswerDecoder => new AnswerDecoder(reading)

const passThrough = (): PassThrough => new PassThrough(reading)

function read(reader: ChunkReader, chunks: readonly Uint8Array[]) {
  const steps = [...chunks.map((chunk) => reader.feed(chunk)), reader.end()]
  const batches = steps.filter((batch) => batch !== undefined)
  const message = new MessageBuilder()
  for (const batch of batches) message.add(batch)
  expect(batches.flat().filter(({ type }) => type === 'start').length).toBeLessThanOrEqual(1)
  return {
    batches,
    /** How many payloads each chunk brought to the client. */
    counts: steps.map((batch) => (batch === undefined ? 0 : payloads([batch]).length)),
    told: {
      start: message.start,
      // Ids that were made up are another every time.
      content: JSON.parse(JSON.stringify(message.content).replaceAll(/call_[0-9a-f]{24}/g, 'new')) as unknown,
      finish: message.finish,
      failure: reader.failure?.message,
    },
  }
}

/** Everything that reaches the client, as the payloads it would read. */
const payloads = (batches: readonly Batch[]): readonly string[] =>
  batches.flatMap(({ wire }) => {
    const reader = new SseReader()
    const passed = wire?.bytes === undefined ? [] : [...reader.feed(wire.bytes), ...reader.end()]
    return [
      ...passed.map(({ data }) => data),
      ...(wire?.frames ?? []),
      ...(wire?.tail ?? []).map((object) => JSON.stringify(object)),
    ].map((data) => JSON.stringify(JSON.parse(data)))
  })

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length))
}

/** No later than others are told what came in a chunk. */
function expectAsSoon(counts: readonly number[], others: readonly number[]): void {
  const sums = (list: readonly number[]): number[] =>
    list.map((_, index) => list.slice(0, index + 1).reduce((a, b) => a + b))
  const told = sums(others)
  expect(sums(counts).map((count, index) => Math.max(count, told[index] ?? 0))).toEqual(sums(counts))
}

const places = fc.array(fc.nat(), { maxLength: 12 })
const chunk = (delta: object, more: object = {}): object => ({
  id: 'c1',
  model: 'm-1',
  choices: [{ index: 0, delta, finish_reason: null }],
  ...more,
})
const endedBy = (finish_reason: string): object => ({
  id: 'c1',
  model: 'm-1',
  choices: [{ index: 0, delta: {}, finish_reason }],
})
const end = endedBy('stop')
const asBytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('a stream that passes to a client of the same protocol', () => {
  it.skipIf(!hasRecordings)('is told and written as if every event had been decoded, for every recorded stream', () => {
    const streams = recordings(({ api }) => api === 'openai-chat').filter(({ isStream }) => isStream)
    expect(streams.length).toBeGreaterThan(30)
    fc.assert(
      fc.property(fc.constantFrom(...streams), places, ({ body }, at) => {
        const chunks = cut(asBytes(body), at)
        const decoded = read(new EveryEvent(decoder()), chunks)
        const passed = read(passThrough(), chunks)
        expect(passed.told).toEqual(decoded.told)
        if (decoded.told.failure !== undefined) return
        expect(payloads(passed.batches)).toEqual(payloads(decoded.batches))
        expectAsSoon(passed.counts, decoded.counts)
      }),
      { numRuns: 300 },
    )
  })

  it('is told and written as if every event had been decoded, whatever stands in its events', () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', '"', '\\', '\\"', '\n\n', '"}', 'é', '"finish_reason":null'),
    )
    const delta = fc.oneof(
      { weight: 8, arbitrary: fc.record({ content: word }) },
      { weight: 1, arbitrary: fc.record({ content: word, refusal: fc.constant(null) }) },
      { weight: 1, arbitrary: fc.record({ reasoning_content: word }) },
      { weight: 1, arbitrary: fc.record({ role: fc.constant('assistant'), content: fc.constantFrom('', null) }) },
      {
        weight: 1,
        arbitrary: fc.record({ tool_calls: fc.constant([{ index: 0, id: 'a', function: { name: 'b' } }]) }),
      },
    )
    const tokens = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
    const event = fc.oneof(
      { weight: 20, arbitrary: fc.tuple(delta, fc.constant(null), fc.constant(null)) },
      { weight: 1, arbitrary: fc.tuple(delta, fc.constant('length'), fc.constant(null)) },
      { weight: 1, arbitrary: fc.tuple(delta, fc.constant(null), fc.constant(tokens)) },
    )
    const stream = fc.tuple(
      fc.array(event, { maxLength: 12 }),
      fc.boolean(),
      fc.constantFrom({}, { logprobs: null }),
      fc.constantFrom(0, 0, 0, 1),
      fc.boolean(),
    )
    const eachAlone = undefined
    fc.assert(
      fc.property(stream, fc.option(places, { nil: eachAlone }), ([events, padded, more, choice, sameId], at) => {
        const said = events.map(([content, finish_reason, usage], index) => ({
          id: sameId ? 'c1' : `c${index + 8}`,
          model: 'm-1',
          choices: [{ index: index % 3 === 2 ? choice : 0, delta: content, ...more, finish_reason }],
          usage,
          ...(padded ? { obfuscation: 'aB3'.repeat(index % 4) } : {}),
        }))
        // A host that calls a tool and says "stop" is put right only by who reads the call.
        const called = events.some(([content]) => 'tool_calls' in content)
        const sent = [...said, called ? endedBy('tool_calls') : end, '[DONE]'].map((one) => sse(one))
        const chunks = at === eachAlone ? sent.map(asBytes) : cut(asBytes(sent.join('')), at)
        const decoded = read(new EveryEvent(decoder()), chunks)
        const passed = read(passThrough(), chunks)
        expect(passed.told).toEqual(decoded.told)
        expect(payloads(passed.batches)).toEqual(payloads(decoded.batches))
        expectAsSoon(passed.counts, decoded.counts)
      }),
      { numRuns: 500 },
    )
  })

  const role = chunk({ role: 'assistant', content: '' })
  const empty = chunk({ content: '' })
  const words = [chunk({ content: 'a' }), chunk({ content: 'b' })]
  const piece = (index: number, delta: object): object => ({
    ...chunk({ tool_calls: [{ index: 0, ...delta }] }),
    id: `c${index}`,
  })
  it.each<[string, readonly string[]]>([
    ['empty events stand before the first words', [role, empty, empty, ...words, end].map((one) => sse(one))],
    [
      'the frame of its events changes within a call',
      [
        { ...role, id: 'c8' },
        piece(9, { id: 'a', function: { name: 'look', arguments: '' } }),
        piece(10, { function: { arguments: '{"a"' } }),
        piece(11, { function: { arguments: ':1}' } }),
        endedBy('tool_calls'),
      ].map((one) => sse(one)),
    ],
    ['its line ends change', [': ok\n\n', sse(...words, end).replaceAll('\n', '\r\n')]],
    ['it breaks off before the last line break', [sse(...words).trimEnd()]],
    [
      'its first words come with its end',
      [sse(role), sse({ choices: [{ index: 0, delta: { content: 'x' }, finish_reason: 'stop' }] })],
    ],
    ['it refuses at once', [chunk({ refusal: 'Nope' }), end].map((one) => sse(one))],
    ['it refuses', [role, chunk({ refusal: 'No' }), chunk({ refusal: 'pe' }), end].map((one) => sse(one))],
    ...[{ usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }, { error: { message: 'no' } }].map(
      (more): [string, readonly string[]] => [
        `a choice holds ${Object.keys(more).join()} before its reason`,
        [
          sse(role, ...words),
          sse({ ...end, choices: [{ index: 0, delta: { content: 'x' }, ...more, finish_reason: null }] }),
          sse(end),
        ],
      ],
    ),
    [
      'one event has two choices',
      [
        sse(role, ...words),
        sse({
          ...end,
          choices: [
            ...(end as { choices: object[] }).choices,
            { index: 1, delta: { content: 'y' }, finish_reason: null },
          ],
        }),
      ],
    ],
  ])('is told no later and no worse when %s', (_name, pieces) => {
    for (const chunks of [pieces, [pieces.join('')]].map((cuts) => cuts.map(asBytes))) {
      const decoded = read(new EveryEvent(decoder()), chunks)
      const passed = read(passThrough(), chunks)
      expect(passed.told).toEqual(decoded.told)
      if (decoded.told.failure === undefined) expect(payloads(passed.batches)).toEqual(payloads(decoded.batches))
      expectAsSoon(passed.counts, decoded.counts)
    }
  })

  it.each([
    ['an event', sse(end)],
    ['a comment', ': ping\n\n'],
  ])('sees how it ends when %s has line ends of another kind than the rest', (_name, odd) => {
    const words = sse(chunk({ content: 'x' }), chunk({ content: 'y' }))
    const text = words + odd.replaceAll('\n', '\r\n') + sse(end) + words + sse('[DONE]')
    const decoded = read(new EveryEvent(decoder()), [asBytes(text)])
    expect(decoded.told.finish).toMatchObject({ reason: 'stop' })
    expect(read(passThrough(), [asBytes(text)]).told).toEqual(decoded.told)
  })

  it('has not begun before its first content, so that another provider can still be tried', () => {
    const role = chunk({ role: 'assistant', content: '' })
    const reader = passThrough()
    expect(reader.feed(asBytes(': PROCESSING\n\n'))).toBeUndefined()
    expect(reader.feed(asBytes(sse(role)))).toBeUndefined()
    expect(reader.feed(asBytes(sse({ error: { message: 'no' } })))).toBeUndefined()
    expect(reader.failure).toBeDefined()
  })

  it('begins with all that had come before its first content', () => {
    const role = chunk({ role: 'assistant', content: '' })
    const { batches, told } = read(
      passThrough(),
      [sse(role), sse(chunk({ content: 'x' })), sse(end, '[DONE]')].map(asBytes),
    )
    expect(payloads(batches)).toEqual([role, chunk({ content: 'x' }), end].map((object) => JSON.stringify(object)))
    expect(told.start).toEqual({
      type: 'start',
      responseId: 'c1',
      responseModel: 'm-1',
      warnings: [{ type: 'other', message: 'w' }],
    })
  })

  it.each([
    ['before the choices', (choices: unknown, error: unknown) => ({ id: 'c1', model: 'm-1', error, choices })],
    [
      'in the choice',
      ([choice]: readonly object[], error: unknown) => ({ id: 'c1', model: 'm-1', choices: [{ error, ...choice }] }),
    ],
  ])('fails with an error %s that ends like an ordinary chunk', (_name, write) => {
    const choices = [{ index: 0, delta: { content: '' }, finish_reason: null }]
    const error = write(choices, { message: 'no' })
    const { told } = read(passThrough(), [asBytes(sse(chunk({ content: 'x' }), chunk({ content: 'y' }), error))])
    expect(told.failure).toContain('no')
  })

  it('can be read by several, one after the other', async () => {
    const text = sse(chunk({ content: 'a' }), chunk({ content: 'b' }), end, '[DONE]')
    const { batches } = await call(sendEvents(text), { wire: { protocol: 'openai-chat', fields: {} } })
    const readers = [new MessageBuilder(), new MessageBuilder()]
    for (const batch of batches) for (const reader of readers) reader.add(batch)
    for (const reader of readers) expect(reader.content).toEqual([{ type: 'text', text: 'ab' }])
  })
})

describe('an answer in one piece that passes through', () => {
  const text = fc.option(fc.string(), { nil: undefined })
  const field = fc.oneof(fc.constant(null), fc.constant(''), fc.constant([]), fc.string({ minLength: 1 }))
  const call = fc.record({ id: fc.string({ minLength: 1 }), function: fc.record({ name: fc.constant('look') }) })
  const message = fc.record(
    {
      role: fc.constant('assistant'),
      content: fc.option(fc.string()),
      refusal: text,
      reasoning_content: text,
      reasoning: field,
      annotations: fc.oneof(fc.constant([]), fc.constant([{ type: 'url_citation' }])),
      tool_calls: fc.oneof(fc.constant(null), fc.constant([]), fc.array(call, { minLength: 1, maxLength: 2 })),
      unknown: field,
    },
    { requiredKeys: ['role'] },
  )

  const choice = fc.record(
    {
      index: fc.constant(0),
      message: fc.oneof(message, fc.constant(null)),
      finish_reason: fc.constantFrom('stop', 'length', 'tool_calls', 'error', null),
      error: fc.option(fc.constant({ message: 'broken' }), { nil: undefined }),
    },
    { requiredKeys: ['message'] },
  )
  const answer = fc.record(
    {
      id: fc.constant('c1'),
      model: fc.constantFrom('m', 'm2'),
      choices: fc.oneof({ weight: 9, arbitrary: fc.array(choice, { maxLength: 2 }) }, { weight: 1, arbitrary: field }),
      usage: fc.constantFrom(null, { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }),
      error: fc.constantFrom(null, undefined, { message: 'broken' }),
    },
    { requiredKeys: ['choices'] },
  )

  it('tells the same message and end, or failure, as one that is decoded', () => {
    fc.assert(
      fc.property(answer, (body) => {
        const [told, passed] = [false, true].map((passes) => {
          const builder = new MessageBuilder()
          try {
            builder.add(readWhole(JSON.stringify(body), reading, passes))
          } catch (error) {
            return (error as Error).message
          }
          const { start, finish } = builder
          // Ids that were made up are another every time.
          const content = JSON.stringify(builder.content).replaceAll(/call_[0-9a-f]{24}/g, 'new')
          return { start, finish, content, delivered: builder.deliveredText }
        })
        expect(passed).toEqual(told)
      }),
    )
  })

  it('is not decoded when it holds nothing but words', () => {
    const body = {
      choices: [{ message: { role: 'assistant', content: 'Hi.', tool_calls: [] }, finish_reason: 'stop' }],
    }
    const passed = readWhole(JSON.stringify(body), reading, true)
    expect(passed.map(({ type }) => type)).toEqual(['start', 'finish'])
    expect(passed.wire?.unread).toBeDefined()
  })
})
