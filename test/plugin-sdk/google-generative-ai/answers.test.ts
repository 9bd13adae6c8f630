import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isProviderError, type LlmError } from '../../../plugin-sdk/errors.ts'
import { chunk, collect, decode, last, request, sendJson, sendSse, sse, startUpstream, type Json } from './support.ts'

const call = (functionCall: Json, more: Json = {}): Json => ({ functionCall, ...more })

async function failure(answer: Promise<unknown>): Promise<LlmError> {
  const error: unknown = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!isProviderError(error)) throw new Error(`expected a ProviderError, got ${String(error)}`)
  return error.info
}

describe('an answer of Google', () => {
  test('text and thoughts become blocks in the order in which they came', async () => {
    const { events } = await decode([
      chunk([{ text: 'Let me ', thought: true }]),
      chunk([{ text: 'see.', thought: true }, { text: 'Yes' }]),
      last([{ text: '!' }]),
    ])
    expect(events).toEqual([
      { type: 'start', responseId: 'r1' },
      { type: 'thinking_start', contentIndex: 0 },
      { type: 'thinking_delta', contentIndex: 0, delta: 'Let me ' },
      { type: 'thinking_delta', contentIndex: 0, delta: 'see.' },
      { type: 'thinking_end', contentIndex: 0, content: 'Let me see.' },
      { type: 'text_start', contentIndex: 1 },
      { type: 'text_delta', contentIndex: 1, delta: 'Yes' },
      { type: 'text_delta', contentIndex: 1, delta: '!' },
      { type: 'text_end', contentIndex: 1, content: 'Yes!' },
      {
        type: 'finish',
        reason: 'stop',
        rawReason: 'STOP',
        usage: { input: 5, output: 3, cacheRead: 0, cacheWrite: 0, totalTokens: 8 },
      },
    ])
  })

  test('a signature stays with what it signs, also when it comes in an empty part', async () => {
    const { content } = await decode([
      chunk([{ text: 'hm', thought: true, thoughtSignature: 'AAAA' }]),
      chunk([{ text: 'a' }]),
      chunk([{ text: '', thoughtSignature: 'BBBB' }]),
      chunk([call({ name: 'f', args: { x: 1 }, id: 'c1' }, { thoughtSignature: 'CCCC' })]),
      last([{ text: '', thoughtSignature: 'DDDD' }]),
    ])
    expect(content).toEqual([
      { type: 'thinking', thinking: 'hm', thinkingSignature: 'AAAA' },
      { type: 'text', text: 'a', textSignature: 'BBBB' },
      { type: 'toolCall', id: 'c1', name: 'f', arguments: { x: 1 }, thoughtSignature: 'CCCC' },
      { type: 'text', text: '', textSignature: 'DDDD' },
    ])
  })

  test('a block ends where another kind begins, also when only a signature comes', async () => {
    const { events } = await decode([
      chunk([{ text: 'a' }, { text: '', thought: true, thoughtSignature: 'AAAA' }]),
      chunk([
        { text: 'hm', thought: true },
        { text: '', thoughtSignature: 'BBBB' },
      ]),
      chunk([{ text: 'b' }, call({ name: 'f' })]),
      last([]),
    ])
    const told = events.map((event) => ('contentIndex' in event ? `${event.contentIndex} ${event.type}` : event.type))
    expect(told.filter((step) => !step.endsWith('_delta'))).toEqual([
      'start',
      '0 text_start',
      '0 text_end',
      '1 thinking_start',
      '1 thinking_end',
      '2 thinking_start',
      '2 thinking_end',
      '3 text_start',
      '3 text_end',
      '4 text_start',
      '4 text_end',
      '5 toolcall_start',
      '5 toolcall_end',
      'finish',
    ])
  })

  test('calls without ids get ids of their own, and mean toolUse', async () => {
    const { content, finish } = await decode([
      chunk([call({ name: 'f', args: { a: [1] } }), call({ name: 'f', args: {} }), call({ name: 'g' })]),
      last([{ text: '' }]),
    ])
    const calls = content.flatMap((part) => (part.type === 'toolCall' ? [part] : []))
    expect(calls.map(({ name, arguments: args }) => [name, args])).toEqual([
      ['f', { a: [1] }],
      ['f', {}],
      ['g', {}],
    ])
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3)
    expect(finish).toMatchObject({ reason: 'toolUse', rawReason: 'STOP' })
  })

  test('parts without a unified form end the block before them, and are blocks of their own', async () => {
    const part = { executableCode: { language: 'PYTHON', code: '1' } }
    const code = chunk([part])
    const { content, batches } = await decode([chunk([{ text: 'a' }]), code, chunk([{ text: 'b' }]), last([])])
    expect(content).toEqual([
      { type: 'text', text: 'a' },
      { type: 'opaque', protocol: 'google-generative-ai', value: part },
      { type: 'text', text: 'b' },
    ])
    expect(batches.flatMap((batch) => batch.wire?.frames ?? [])).toContain(JSON.stringify(code))
  })

  test.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'contentFilter'],
    ['RECITATION', 'contentFilter'],
    ['LANGUAGE', 'contentFilter'],
    ['BLOCKLIST', 'contentFilter'],
    ['PROHIBITED_CONTENT', 'contentFilter'],
    ['SPII', 'contentFilter'],
    ['IMAGE_SAFETY', 'contentFilter'],
  ])('finishReason %s is %s', async (raw, reason) => {
    const { finish } = await decode([last([{ text: 'x' }], raw)])
    expect(finish).toMatchObject({ reason, rawReason: raw })
  })

  test.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'OTHER', 'SOMETHING_NEW'])(
    'finishReason %s is a failure that may be tried again, never a stop',
    async (raw) => {
      const info = await failure(decode([chunk([{ text: 'half' }]), last([], raw)]))
      expect(info).toMatchObject({ class: 'server', providerCode: raw, retryable: true, provider: 'google' })
    },
  )

  test('a blocked prompt is content_filter with the reason', async () => {
    const feedback = { blockReason: 'PROHIBITED_CONTENT' }
    const info = await failure(decode([{ promptFeedback: feedback, usageMetadata: { promptTokenCount: 4 } }]))
    expect(info).toMatchObject({ class: 'content_filter', providerCode: 'PROHIBITED_CONTENT', retryable: false })
  })

  test('the last counts win, thoughts are output, and cached tokens are not input', async () => {
    const counts = {
      promptTokenCount: 100,
      cachedContentTokenCount: 60,
      candidatesTokenCount: 7,
      thoughtsTokenCount: 20,
      toolUsePromptTokenCount: 5,
      totalTokenCount: 132,
    }
    const { finish } = await decode([
      chunk([{ text: 'a' }], {
        usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 90, totalTokenCount: 190 },
      }),
      last([{ text: 'b' }], 'STOP', { usageMetadata: counts }),
      { usageMetadata: { trafficType: 'ON_DEMAND' } },
    ])
    expect(finish?.usage).toEqual({
      input: 45,
      output: 27,
      cacheRead: 60,
      cacheWrite: 0,
      reasoning: 20,
      totalTokens: 132,
    })
  })

  test('without counts there is no usage', async () => {
    const { finish } = await decode([last([{ text: 'b' }], 'STOP', { usageMetadata: { trafficType: 'ON_DEMAND' } })])
    expect(finish).toBeDefined()
    expect(finish).not.toHaveProperty('usage')
  })

  test('of several candidates the first is told', async () => {
    const two = (first: string, second: string, more: Json = {}) => ({
      candidates: [
        { index: 1, content: { parts: [{ text: second }] }, ...more },
        { index: 0, content: { parts: [{ text: first }] }, ...more },
      ],
    })
    const { content } = await decode([two('a', 'x'), two('b', 'y', { finishReason: 'STOP' })])
    expect(content).toEqual([{ type: 'text', text: 'ab' }])
  })
})

