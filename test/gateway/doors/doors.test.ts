import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { Logger } from 'plugboard'
import { afterAll, describe, expect, test } from 'vitest'
import { doorClients } from '../../support/door-clients.ts'
import { PROTOCOLS, providerOf, startDoors, type ProtocolName } from '../../support/protocol-upstream.ts'
import { until } from '../../support/until.ts'

type Json = Record<string, unknown>

const logged: string[] = []
const write = (message: string, details: object = {}): void => {
  logged.push(message + JSON.stringify(details, (_, value: unknown) => (value instanceof Error ? value.stack : value)))
}
const log: Logger = { debug: write, info: write, warn: write, error: write, child: () => log }
const { upstreams, gateway, stop } = await startDoors({ services: (scope) => void scope.value(Logger, log) })

afterAll(stop)

/** A request as it stands on the wire. */
const wire: Readonly<Record<ProtocolName, (model: string, text: string, stream?: boolean) => readonly [string, Json]>> =
  {
    'openai-chat': (model, content, stream) => [
      '/v1/chat/completions',
      { model, stream: stream === true, messages: [{ role: 'user', content }] },
    ],
    'openai-responses': (model, input, stream) => ['/v1/responses', { model, input, stream: stream === true }],
    'anthropic-messages': (model, content, stream) => [
      '/v1/messages',
      { model, max_tokens: 500, stream: stream === true, messages: [{ role: 'user', content }] },
    ],
    'google-generative-ai': (model, text, stream) => [
      `/v1beta/models/${model}:${stream === true ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
      { contents: [{ role: 'user', parts: [{ text }] }] },
    ],
  }

/** What tells a client that a stream is complete. */
const COMPLETE: Readonly<Record<ProtocolName, RegExp>> = {
  'openai-chat': /\[DONE\]|"finish_reason":"/,
  'openai-responses': /response\.completed|response\.incomplete/,
  'anthropic-messages': /message_stop|message_delta/,
  'google-generative-ai': /finishReason/,
}

const ID: Readonly<Record<ProtocolName, RegExp>> = {
  'openai-chat': /^chatcmpl-req_\w+$/,
  'openai-responses': /^resp_req_\w+$/,
  'anthropic-messages': /^msg_req_\w+$/,
  'google-generative-ai': /^req_\w+$/,
}

/** Our code, provider and request id in the error of a protocol. */
function errorIn(door: ProtocolName, body: Json) {
  const error = body['error'] as Json
  if (door === 'anthropic-messages')
    return { type: error['type'], code: error['code'], provider: error['provider'], requestId: body['request_id'] }
  if (door !== 'google-generative-ai')
    return { type: error['type'], code: error['code'], provider: error['provider'], requestId: error['request_id'] }
  const details = error['details'] as Json[]
  const info = details.find((each) => String(each['@type']).endsWith('ErrorInfo'))
  const request = details.find((each) => String(each['@type']).endsWith('RequestInfo'))
  return {
    type: error['status'],
    code: String(info?.['reason']).toLowerCase(),
    provider: (info?.['metadata'] as Json | undefined)?.['provider'] ?? null,
    requestId: request?.['requestId'],
  }
}

const UNAUTHENTICATED = { 'google-generative-ai': 'UNAUTHENTICATED' } as Partial<Record<ProtocolName, string>>

describe.each(PROTOCOLS)('the door of %s', (door) => {
  const ask = (model: string, text: string, stream?: boolean) => gateway.post(...wire[door](model, text, stream))

  test.each([false, true])('speaks to its official client for the sandbox (stream: %s)', async (stream) => {
    const client = doorClients[door](gateway)
    const said = await client.ask({ model: 'sandbox:demo', text: 'Hello there' }, stream)
    expect(said).toMatchObject({ text: 'You said: Hello there', usage: { input: expect.any(Number) as number } })
    expect(said.usage.output).toBeGreaterThan(0)
    const called = await client.ask(
      {
        model: 'sandbox:thinker',
        text: '/tool weather {"city":"Bern"}\n/tool weather {"city":"Rome"}',
        tool: 'weather',
      },
      stream,
    )
    expect(called.thinking).toContain('Somebody wants an answer.')
    expect(called.calls).toEqual([
      { name: 'weather', arguments: { city: 'Bern' } },
      { name: 'weather', arguments: { city: 'Rome' } },
    ])
  })

  test('answers with an id of its kind, what it cost, who answered and how long it took, whole and streamed', async () => {
    const body = (await (await ask('sandbox:demo', 'Hi')).json()) as Json
    expect(String(body['id'] ?? body['responseId'])).toMatch(ID[door])
    expect(body).toMatchObject({
      provider: 'sandbox',
      cost: { currency: 'USD', total_cost: expect.any(Number) as number },
    })
    expect(body).toHaveProperty('latency.total_time_ms')
    const text = await (await ask('sandbox:demo', 'Hi', true)).text()
    expect(text).toMatch(COMPLETE[door])
    expect(text).toMatch(/"provider":"sandbox","cost":\{[^}]*"total_cost":/)
  })

  test('takes our own fields: what the answer may cost, and what is not wanted of it', async () => {
    const [url, body] = wire[door]('sandbox:demo', 'Hi')
    const told = (await (await gateway.post(url, { ...body, response: { include_cost: false } })).json()) as Json
    expect(told).toHaveProperty('latency')
    expect(told).not.toHaveProperty('cost')
    const refused = await gateway.post(url, { ...body, budget: { max_cost: 0.000001 } })
    expect(refused.status).toBe(400)
    expect(errorIn(door, (await refused.json()) as Json)).toMatchObject({ code: 'cost_limit_exceeded' })
    const wrong = await gateway.post(url, { ...body, response: 'all' })
    expect(errorIn(door, (await wrong.json()) as Json)).toMatchObject({ code: 'invalid_request' })
    expect(gateway.plugboard.engine.running).toBe(0)
  })

  test.each(['sandbox:demo', 'sandbox/demo', 'sandbox%3Ademo'])('finds a model by the name %s', async (name) => {
    const model = door === 'google-generative-ai' ? name : decodeURIComponent(name)
    expect((await ask(model, 'Hi')).status).toBe(200)
    const [url, body] = wire[door](model, 'Hi')
    expect((await gateway.post(`/api${url}`, body)).status).toBe(200)
  })

  test('takes a key as any of the clients shows it, and refuses in its own words without one', async () => {
    const [url, body] = wire[door]('sandbox:demo', 'Hi')
    const send = (headers: Record<string, string>, query = '') =>
      fetch(`${gateway.url}${url}${query}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
    const { key } = gateway
    for (const headers of [
      { authorization: `Bearer ${key}` },
      { 'x-api-key': key },
      { 'x-goog-api-key': key },
    ] as Record<string, string>[])
      expect((await send(headers)).status).toBe(200)
    // A URL ends up in logs of others, so only the protocol whose clients do that may show its key there.
    expect((await send({}, `?key=${key}`)).status).toBe(door === 'google-generative-ai' ? 200 : 401)
    for (const [headers, code] of [
      [{}, 'missing_api_key'],
      [{ 'x-api-key': 'sk-wrong' }, 'invalid_api_key'],
    ] as const) {
      const response = await send(headers)
      expect(response.status).toBe(401)
      expect(errorIn(door, (await response.json()) as Json)).toEqual({
        type: UNAUTHENTICATED[door] ?? 'authentication_error',
        code,
        provider: null,
        requestId: response.headers.get('x-request-id'),
      })
    }
  })

  test('tells every error in its own words, with our code and the request id', async () => {
    const [url, body] = wire[door]('sandbox:demo', 'Hi')
    const [unknown] = wire[door]('sandbox:dmo', 'Hi')
    const nowhere = { ...body, model: 'sandbox:dmo' }
    const path = url.split('?', 1)[0] ?? ''
    const cases: readonly (readonly [Response, number, string])[] = [
      [await gateway.post(url, '{"model": '), 400, 'invalid_json'],
      [await gateway.post(url, ''), 400, 'invalid_json'],
      [await gateway.post(url, {}), 400, 'invalid_request'],
      [await gateway.post(url, 'x', { 'content-type': 'text/plain' }), 415, 'unsupported_content_type'],
      [
        await gateway.post(url, JSON.stringify({ ...body, pad: 'x'.repeat(33 * 1024 * 1024) })),
        413,
        'request_too_large',
      ],
      [await gateway.post(unknown, nowhere), 404, 'model_not_found'],
      ...(door === 'openai-chat' ? [] : [[await gateway.post(`${path}/nothing`, body), 404, 'unknown_url'] as const]),
    ]
    for (const [response, status, code] of cases) {
      expect([response.status, code]).toEqual([status, code])
      expect(errorIn(door, (await response.json()) as Json)).toMatchObject({
        code,
        provider: null,
        requestId: response.headers.get('x-request-id'),
      })
    }
  })

  test.each(PROTOCOLS)(
    "tells a failure of a provider of %s with its name, and never with the provider's key",
    async (provider) => {
      for (const [kind, status, code] of [
        ['auth', 502, 'invalid_credentials'],
        ['rate-limit', 429, 'rate_limit_exceeded'],
        ['overflow', 400, 'context_length_exceeded'],
        ['server', 502, 'provider_failed'],
      ] as const) {
        upstreams.fail(provider, kind)
        for (const stream of [false, true]) {
          const response = await ask(`${providerOf(provider)}:vendor/large:1`, 'Hi', stream)
          expect([kind, response.status]).toEqual([kind, status])
          expect(response.headers.get('retry-after')).toBe(kind === 'rate-limit' ? '7' : null)
          expect(errorIn(door, (await response.json()) as Json)).toMatchObject({ code, provider: providerOf(provider) })
        }
      }
    },
  )

  test.each(PROTOCOLS)('never makes a cut stream of a provider of %s look complete', async (provider) => {
    upstreams.say(provider, { text: Array<string>(12).fill('word '), reason: 'stop' }, { cut: true })
    const text = await (await ask(`${providerOf(provider)}:vendor/large:1`, 'Hi', true)).text()
    expect(text).toContain('word ')
    expect(text).not.toMatch(COMPLETE[door])
    expect(text).toMatch(/"error"/)
  })

  test.each([false, true])('stops the provider when its client leaves (stream: %s)', async (stream) => {
    const provider = door === 'openai-chat' ? 'anthropic-messages' : 'openai-chat'
    upstreams.say(provider, { text: ['One ', 'two ', 'three'], reason: 'stop' }, { hold: true })
    const leave = new AbortController()
    const [url, body] = wire[door](`${providerOf(provider)}:vendor/large:1`, 'Hi', stream)
    const asking = fetch(`${gateway.url}${url}`, {
      method: 'POST',
      headers: { 'x-api-key': gateway.key, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: leave.signal,
    })
    await until(() => upstreams.asked(provider).length === 1)
    const [exchange] = upstreams.asked(provider)
    await exchange?.sent
    if (stream) await asking
    leave.abort()
    await asking.then((response) => response.text()).catch(() => undefined)
    await exchange?.over
    await until(() => gateway.plugboard.engine.running === 0)
    expect(gateway.plugboard.ledger.entries({ limit: 1 })).toMatchObject([{ outcome: 'cancelled' }])
  })
})

