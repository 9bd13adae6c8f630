import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch, Message, ProviderEvent } from '../../../plugin-sdk/index.ts'
import { SseReader } from '../../../plugin-sdk/index.ts'
import { AnswerDecoder } from '../../../plugin-sdk/protocols/openai-chat/answer-decoder.ts'
import { compatOf } from '../../../plugin-sdk/protocols/openai-chat/compat.ts'
import { openaiChat } from '../../../plugin-sdk/protocols/openai-chat/index.ts'
import type { DoorRequest } from '../../../plugin-sdk/protocols/protocol.ts'
import { modelOf } from './support/call.ts'
import { encode } from './support/encode.ts'
import { hasRecordings, recordings } from './support/recordings.ts'

const parseRequest = (body: unknown): DoorRequest => openaiChat.door.parseRequest(body)

/** All that a decoder tells about these network chunks. Ids it had to invent are left out. */
function decode(
  chunks: readonly Uint8Array[],
  compat: object = {},
): { events: ProviderEvent[]; frames: string[]; failure: unknown } {
  const reader = new SseReader()
  const told: Batch[] = []
  const reading = {
    provider: 'test',
    model: 'test-model',
    compat: compatOf(compat as Readonly<Record<string, unknown>>),
    warnings: [],
    failure: (body: string) => new Error(body) as never,
    garbled: (text: string) => new Error(text) as never,
  }
  const decoder = new AnswerDecoder(reading)
  const take = (): void => {
    const batch = decoder.take()
    if (batch !== undefined) told.push(batch)
  }
  for (const chunk of chunks) {
    for (const { data, event } of reader.feed(chunk)) decoder.add(data, event)
    take()
  }
  for (const { data, event } of reader.end()) decoder.addLast(data, event)
  decoder.end()
  take()
  const events = told.flat().map((event) => withoutInvented(event))
  const tail = told.flatMap(({ wire }) => wire?.tail ?? []).map((object) => JSON.stringify(object))
  const frames = [...told.flatMap(({ wire }) => wire?.frames ?? []), ...tail]
  const failure = decoder.failure?.message
  // Of an answer that failed, frames without content may be missing: nobody would have read them.
  return { events, frames: failure === undefined ? frames : [], failure }
}

const withoutInvented = (event: ProviderEvent): ProviderEvent =>
  JSON.parse(
    JSON.stringify(event, (name, value: unknown) =>
      name === 'id' && /^call_[0-9a-f]{24}$/.test(String(value)) ? 'new' : value,
    ),
  ) as ProviderEvent

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length))
}

const sample = ((): Uint8Array => {
  const chunk = (delta: object, finish_reason: string | null = null): string =>
    `data: ${JSON.stringify({ id: 'c', model: 'test-model', choices: [{ index: 0, delta, finish_reason }] })}\r\n\r\n`
  const call = (fields: object): string => chunk({ tool_calls: [fields] })
  const text =
    ': comment\n\n' +
    chunk({ role: 'assistant', content: '' }) +
    chunk({ reasoning: 'Hm 😀' }) +
    chunk({ content: 'naïve "ünïcode" 👩‍👩‍👧' }) +
    call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"ü"' } }) +
    call({ index: 0, function: { arguments: ':1}' } }) +
    chunk({}, 'tool_calls') +
    'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}\n\ndata: [DONE]\n\n'
  return new TextEncoder().encode(text)
})()

const places = fc.array(fc.nat(), { maxLength: 40 })

describe('any split of the bytes', () => {
  it('gives the same events and loses no frame', () => {
    const whole = decode([sample])
    expect(whole.events.at(-1)?.type).toBe('finish')
    fc.assert(
      fc.property(places, (at) => {
        expect(decode(cut(sample, at))).toEqual(whole)
      }),
    )
  })

  it.skipIf(!hasRecordings)('gives the same events for recorded streams of every host', () => {
    const streams = recordings(({ api }) => api === 'openai-chat').filter(
      ({ isStream, body }) => isStream && body.length < 60_000,
    )
    expect(streams.length).toBeGreaterThan(30)
    fc.assert(
      fc.property(fc.constantFrom(...streams), places, ({ body, provider }, at) => {
        const bytes = new TextEncoder().encode(body)
        const compat = { supportsFinishReason: provider !== 'snowflake' }
        expect(decode(cut(bytes, at), compat)).toEqual(decode([bytes], compat))
      }),
      { numRuns: 60 },
    )
  })

  it('that ends anywhere before the finish is a failure', () => {
    const text = new TextDecoder().decode(sample)
    const finish = new TextEncoder().encode(text.slice(0, text.indexOf('"tool_calls"}]'))).length
    fc.assert(
      fc.property(fc.nat({ max: finish }), (length) => {
        const { events, failure } = decode([sample.subarray(0, length)])
        expect(events.some(({ type }) => type === 'finish')).toBe(false)
        expect(failure).toContain('ended before the answer was complete')
      }),
    )
  })
})

/** Requests in the form in which this protocol writes them, so that they must come back as they were. */
const words = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text.isWellFormed())
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown)
const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/)
const args = fc.dictionary(name, json, { maxKeys: 3 })
const schema = fc.record({
  type: fc.constant('object'),
  properties: fc.dictionary(name, fc.constant({ type: 'string' })),
})
const unknown = fc.dictionary(
  name.map((key) => `x_${key}`),
  json,
  { maxKeys: 3 },
)

const withUnknown = <T extends object>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.tuple(arbitrary, unknown).map(([value, more]) => ({ ...value, ...more }))