describe('arguments that come in pieces', () => {
  test('strings, numbers, booleans and nulls at any depth are told as the JSON text they make', async () => {
    const piece = (...partialArgs: Json[]) => chunk([call({ partialArgs, willContinue: true })])
    const { events, content } = await decode([
      chunk([call({ name: 'f', willContinue: true })]),
      piece({ jsonPath: '$.who.name', stringValue: 'Zoë "', willContinue: true }),
      piece(
        { jsonPath: '$.who.name', stringValue: 'Q"\n', willContinue: true },
        { jsonPath: '$.who.name', stringValue: '' },
      ),
      piece({ jsonPath: '$.who.age', numberValue: 7 }, { jsonPath: '$.list[0].ok', boolValue: true }),
      chunk([call({ willContinue: true })]),
      piece({ jsonPath: '$.list[1].ok', boolValue: false }, { jsonPath: "$['a key']", nullValue: 'NULL_VALUE' }),
      last([call({})]),
    ])
    const args = { who: { name: 'Zoë "Q"\n', age: 7 }, list: [{ ok: true }, { ok: false }], 'a key': null }
    expect(content).toMatchObject([{ type: 'toolCall', name: 'f', arguments: args }])
    const deltas = events.flatMap((event) => (event.type === 'toolcall_delta' ? [event.delta] : []))
    expect(deltas.length).toBeGreaterThan(3)
    expect(JSON.parse(deltas.join(''))).toEqual(args)
  })

  test('a call is over when another begins, also when its end was left out', async () => {
    const { content, events } = await decode([
      chunk([call({ name: 'f', args: {}, willContinue: true })]),
      chunk([call({ partialArgs: [{ jsonPath: '$.a', stringValue: 'x', willContinue: true }], willContinue: true })]),
      chunk([call({ name: 'g', willContinue: true })]),
      last([{ text: 'done' }]),
    ])
    expect(content).toMatchObject([
      { type: 'toolCall', name: 'f', arguments: { a: 'x' } },
      { type: 'toolCall', name: 'g', arguments: {} },
      { type: 'text', text: 'done' },
    ])
    const types = events.map((event) => event.type)
    expect(types.indexOf('text_start')).toBeGreaterThan(types.lastIndexOf('toolcall_end'))
    const deltas = events.filter((event) => event.type === 'toolcall_delta' && event.contentIndex === 1)
    expect(deltas).toEqual([{ type: 'toolcall_delta', contentIndex: 1, delta: '{}' }])
  })

  test.each([
    ['back into a closed object', ['$.a.x', '$.b', '$.a.y']],
    ['the same key twice', ['$.a', '$.a']],
    ['below a value', ['$.a', '$.a.b']],
    ['a gap in a list', ['$.a[0]', '$.a[2]']],
    ['a list that turns into an object', ['$.a[0]', '$.a.b']],
    ['no path', ['']],
  ])('an order that is no JSON (%s) is a failure', async (_, paths) => {
    const pieces = paths.map((jsonPath) => ({ jsonPath, numberValue: 1 }))
    const info = await failure(
      decode([chunk([call({ name: 'f', willContinue: true })]), last([call({ partialArgs: pieces })])]),
    )
    expect(info.class).toBe('server')
  })

  test('any arguments give the same object, however their strings are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(key, json, { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
        fc.nat(5),
        async (args, size) => {
          const parts = pieces(args, '$', size + 1).map((piece) => call({ partialArgs: [piece], willContinue: true }))
          const { content } = await decode([
            chunk([call({ name: 'f', willContinue: true })]),
            chunk(parts),
            last([call({})]),
          ])
          expect(content).toMatchObject([{ arguments: args }])
        },
      ),
      { numRuns: 60 },
    )
  })
})

