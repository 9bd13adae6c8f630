import { describe, expect, test } from 'vitest'
import type { Context, Message } from '../../../plugin-sdk/messages.ts'
import { collect, encode, last, model, request, sendJson, sendSse, sse, startUpstream, type Json } from './support.ts'

const contents = (messages: readonly Message[], compat: Json = {}): unknown =>
  encode({ context: { messages } }, compat).body['contents']

const call = (id: string, name = 'f', more: Json = {}) =>
  ({ type: 'toolCall', id, name, arguments: { x: 1 }, ...more }) as const
const result = (toolCallId: string, text = 'done', more: Json = {}) =>
  ({ role: 'toolResult', toolCallId, content: [{ type: 'text', text }], isError: false, ...more }) as const
const own = { api: 'google-generative-ai', provider: 'google', model: 'gemini-test' }

describe('the HTTP request', () => {
  const answer = last([{ text: 'ok' }])

  test('names the model and the way to answer in the URL, and the key only in its header', async () => {
    await using upstream = await startUpstream((response, { url }) =>
      url.includes('alt=sse') ? sendSse(response, sse([answer])) : sendJson(response, answer),
    )
    const provider = upstream.provider({}, 'AIza-secret')
    await collect(provider, request({ stream: true }))
    await collect(provider, request({ stream: false, model: model({ id: 'tunedModels/my one' }) }))
    expect(upstream.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /v1beta/models/gemini-test:streamGenerateContent?alt=sse',
      'POST /v1beta/tunedModels/my%20one:generateContent',
    ])
    expect(upstream.received[0]?.headers).toMatchObject({
      'x-goog-api-key': 'AIza-secret',
      'content-type': 'application/json',
    })
    expect(upstream.received[0]?.body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] })
  })

  test('carries the key as the manifest says, and the headers of manifest and caller', async () => {
    await using upstream = await startUpstream((response) => sendSse(response, sse([answer])))
    const provider = upstream.provider({ auth: { type: 'bearer' } }, 'token')
    await collect(provider, request({ options: { headers: { 'X-Extra': '1', Authorization: 'Bearer stolen' } } }))
    expect(upstream.received[0]?.headers).toMatchObject({ authorization: 'Bearer token', 'x-extra': '1' })
    expect(upstream.received[0]?.headers).not.toHaveProperty('x-goog-api-key')
  })

  test('an answer in one piece is one batch with the whole object as its tail', async () => {
    await using upstream = await startUpstream((response) => sendJson(response, answer))
    const { batches, finish } = await collect(upstream.provider(), request({ stream: false }))
    expect(batches.map((batch) => batch.wire)).toEqual([
      { protocol: 'google-generative-ai', frames: [], tail: [answer] },
    ])
    expect(finish?.reason).toBe('stop')
  })

  test('what could not be asked for is told on the start event', async () => {
    await using upstream = await startUpstream((response) => sendSse(response, sse([answer])))
    const { start } = await collect(upstream.provider(), request({ options: { user: 'u1' } }))
    expect(start?.warnings).toMatchObject([{ type: 'unsupported', feature: 'user' }])
  })
})

