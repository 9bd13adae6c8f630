import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startOpenAIUpstream, type OpenAIUpstream } from '../support/openai-upstream.ts'
import { openaiAt, startGateway, type RunningGateway } from '../support/running-gateway.ts'
import { until } from '../support/until.ts'

let upstream: OpenAIUpstream
let gateway: RunningGateway
let client: OpenAI

beforeAll(async () => {
  upstream = await startOpenAIUpstream()
  gateway = await startGateway(openaiAt(upstream))
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 })
})

afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await upstream.close()
})

const messages = [{ role: 'user' as const, content: 'Hi' }]
const body = { model: 'openai:gpt-4o', messages, stream: true }

describe('an answer that is cut never looks complete', () => {
  test.each([
    ['the socket is destroyed', { kind: 'cut', after: 3 }],
    ['the response ends without a finish reason', { kind: 'end', after: 3 }],
    ['an error object comes inside the stream', { kind: 'error', after: 3 }],
    ['an event is not JSON', { kind: 'malformed', after: 3 }],
  ] as const)('%s', async (_name, fault) => {
    upstream.script({ deltas: 8, fault })
    const response = await gateway.post('/v1/chat/completions', body)
    const text = await response.text()
    expect(text).not.toContain('[DONE]')
    expect(text).not.toContain('"finish_reason":"stop"')
    const last = text.trim().split('\n\n').at(-1) ?? ''
    expect(JSON.parse(last.slice('data: '.length))).toMatchObject({
      error: { type: 'provider_error', provider: 'openai', request_id: response.headers.get('x-request-id') },
    })
    expect(gateway.plugboard.ledger.entries({ id: response.headers.get('x-request-id') ?? '' })).toMatchObject([
      { outcome: 'failed', usage: { estimated: true } },
    ])
  })

  test('the official client throws', async () => {
    upstream.script({ deltas: 8, fault: { kind: 'cut', after: 3 } })
    const stream = await client.chat.completions.create({ model: 'openai:gpt-4o', messages, stream: true })
    const read = async (): Promise<void> => {
      for await (const _ of stream);
    }
    await expect(read()).rejects.toThrow()
  })

  test('an answer in one piece that is cut is an error', async () => {
    upstream.script({ fault: { kind: 'cut', after: 1 } })
    const response = await gateway.post('/v1/chat/completions', { ...body, stream: false })
    expect(response.status).toBe(502)
    expect(await response.json()).toMatchObject({ error: { type: 'provider_error', code: 'provider_unreachable' } })
  })
})

describe('what fails before the first byte has its own status', () => {
  test.each([
    [401, 502, 'invalid_credentials'],
    [404, 404, 'model_not_found'],
    [429, 429, 'rate_limit_exceeded'],
    [500, 502, 'provider_failed'],
    [503, 503, 'provider_overloaded'],
  ])('%i from the provider is %i here', async (status, here, code) => {
    upstream.script({ status, headers: { 'retry-after': '7' } })
    for (const stream of [true, false]) {
      const response = await gateway.post('/v1/chat/completions', { ...body, stream })
      expect(response.status).toBe(here)
      expect(await response.json()).toMatchObject({ error: { code, provider: 'openai' } })
      if (status === 429) expect(response.headers.get('retry-after')).toBe('7')
    }
  })

  test('a provider that cannot be reached', async () => {
    const nowhere = await startOpenAIUpstream()
    await nowhere.close()
    await using alone = await startGateway(openaiAt(nowhere))
    const response = await alone.post('/v1/chat/completions', body)
    expect(response.status).toBe(502)
    expect(await response.json()).toMatchObject({
      error: { code: 'provider_unreachable', message: expect.stringContaining('ECONNREFUSED') as string },
    })
  })

  test('a provider without a key names the variable to set, and nothing is sent', async () => {
    await using keyless = await startGateway({ settings: { openai: { baseUrl: upstream.url } } })
    const before = upstream.requests.length
    const response = await keyless.post('/v1/chat/completions', body)
    expect(await response.json()).toMatchObject({
      error: { code: 'invalid_credentials', message: expect.stringContaining('OPENAI_API_KEY') as string },
    })
    expect(upstream.requests.length).toBe(before)
  })

  test("the provider's key is in no answer, also when the provider echoes it", async () => {
    upstream.script({
      status: 401,
      body: {
        error: {
          message: 'Incorrect API key provided: sk-test-0123456789abcdef',
          type: 'invalid_request_error',
          code: 'invalid_api_key',
          param: null,
        },
      },
    })
    const text = await (await gateway.post('/v1/chat/completions', body)).text()
    expect(text).not.toContain('0123456789')
  })
})

describe('a client that leaves', () => {
  test.each([true, false])('closes the provider socket within 100 ms and is settled (stream: %s)', async (stream) => {
    upstream.script({ deltas: 20, firstByteDelayMs: stream ? 0 : 60_000, fault: { kind: 'stall', after: 5 } })
    const index = upstream.chats.length
    const leave = new AbortController()
    const asking = fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, stream }),
      signal: leave.signal,
    })
    const chat = await upstream.chat(index)
    if (stream) {
      const reader = ((await asking).body as ReadableStream<Uint8Array>).getReader()
      let seen = ''
      while (seen.split('"content":"').length < 6) seen += new TextDecoder().decode((await reader.read()).value)
    }
    const left = performance.now()
    leave.abort()
    await asking.catch(() => undefined)
    expect(await chat.over).toBe('left')
    expect((chat.leftAt ?? Infinity) - left).toBeLessThan(100)
    await until(() => gateway.plugboard.engine.running === 0)
    const [entry] = gateway.plugboard.ledger.entries({ limit: 1 })
    expect(entry).toMatchObject({ outcome: 'cancelled', usage: { estimated: stream } })
    if (stream) expect(entry?.usage.output).toBeGreaterThan(0)
    else expect(entry?.cost.total).toBe(0)
  })
})

test('a slow reader slows the provider down instead of filling memory', async () => {
  const piece = 'x'.repeat(16 * 1024)
  upstream.script({ deltas: Array.from({ length: 4_000 }, () => piece) })
  const index = upstream.chats.length
  const response = await gateway.post('/v1/chat/completions', body)
  const chat = await upstream.chat(index)
  let before = -1
  // The upstream has come to rest when two looks in a row see the same count.
  await until(
    async () => {
      const same = before === chat.answer.deltasSent
      before = chat.answer.deltasSent
      return same && before > 0
    },
    { everyMs: 300, deadlineMs: 20_000 },
  )
  expect(chat.answer.deltasSent).toBeLessThan(3_000)
  await response.body?.cancel()
  expect(await chat.over).toBe('left')
})