/** Keys and values that a JSON path can name: containers hold something, keys have no quotes. */
const key = fc.string({ minLength: 1, maxLength: 6 }).filter((text) => !/['"\\[\].]/.test(text) && text !== '__proto__')
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('json'), { minLength: 1, maxLength: 3 }),
  object: fc.dictionary(key, tie('json'), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
}))

function pieces(value: unknown, path: string, size: number): Json[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => pieces(item, `${path}[${index}]`, size))
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, item]) => pieces(item, `${path}['${name}']`, size))
  if (typeof value === 'number') return [{ jsonPath: path, numberValue: value }]
  if (typeof value === 'boolean') return [{ jsonPath: path, boolValue: value }]
  if (typeof value !== 'string') return [{ jsonPath: path, nullValue: 'NULL_VALUE' }]
  const cuts = value.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? []
  return [
    ...cuts.map((text) => ({ jsonPath: path, stringValue: text, willContinue: true })),
    { jsonPath: path, stringValue: '' },
  ]
}

describe('a stream of Google', () => {
  const chunks = [
    chunk([{ text: 'Grüße 🌍', thought: true }]),
    chunk([{ text: 'a' }, { text: 'b', thoughtSignature: 'AAAA' }]),
    chunk([call({ name: 'f', args: { q: '日本' }, id: 'c1' })]),
    last([{ text: 'end' }]),
  ]

  test('gives the same events and frames however its bytes are split', async () => {
    const bytes = Buffer.from(sse(chunks))
    const whole = await decode(chunks)
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 12 }),
        async (cuts) => {
          const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
          await using upstream = await startUpstream(async (response) => {
            response.writeHead(200, { 'content-type': 'text/event-stream' })
            response.socket?.setNoDelay(true)
            for (const [index, edge] of edges.slice(1).entries())
              await new Promise((done) => response.write(bytes.subarray(edges[index], edge), done))
            response.end()
          })
          const split = await collect(upstream.provider())
          expect(split.events).toEqual(whole.events)
          expect(split.batches.flatMap((batch) => batch.wire?.frames ?? [])).toEqual(
            whole.batches.flatMap((batch) => batch.wire?.frames ?? []),
          )
          expect(split.batches.every((batch) => batch.length > 0)).toBe(true)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('keeps its payloads as frames and what closes it as tail', async () => {
    const { batches } = await decode(chunks)
    expect(batches.flatMap((batch) => batch.wire?.frames ?? [])).toEqual(
      chunks.slice(0, 3).map((item) => JSON.stringify(item)),
    )
    expect(batches.at(-1)?.wire?.tail).toEqual([chunks[3]])
    expect(batches.slice(0, -1).every((batch) => batch.wire?.tail === undefined)).toBe(true)
  })

  test('what comes after the finishReason, as usage from some hosts, closes it too', async () => {
    const counts = { usageMetadata: { promptTokenCount: 1, totalTokenCount: 1 } }
    const { batches, finish } = await decode([chunk([{ text: 'a' }]), last([]), counts])
    expect(batches.at(-1)?.wire?.tail).toEqual([last([]), counts])
    expect(finish?.usage?.totalTokens).toBe(1)
  })

  test('tells text at once where every chunk names a finishReason, as old models do', async () => {
    const read = Promise.withResolvers<void>()
    await using upstream = await startUpstream(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sse([last([{ text: 'one' }])]))
      response.write(sse([last([{ text: 'two' }])]))
      await read.promise
      response.end(sse([last([{ text: 'three' }])]))
    })
    let text = ''
    let tail: unknown
    for await (const batch of upstream.provider().stream(request(), new AbortController().signal)) {
      for (const event of [batch].flat()) if (event.type === 'text_delta') text += event.delta
      if (text.startsWith('one')) read.resolve()
      tail = 'wire' in batch ? batch.wire?.tail : undefined
    }
    expect(text).toBe('onetwothree')
    expect(tail).toEqual([last([{ text: 'three' }])])
  })

  test('one that ends without a finishReason was cut', async () => {
    const info = await failure(decode([chunk([{ text: 'half an ans' }])]))
    expect(info).toMatchObject({ class: 'network', providerCode: 'truncated', retryable: true })
  })

  test('one that ends in the middle of an event was cut', async () => {
    await using upstream = await startUpstream((response) => sendSse(response, sse(chunks).slice(0, -20)))
    expect(await failure(collect(upstream.provider()))).toMatchObject({ class: 'network', providerCode: 'truncated' })
  })

  test('an event that is no JSON is a failure of the server', async () => {
    await using upstream = await startUpstream((response) => sendSse(response, 'data: <html>\n\n'))
    expect(await failure(collect(upstream.provider()))).toMatchObject({ class: 'server', provider: 'google' })
  })

  test('is stopped by the signal, and the server sees it', async () => {
    const closed = Promise.withResolvers<void>()
    await using upstream = await startUpstream((response) => {
      response.on('close', closed.resolve)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sse([chunk([{ text: 'a' }])]))
    })
    const stop = new AbortController()
    const answer = (async () => {
      for await (const _ of upstream.provider().stream(request(), stop.signal)) stop.abort()
    })()
    expect(await failure(answer)).toMatchObject({ class: 'aborted' })
    await closed.promise
  })

  test('lets the connection go when its reader leaves', async () => {
    const closed = Promise.withResolvers<void>()
    await using upstream = await startUpstream((response) => {
      response.on('close', closed.resolve)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sse([chunk([{ text: 'a' }])]))
    })
    for await (const _ of upstream.provider().stream(request(), new AbortController().signal)) break
    await expect(closed.promise).resolves.toBeUndefined()
  })

  test('a host that answers a streamed request in one piece is understood', async () => {
    await using upstream = await startUpstream((response) => sendJson(response, chunks))
    const { content, finish } = await collect(upstream.provider())
    expect(content.map((part) => part.type)).toEqual(['thinking', 'text', 'toolCall', 'text'])
    expect(finish?.reason).toBe('toolUse')
  })
})