describe('a conversation', () => {
  test('instructions go to systemInstruction, later ones too, with a warning', () => {
    const context: Context = {
      systemPrompt: 'Be brief.',
      messages: [
        { role: 'user', content: 'a' },
        { role: 'system', content: 'Be long.' },
        { role: 'user', content: 'b' },
      ],
    }
    const sent = encode({ context })
    expect(sent.body).toEqual({
      systemInstruction: { parts: [{ text: 'Be brief.\n\nBe long.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'a' }] },
        { role: 'user', parts: [{ text: 'b' }] },
      ],
    })
    expect(sent.warnings).toMatchObject([{ feature: 'system-message' }])
  })

  test('images go as data, data URLs too; a URL goes as a file with its type', () => {
    const content = [
      { type: 'text', text: 'see' },
      { type: 'image', data: 'QUJD', mimeType: 'image/webp' },
      { type: 'image', url: 'data:image/gif;base64,R0lG' },
      { type: 'image', url: 'https://a.example/x.JPG?v=1' },
      { type: 'image', url: 'https://a.example/x' },
    ] as const
    expect(contents([{ role: 'user', content }])).toEqual([
      {
        role: 'user',
        parts: [
          { text: 'see' },
          { inlineData: { mimeType: 'image/webp', data: 'QUJD' } },
          { inlineData: { mimeType: 'image/gif', data: 'R0lG' } },
          { fileData: { mimeType: 'image/jpeg', fileUri: 'https://a.example/x.JPG?v=1' } },
          { fileData: { fileUri: 'https://a.example/x' } },
        ],
      },
    ])
  })

  test('an image by URL is left out with a warning where the host fetches none', () => {
    const context: Context = {
      messages: [{ role: 'user', content: [{ type: 'image', url: 'https://a.example/x.png' }] }],
    }
    const { body: sent, warnings } = encode({ context }, { imageUrls: false })
    expect(sent['contents']).toEqual([{ role: 'user', parts: [{ text: '' }] }])
    expect(warnings).toMatchObject([{ feature: 'image-url' }])
  })

  test('all results of a turn go into one user turn, before what the user said meanwhile', () => {
    expect(
      contents([
        { role: 'user', content: 'go' },
        { role: 'assistant', content: [call('c1'), call('c2', 'g')] },
        result('c1'),
        { role: 'user', content: 'hurry' },
        result('c2', 'broken', { isError: true }),
      ]),
    ).toEqual([
      { role: 'user', parts: [{ text: 'go' }] },
      {
        role: 'model',
        parts: [
          { functionCall: { id: 'c1', name: 'f', args: { x: 1 } } },
          { functionCall: { id: 'c2', name: 'g', args: { x: 1 } } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'c1', name: 'f', response: { output: 'done' } } },
          { functionResponse: { id: 'c2', name: 'g', response: { error: 'broken' } } },
        ],
      },
      { role: 'user', parts: [{ text: 'hurry' }] },
    ])
  })

  test('a call without a result gets one that says so, and a failed answer is left out with its results', () => {
    expect(
      contents([
        { role: 'assistant', content: [call('c1')], stopReason: 'error' },
        result('c1'),
        { role: 'assistant', content: [call('c2')] },
        { role: 'user', content: 'well?' },
      ]),
    ).toMatchObject([
      { role: 'model', parts: [{ functionCall: { id: 'c2' } }] },
      { role: 'user', parts: [{ functionResponse: { id: 'c2', response: { error: expect.any(String) as string } } }] },
      { role: 'user', parts: [{ text: 'well?' }] },
    ])
  })

  test('ids of other providers become ids Google takes, each once, in calls and results alike', () => {
    const long = `toolu|${'x'.repeat(80)}`
    const ids = JSON.stringify(
      contents([
        { role: 'assistant', content: [call(long), call('again')] },
        result(long),
        result('again'),
        { role: 'assistant', content: [call('again')] },
        result('again'),
      ]),
    ).matchAll(/"id":"([^"]*)"/g)
    const found = [...ids].map(([, id]) => id ?? '')
    expect(found[2]).toBe(found[0])
    expect(found[0]).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    expect([found[1], found[3]]).toEqual(['again', 'again'])
    expect(found[4]).toMatch(/^again_[0-9a-f]{8}$/)
    expect(found[5]).toBe(found[4])
  })

  test('hosts that match calls by name get no ids', () => {
    const sent = JSON.stringify(
      contents([{ role: 'assistant', content: [call('c1')] }, result('c1')], { toolCallIds: false }),
    )
    expect(sent).not.toContain('"id"')
  })

  test("a client's own response object goes back as it came, unless its text was changed", () => {
    const providerMetadata = { 'google-generative-ai': { functionResponse: { response: { temperature: 20 } } } }
    const answered = (text: string): unknown =>
      contents([{ role: 'assistant', content: [call('c1')] }, result('c1', text, { providerMetadata })])
    const response = (value: Json) => [{ role: 'model' }, { parts: [{ functionResponse: { response: value } }] }]
    expect(answered('{"temperature":20}')).toMatchObject(response({ temperature: 20 }))
    expect(answered('[redacted]')).toMatchObject(response({ output: '[redacted]' }))
  })

  test('images of a tool result are nested, or follow all results in a turn of their own', () => {
    const image = { type: 'image', data: 'QUJD', mimeType: 'image/png' } as const
    const messages: Message[] = [
      { role: 'assistant', content: [call('c1'), call('c2')] },
      { ...result('c1'), content: [image] },
      result('c2'),
    ]
    const inlineData = { mimeType: 'image/png', data: 'QUJD' }
    expect(contents(messages, { toolResultImages: 'nested' })).toMatchObject([
      { role: 'model' },
      {
        role: 'user',
        parts: [{ functionResponse: { id: 'c1', parts: [{ inlineData }] } }, { functionResponse: { id: 'c2' } }],
      },
    ])
    expect(contents(messages)).toMatchObject([
      { role: 'model' },
      { role: 'user', parts: [{ functionResponse: { id: 'c1' } }, { functionResponse: { id: 'c2' } }] },
      { role: 'user', parts: [{ text: expect.stringContaining('f') as string }, { inlineData }] },
    ])
  })

  test('half a character is never sent', async () => {
    await using upstream = await startUpstream((response) => sendSse(response, sse([last([{ text: 'ok' }])])))
    const cut = 'cut 🌍'.slice(0, -1)
    await collect(upstream.provider(), request({ context: { messages: [{ role: 'user', content: cut }] } }))
    expect(JSON.stringify(upstream.received[0]?.body)).toContain('cut \ufffd')
  })
})