describe('the official clients throw the errors their users catch', () => {
  test('openai', async () => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 })
    await expect(client.responses.create({ model: 'nothing-like-it', input: 'Hi' })).rejects.toBeInstanceOf(
      OpenAI.NotFoundError,
    )
    await expect(client.responses.create({ model: 'sandbox:demo', input: 7 as never })).rejects.toBeInstanceOf(
      OpenAI.BadRequestError,
    )
    const stranger = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'sk-wrong', maxRetries: 0 })
    await expect(stranger.responses.create({ model: 'sandbox:demo', input: 'Hi' })).rejects.toBeInstanceOf(
      OpenAI.AuthenticationError,
    )
  })

  test('anthropic', async () => {
    const client = new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 })
    const ask = { model: 'sandbox:demo', max_tokens: 10, messages: [{ role: 'user' as const, content: 'Hi' }] }
    await expect(client.messages.create({ ...ask, model: 'claude-99' })).rejects.toBeInstanceOf(Anthropic.NotFoundError)
    await expect(client.messages.create({ ...ask, messages: [] })).rejects.toBeInstanceOf(Anthropic.BadRequestError)
    const stranger = new Anthropic({ baseURL: gateway.url, apiKey: 'sk-wrong', maxRetries: 0 })
    await expect(stranger.messages.create(ask)).rejects.toBeInstanceOf(Anthropic.AuthenticationError)
  })

  test('google', async () => {
    const ask = { model: 'sandbox:demo', contents: 'Hi' }
    const at = (apiKey: string) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: gateway.url } }).models
    await expect(at(gateway.key).generateContent({ ...ask, model: 'sandbox:dmo' })).rejects.toMatchObject({
      status: 404,
    })
    await expect(
      at(gateway.key).generateContent({ ...ask, contents: [{ role: 'robot', parts: [{ text: 'Hi' }] }] }),
    ).rejects.toMatchObject({ status: 400 })
    await expect(at('wrong').generateContentStream(ask)).rejects.toMatchObject({ status: 401 })
  })
})