describe('an error of Google', () => {
  const error = (code: number, status: string, message: string, details: Json[] = []) => ({
    error: { code, message, status, details },
  })
  const overloaded = error(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.')

  test('is classified by its body, also when it is wrapped in a list', async () => {
    const badKey = error(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
    ])
    for (const body of [badKey, [badKey]]) {
      await using upstream = await startUpstream((response) => sendJson(response, body, 400))
      expect(await failure(collect(upstream.provider()))).toMatchObject({ class: 'auth', status: 400 })
    }
  })

  test('inside a stream has the status it names', async () => {
    for (const body of [overloaded, [overloaded]]) {
      await using upstream = await startUpstream((response) => sendSse(response, sse([chunk([{ text: 'a' }]), body])))
      expect(await failure(collect(upstream.provider()))).toMatchObject({
        class: 'overloaded',
        status: 503,
        retryable: true,
      })
    }
  })

  test('in the body of an answer with status 200 is an error', async () => {
    await using upstream = await startUpstream((response) => sendJson(response, overloaded))
    expect(await failure(collect(upstream.provider(), request({ stream: false })))).toMatchObject({
      class: 'overloaded',
    })
  })

  test('never tells the key, even when the provider repeats it', async () => {
    const key = 'AIza-secret-of-the-test-1234'
    await using upstream = await startUpstream((response) =>
      sendJson(response, error(400, 'INVALID_ARGUMENT', `API key ${key} expired`), 400),
    )
    const info = await failure(collect(upstream.provider({}, key)))
    expect(JSON.stringify(info)).not.toContain(key)
  })

  test('follows the rules of the manifest first', async () => {
    await using upstream = await startUpstream((response) => sendJson(response, overloaded, 503))
    const provider = upstream.provider({ errors: [{ match: 'overloaded', class: 'quota' }] })
    expect(await failure(collect(provider))).toMatchObject({ class: 'quota' })
  })
})