describe('thoughts and signatures', () => {
  const content = [
    { type: 'thinking', thinking: 'hm', thinkingSignature: 'AAAA' },
    { type: 'text', text: '', textSignature: 'BBBB' },
    {
      type: 'text',
      text: 'a',
      textSignature: 'not base64',
      providerMetadata: { 'google-generative-ai': { partMetadata: { a: 1 } } },
    },
    call('c1', 'f', { thoughtSignature: 'CCCC' }),
  ] as const
  const functionCall = { id: 'c1', name: 'f', args: { x: 1 } }

  test('go back to the model that made them, empty signed parts too', () => {
    expect(contents([{ role: 'assistant', content, ...own }, result('c1')])).toEqual([
      {
        role: 'model',
        parts: [
          { text: 'hm', thought: true, thoughtSignature: 'AAAA' },
          { text: '', thoughtSignature: 'BBBB' },
          { text: 'a', partMetadata: { a: 1 } },
          { functionCall, thoughtSignature: 'CCCC' },
        ],
      },
      { role: 'user', parts: [{ functionResponse: { id: 'c1', name: 'f', response: { output: 'done' } } }] },
    ])
  })

  test.each([
    ['another model', { ...own, model: 'gemini-other' }],
    ['another provider', { ...own, provider: 'vertex' }],
    ['another protocol', { ...own, api: 'anthropic-messages' }],
    ['nobody knows who', {}],
  ])('are kept from a model when %s made them', (_, origin) => {
    const sent = contents([{ role: 'assistant', content, ...origin }])
    expect(sent).toEqual([
      { role: 'model', parts: [{ text: 'a' }, { functionCall }] },
      { role: 'user', parts: expect.anything() as unknown },
    ])
  })

  test('a model that insists on signatures gets the documented one for the first call another model made', () => {
    const sent = contents([{ role: 'assistant', content: [call('c1'), call('c2')] }], {
      requiresToolCallSignature: true,
    })
    expect(sent).toMatchObject([
      {
        role: 'model',
        parts: [{ thoughtSignature: 'skip_thought_signature_validator' }, { functionCall: { id: 'c2' } }],
      },
      { role: 'user' },
    ])
    expect(JSON.stringify(sent).match(/thoughtSignature/g)).toHaveLength(1)
    const signed = { role: 'assistant', content: [call('c1', 'f', { thoughtSignature: 'CCCC' })], ...own } as const
    expect(contents([signed], { requiresToolCallSignature: true })).toMatchObject([
      { role: 'model', parts: [{ thoughtSignature: 'CCCC' }] },
      { role: 'user' },
    ])
  })
})
