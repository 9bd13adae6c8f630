import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../plugin-sdk/index.ts'
import { call, collect, modelOf, providerAt, requestOf } from './support/call.ts'
import { sendEvents, sendJson, sse, startHost, type Respond } from './support/host.ts'

const delta = (content: string): object => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })
const end = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
const good = sendEvents(sse(delta('x'), end, '[DONE]'))

/** Sends one delta and then nothing more; resolves when the other side has gone. */
function stuck(): { readonly respond: Respond; readonly gone: Promise<unknown> } {
  const gone = Promise.withResolvers()
  return {
    gone: gone.promise,
    respond(response: ServerResponse) {
      response.once('close', gone.resolve)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sse(delta('x')))
    },
  }
}

describe('the request', () => {
  it('goes to /chat/completions with the key in the authorization header', async () => {
    const { sent } = await call(good, { model: modelOf({ id: 'm' }) }, { auth: { type: 'bearer' }, key: 'sk-secret' })
    expect(sent).toMatchObject({ method: 'POST', url: '/chat/completions', body: { model: 'm', stream: true } })
    expect(sent?.headers).toMatchObject({ authorization: 'Bearer sk-secret', 'content-type': 'application/json' })
  })

  it('uses the bearer form when the manifest names none, and a header of its own when it does', async () => {
    const { sent } = await call(good, {}, { auth: { type: 'header', header: 'API-Key' }, key: 'k' })
    expect(sent?.headers).toMatchObject({ 'api-key': 'k' })
    expect(sent?.headers.authorization).toBeUndefined()
  })

  it('never lets a caller header replace the key', async () => {
    const options = { headers: { Authorization: 'Bearer stolen', 'X-Trace': '1' } }
    const { sent } = await call(good, { options }, { auth: { type: 'bearer' }, key: 'sk-mine' })
    expect(sent?.headers).toMatchObject({ authorization: 'Bearer sk-mine', 'x-trace': '1' })
  })

  it('is not sent without the key that the host needs; the hint names the variable', async () => {
    const told = await call(good, {}, { id: 'acme', auth: { type: 'bearer', env: 'ACME_API_KEY' } })
    expect(told.sent).toBeUndefined()
    expect(told.error).toMatchObject({ class: 'auth', provider: 'acme', retryable: false })
    expect(told.hint).toContain('ACME_API_KEY')
  })

  it('is sent without a key where the key is optional', async () => {
    const told = await call(good, {}, { auth: { type: 'bearer', optional: true } })
    expect(told.error).toBeUndefined()
    expect(told.sent?.headers.authorization).toBeUndefined()
  })

  it('is not sent before the first read', async () => {
    await using host = await startHost(good)
    await using provider = providerAt(host.url)
    const stream = provider.stream(requestOf(), new AbortController().signal)
    await (await import('node:timers/promises')).setImmediate()
    expect(host.received).toHaveLength(0)
    await collect(stream)
    expect(host.received).toHaveLength(1)
  })
})

describe('a failed request', () => {
  it('is sorted by its body, with what the provider said about waiting', async () => {
    const body = {
      error: { message: 'Rate limit reached. Please try again in 20s.', type: 'tokens', code: 'rate_limit_exceeded' },
    }
    const told = await call(sendJson(body, 429, { 'x-request-id': 'req_1', 'retry-after-ms': '1500' }))
    expect(told.error).toMatchObject({
      class: 'rate_limit',
      status: 429,
      retryable: true,
      retryAfterMs: 20_000,
      requestId: 'req_1',
      providerCode: 'rate_limit_exceeded',
      provider: 'test',
      model: 'test-model',
    })
  })

  it("follows the manifest's own rules first", async () => {
    const errors = [{ status: 400, match: 'NO CREDITS', class: 'quota', retryable: false }] as const
    expect((await call(sendJson({ error: 'no credits left' }, 400), {}, { errors })).error?.class).toBe('quota')
  })

  it('never shows the key that the provider echoes', async () => {
    const key = 'sk-live-0123456789abcdefghij'
    const told = await call(
      sendJson({ error: { message: `Incorrect API key provided: ${key}`, code: 'invalid_api_key' } }, 401),
      {},
      { auth: { type: 'bearer' }, key },
    )
    expect(told.error?.class).toBe('auth')
    expect(JSON.stringify(told.error)).not.toContain(key)
    expect(told.error?.message).toContain('sk-...ghij')
  })

  it('with a body that breaks off is still sorted by its status', async () => {
    const told = await call((response) => {
      response.writeHead(503, { 'content-length': '1000' })
      response.write('{"error"')
      setImmediate(() => response.destroy())
    })
    expect(told.error).toMatchObject({ class: 'overloaded', status: 503 })
  })

  it('that answers with a web page says so, also with status 200', async () => {
    const page: Respond = (response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<html><head><title>Welcome</title></head></html>')
    }
    const told = await call(page)
    expect(told.error).toMatchObject({ class: 'server', retryable: false, status: 200 })
    expect(told.error?.message).toContain('a web page')
    expect(told.hint).toContain('base URL')
  })
})