const userPart = fc.oneof(
  withUnknown(fc.record({ type: fc.constant('text'), text: words })),
  withUnknown(
    fc.record({
      type: fc.constant('image_url'),
      image_url: fc.oneof(
        fc.record({ url: fc.constantFrom('https://x.test/a.png', 'data:image/png;base64,aGk=') }),
        fc.record({ url: fc.webUrl(), detail: fc.constantFrom('low', 'high') }),
      ),
    }),
  ),
  fc.record({ type: fc.constantFrom('input_audio', 'file', 'video_url'), value: json }),
)
const userMessage = withUnknown(
  fc.record({
    role: fc.constant('user'),
    content: fc.oneof(words, fc.array(userPart, { minLength: 1, maxLength: 3 })),
  }),
)
/** A call and its result, so that no id is without its other half. */
const turn = fc.tuple(name, name, args, words, fc.option(words)).map(([id, tool, given, result, said]) => [
  {
    role: 'assistant',
    content: said,
    tool_calls: [{ id, type: 'function', function: { name: tool, arguments: JSON.stringify(given) } }],
  },
  { role: 'tool', tool_call_id: id, content: result },
])
const spoken = fc
  .tuple(words, fc.option(words, { nil: undefined }))
  .map(([content, thought]) => [
    { role: 'assistant', content, ...(thought === undefined ? {} : { reasoning_content: thought }) },
  ])
const conversation = fc
  .tuple(
    fc.option(words, { nil: undefined }),
    userMessage,
    fc.array(
      fc.oneof(
        turn,
        spoken,
        userMessage.map((message) => [message]),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([system, first, rest]) => [
    ...(system === undefined ? [] : [{ role: 'system', content: system }]),
    first,
    ...rest.flat(),
  ])
const tool = withUnknown(
  fc.record({
    type: fc.constant('function'),
    function: fc.record({ name, description: words, parameters: schema, strict: fc.boolean() }),
  }),
)
const optional = fc.record(
  {
    temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((value) => value + 0),
    top_p: fc.constantFrom(0.1, 1),
    top_k: fc.nat(),
    max_tokens: fc.integer({ min: 1, max: 1e6 }),
    stop: fc.array(words, { minLength: 1, maxLength: 4 }),
    seed: fc.integer(),
    presence_penalty: fc.constantFrom(-2, 0.5),
    frequency_penalty: fc.constantFrom(2, 0),
    user: words,
    metadata: fc.dictionary(name, words),
    reasoning_effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'default'),
    response_format: fc.oneof(
      fc.constantFrom({ type: 'text' }, { type: 'json_object' }, { type: 'grammar', value: 'x' }),
      fc.record({ type: fc.constant('json_schema'), json_schema: fc.record({ name, schema, strict: fc.boolean() }) }),
    ),
    n: fc.integer({ min: 1, max: 4 }),
    logprobs: fc.boolean(),
  },
  { requiredKeys: [] },
)
const withTools = fc.record(
  {
    tools: fc.array(tool, { minLength: 1, maxLength: 2 }),
    tool_choice: fc.oneof(
      fc.constantFrom('auto', 'none', 'required'),
      name.map((chosen) => ({ type: 'function', function: { name: chosen } })),
    ),
    parallel_tool_calls: fc.boolean(),
  },
  { requiredKeys: ['tools'] },
)
const request = fc
  .tuple(conversation, optional, fc.option(withTools, { nil: undefined }), unknown)
  .map(([messages, options, tools, more]) => ({ model: 'test-model', messages, ...options, ...tools, ...more }))

describe('a request that goes through our words to a host of the same protocol', () => {
  it('comes out as it went in, unknown fields included', () => {
    fc.assert(
      fc.property(request, (body) => {
        const plain = JSON.parse(JSON.stringify(body)) as unknown
        const { context, options, wire } = parseRequest(plain)
        const model = modelOf({ reasoning: true })
        const sent = encode({ context, options, wire }, { supportsStrictMode: true }, model).body
        expect(sent).toEqual(plain)
      }),
      { numRuns: 400 },
    )
  })

  it.skipIf(!hasRecordings)('means the same for every recorded request', () => {
    const requests = recordings(({ api }) => api === 'openai-chat')
      .map(({ file, request: body }) => ({ file, body }))
      .filter(({ body }) => typeof body === 'object' && body !== null && 'messages' in body)
    expect(requests.length).toBeGreaterThan(150)
    for (const { file, body } of requests) {
      let first
      try {
        first = parseRequest(body)
      } catch (error) {
        expect([file, (error as Error).message, WRONG_REQUESTS[file]]).toEqual([
          file,
          expect.any(String),
          expect.any(String),
        ])
        continue
      }
      const { context, options, wire } = first
      const sent = encode(
        { context, options, wire },
        { supportsStrictMode: true },
        { id: first.model, reasoning: true },
      )
      const again = parseRequest({ ...sent.body, stream: first.stream })
      expect({ file, context: again.context, options: again.options, fields: again.wire.fields }).toEqual({
        file,
        context: { ...context, messages: context.messages.filter(saysSomething) },
        options,
        fields: withoutStreamOptions(wire.fields),
      })
    }
  })
})

/** Recorded requests that the host refused, or that no host of OpenAI's own API would take. */
const WRONG_REQUESTS: Readonly<Record<string, string>> = {
  'envoy-ai-gateway/openai/openai-chat/error-400__chat-bad-request.0.json': 'a user message without content',
  'envoy-ai-gateway/openai/openai-chat/error-400__chat-no-messages.0.json': 'no messages',
}

/** Empty answers are not sent again. */
const saysSomething = (message: Message): boolean =>
  message.role !== 'assistant' || message.content.length > 0 || message.providerMetadata !== undefined

const withoutStreamOptions = (fields: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => field !== 'stream_options'))