describe('tokens are counted before a call, and the count says that it is an estimate', () => {
  test("by Anthropic's client", async () => {
    const client = new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 })
    const count = (content: string) =>
      client.messages.countTokens({ model: 'sandbox:demo', messages: [{ role: 'user', content }] })
    const short = await count('Hi')
    expect(short).toMatchObject({ input_tokens: expect.any(Number) as number, estimated: true })
    expect((await count('A longer text. '.repeat(50))).input_tokens).toBeGreaterThan(short.input_tokens + 100)
    await expect(
      client.messages.countTokens({ model: 'claude-99', messages: [{ role: 'user', content: 'Hi' }] }),
    ).rejects.toBeInstanceOf(Anthropic.NotFoundError)
  })

  test("by Google's client, also of a whole request", async () => {
    const { models } = new GoogleGenAI({ apiKey: gateway.key, httpOptions: { baseUrl: gateway.url } })
    const { totalTokens = 0 } = await models.countTokens({ model: 'sandbox:demo', contents: 'Hello there' })
    expect(totalTokens).toBeGreaterThan(5)
    const contents = [{ role: 'user', parts: [{ text: 'Hello there' }] }]
    const response = await gateway.post('/v1beta/models/sandbox:demo:countTokens', {
      generateContentRequest: {
        model: 'models/sandbox:demo',
        contents,
        tools: [{ functionDeclarations: [{ name: 'look' }] }],
      },
    })
    const whole = (await response.json()) as { totalTokens: number }
    expect(whole).toMatchObject({ estimated: true })
    expect(whole.totalTokens).toBeGreaterThan(totalTokens)
  })
})