describe('a stream that goes wrong', () => {
  it('is a failure when the connection breaks; what had come is told', async () => {
    const told = await call(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      await new Promise((resolve) => response.write(sse(delta('x')), resolve))
      response.destroy()
    })
    expect(told.error).toMatchObject({ class: 'network', retryable: true })
    expect(told.finish).toBeUndefined()
  })

  it('is truncated, not garbled, when the last event breaks off', async () => {
    const told = await call(sendEvents(sse(delta('x')), 'data: {"choices":[{"delta":{"conte'))
    expect(told.error).toMatchObject({ class: 'network', providerCode: 'truncated' })
  })

  it('is complete when only the last line break is missing', async () => {
    const told = await call(sendEvents(sse(delta('x'), end).trimEnd()))
    expect(told.finish?.reason).toBe('stop')
  })

  it('is garbled when an event is not JSON', async () => {
    const told = await call(sendEvents(sse(delta('x'), 'oops', end, '[DONE]')))
    expect(told.error).toMatchObject({ class: 'server' })
    expect(told.error?.message).toContain('cannot be read: oops')
  })

  it('is read although the host does not say that it streams', async () => {
    const told = await call((response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.end(sse(delta('x'), end, '[DONE]'))
    })
    expect(told.text).toBe('x')
  })
})

describe('leaving', () => {
  it('an aborted signal closes the connection at once and is reported as such', async () => {
    const { respond, gone } = stuck()
    await using host = await startHost(respond)
    await using provider = providerAt(host.url)
    const abort = new AbortController()
    const stream = provider.stream(requestOf(), abort.signal)[Symbol.asyncIterator]()
    await stream.next()
    const next = stream.next()
    abort.abort()
    await expect(next).rejects.toMatchObject({ info: { class: 'aborted' } })
    await gone
  })

  it('a signal aborted before the first read sends nothing', async () => {
    await using host = await startHost(good)
    await using provider = providerAt(host.url)
    const told = await collect(provider.stream(requestOf(), AbortSignal.abort()))
    expect(told.error?.class).toBe('aborted')
    expect(host.received).toHaveLength(0)
  })

  it('returning while a read is waiting closes the connection and ends the read', async () => {
    const { respond, gone } = stuck()
    await using host = await startHost(respond)
    await using provider = providerAt(host.url)
    const stream = provider.stream(requestOf(), new AbortController().signal)[Symbol.asyncIterator]()
    await stream.next()
    const next = stream.next()
    await stream.return?.()
    expect(await next).toEqual({ done: true, value: undefined })
    await gone
  })

  it('returning before the answer has begun closes the connection', async () => {
    const arrived = Promise.withResolvers<ServerResponse>()
    await using host = await startHost((response) => arrived.resolve(response))
    await using provider = providerAt(host.url)
    const stream = provider.stream(requestOf(), new AbortController().signal)[Symbol.asyncIterator]()
    const next = stream.next()
    const gone = once(await arrived.promise, 'close')
    await stream.return?.()
    expect(await next).toEqual({ done: true, value: undefined })
    await gone
  })

  it('a failure in the middle closes the connection', async () => {
    const gone = Promise.withResolvers()
    await using host = await startHost((response) => {
      response.once('close', gone.resolve)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sse(delta('x'), { error: { message: 'no' } }))
    })
    await using provider = providerAt(host.url)
    const told = await collect(provider.stream(requestOf(), new AbortController().signal))
    expect(told.error?.class).toBe('server')
    await gone.promise
  })

  it('a complete answer leaves its connection the time to end, so that it can be used again', async () => {
    const responses: ServerResponse[] = []
    await using host = await startHost((response) => {
      responses.push(response)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sse(delta('x'), end, '[DONE]'))
      if (responses.length > 1) response.end()
    })
    await using provider = providerAt(host.url)
    const stream = provider.stream(requestOf(), new AbortController().signal)[Symbol.asyncIterator]()
    expect(((await stream.next()).value as Batch).at(-1)?.type).toBe('finish')
    await stream.return?.()
    await collect(provider.stream(requestOf(), new AbortController().signal))
    expect(responses).toHaveLength(2)
    expect(responses[0]?.destroyed).toBe(false)
  })

  it('a host that keeps the connection open after [DONE] does not keep the caller', async () => {
    const gone = Promise.withResolvers()
    await using host = await startHost((response) => {
      response.once('close', gone.resolve)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sse(delta('x'), end, '[DONE]'))
    })
    await using provider = providerAt(host.url)
    const told = await collect(provider.stream(requestOf(), new AbortController().signal))
    expect(told.finish?.reason).toBe('stop')
    await gone.promise
  })
})