describe("Google's protocol", () => {
  test('lists the models in its own form, to its own clients at either address', async () => {
    const { models } = new GoogleGenAI({ apiKey: gateway.key, httpOptions: { baseUrl: gateway.url } })
    const names: (string | undefined)[] = []
    for await (const { name } of await models.list()) names.push(name)
    expect(names).toContain('models/sandbox:demo')
    expect(names).toContain('models/openai-chat-host:vendor/large:1')
    expect(await models.get({ model: 'sandbox:demo' })).toMatchObject({
      name: 'models/sandbox:demo',
      inputTokenLimit: 128_000,
    })
    expect(await (await gateway.get('/v1beta/models')).json()).toHaveProperty('models')
    expect(await (await gateway.get('/v1/models')).json()).toHaveProperty('data')
  })

  test('streams as one JSON list to who does not ask for events, and a cut one ends with the error', async () => {
    const [, body] = wire['google-generative-ai']('', 'Hello there')
    const response = await gateway.post('/v1beta/models/sandbox:demo:streamGenerateContent', body)
    expect(response.headers.get('content-type')).toContain('application/json')
    const chunks = (await response.json()) as { candidates: { content: { parts: { text: string }[] } }[] }[]
    expect(chunks.length).toBeGreaterThan(2)
    expect(chunks.map(({ candidates }) => candidates[0]?.content.parts[0]?.text).join('')).toBe('You said: Hello there')
    expect(chunks.at(-1)).toMatchObject({ candidates: [{ finishReason: 'STOP' }], provider: 'sandbox' })

    for (const provider of PROTOCOLS) {
      upstreams.say(provider, { text: Array<string>(12).fill('word '), reason: 'stop' }, { cut: true })
      const cut = await gateway.post(
        `/v1beta/models/${providerOf(provider)}:vendor/large:1:streamGenerateContent`,
        body,
      )
      const told = (await cut.json()) as Json[]
      expect(told.at(-1)).toHaveProperty('error.code')
      expect(JSON.stringify(told)).not.toContain('finishReason')
    }
  })

  test('a key in a URL is in no answer and in no log, whatever goes wrong', async () => {
    const { key } = gateway
    for (const url of [
      `/v1beta/models/sandbox:demo:nothing?key=${key}`,
      `/v1beta/nothing?key=${key}`,
      `/v1beta/%E0%A4%A?key=${key}`,
      `/v1beta/models/${'x'.repeat(600)}:generateContent?key=${key}`,
      `/v1/chat/completions?key=${key}`,
      `/v1beta/models/openai:gpt-4o:generateContent?key=${key}`,
    ]) {
      const response = await fetch(`${gateway.url}${url}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(wire['google-generative-ai']('', 'Hi')[1]),
      })
      const text = await response.text()
      expect([url, response.status >= 400, text.includes('"error":{')]).toEqual([url, true, true])
      expect(text).not.toContain(key)
    }
    expect(logged.length).toBeGreaterThan(0)
    expect(logged.join('\n')).not.toContain(key)
  })
})
