import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { isProviderError } from '../../../plugin-sdk/errors.ts'
import type { Batch } from '../../../plugin-sdk/events.ts'
import type { ProviderDeclaration } from '../../../plugin-sdk/provider.ts'
import { present, recordings } from './recordings.ts'
import {
  KEY,
  ask,
  ended,
  model,
  request,
  sendJson,
  sendSse,
  sse,
  startUpstream,
  started,
  textBlock,
  type Json,
} from './support.ts'

const API_KEY = { type: 'header', header: 'x-api-key', env: 'ANTHROPIC_API_KEY' } as const

const HELLO = sse([started(), ...textBlock(0, 'Hello'), ...ended()])

describe('a request to the provider', () => {
  test('is sent to /messages with key, version and body, and streams', async () => {
    await using upstream = await startUpstream((response) => sendSse(response, HELLO))
    const { content, error } = await ask(upstream.provider())
    expect({ content, error }).toEqual({ content: [{ type: 'text', text: 'Hello' }], error: undefined })
    expect(upstream.received).toMatchObject([
      {
        method: 'POST',
        url: '/v1/messages',
        headers: {
          'x-api-key': KEY,
          'anthropic-version': '2023-06-01',
          'content-type': 'application/json',
          accept: 'text/event-stream',
        },
        body: { model: 'claude-test', stream: true, messages: [{ role: 'user', content: 'hi' }] },
      },
    ])
    expect(upstream.received[0]?.headers).not.toHaveProperty('anthropic-beta')
  })

  test('asks for one object when nobody waits for a stream, and gives it in one batch', async () => {
    const answer = { id: 'm', type: 'message', content: [{ type: 'text', text: 'Hello' }], stop_reason: 'end_turn' }
    await using upstream = await startUpstream((response) => sendJson(response, answer))
    const { batches, content } = await ask(upstream.provider(), request({ stream: false }))
    expect(content).toEqual([{ type: 'text', text: 'Hello' }])
    expect(batches.map(({ wire }) => wire?.tail)).toEqual([[answer]])
    expect(upstream.received[0]).toMatchObject({ headers: { accept: 'application/json' } })
    expect(upstream.received[0]?.body).not.toHaveProperty('stream')
  })

  test('takes a host at its word when it streams unasked, or does not stream when asked', async () => {
    await using streaming = await startUpstream((response) => sendSse(response, HELLO))
    expect((await ask(streaming.provider(), request({ stream: false }))).content).toHaveLength(1)
    const answer = { id: 'm', type: 'message', content: [{ type: 'text', text: 'Hello' }], stop_reason: 'end_turn' }
    await using plain = await startUpstream((response) => sendJson(response, answer))
    expect((await ask(plain.provider())).content).toHaveLength(1)
  })

  test.each([
    [{ type: 'bearer' }, 'authorization', `Bearer ${KEY}`],
    [{ type: 'header', header: 'X-Key' }, 'x-key', KEY],
    [{ type: 'none' }, 'x-api-key', undefined],
  ] as const)('shows its key as the manifest says: %j', async (auth, header, value) => {
    await using upstream = await startUpstream((response) => sendSse(response, HELLO))
    await ask(upstream.provider({ auth }))
    expect(upstream.received[0]?.headers[header]).toBe(value)
  })

  test('is not sent without a key, unless none is needed or the caller brings one', async () => {
    await using upstream = await startUpstream((response) => sendSse(response, HELLO))
    const { error } = await ask(upstream.provider({ name: 'Anthropic', auth: API_KEY }, {}, null))
    expect(isProviderError(error) && error.info).toMatchObject({ class: 'auth', providerCode: 'key_missing' })
    expect(isProviderError(error) && error.hint).toContain('ANTHROPIC_API_KEY')
    expect(upstream.received).toEqual([])
    await ask(upstream.provider({ auth: { ...API_KEY, optional: true } }, {}, null))
    await ask(upstream.provider({}, {}, null), request({ options: { headers: { 'X-Api-Key': 'mine' } } }))
    expect(upstream.received.map(({ headers }) => headers['x-api-key'])).toEqual([undefined, 'mine'])
  })

  test('does not hold a model that the manifest does not list to what nobody said about it', async () => {
    await using upstream = await startUpstream((response) => sendSse(response, HELLO))
    const image = { type: 'image', data: 'AAAA', mimeType: 'image/png' } as const
    const asked = request({
      model: model({ id: 'plain', input: ['text'], reasoning: false }),
      context: { messages: [{ role: 'user', content: [image] }] },
      options: { reasoning: 'low' },
    })
    const unlisted = await ask(upstream.provider(), asked)
    const listed = await ask(upstream.provider({ models: [{ id: 'plain' }] }), asked)
    expect([unlisted.start?.warnings ?? [], listed.start?.warnings].map((warnings) => warnings?.length)).toEqual([0, 2])
    expect(upstream.received[0]?.body).toMatchObject({
      thinking: { type: 'enabled' },
      messages: [{ content: [{ type: 'image' }] }],
    })
  })

  test('joins the betas of manifest, model, headers and caller, each once', async () => {
    await using upstream = await startUpstream((response) => sendSse(response, HELLO))
    const provider = upstream.provider({ compat: { betas: ['a', 'b'] } }, { 'Anthropic-Beta': 'b, c', 'X-Team': 't' })
    const options = { headers: { 'anthropic-beta': 'd', 'Anthropic-Version': '2030-01-01' } }
    await ask(provider, request({ options }))
    await ask(provider, request({ model: model({ compat: { betas: [] } }), options: {} }))
    expect(upstream.received.map(({ headers }) => headers['anthropic-beta'])).toEqual(['a,b,c,d', 'b,c'])
    expect(upstream.received[0]?.headers).toMatchObject({ 'anthropic-version': '2030-01-01', 'x-team': 't' })
  })

  test('tells on the first event what could not be done as asked', async () => {
    await using upstream = await startUpstream((response) => sendSse(response, HELLO))
    const { start } = await ask(upstream.provider(), request({ options: { seed: 1 } }))
    expect(start?.warnings).toMatchObject([{ type: 'unsupported', feature: 'seed' }])
  })

  test('stops the provider when the caller aborts', async () => {
    const gone = Promise.withResolvers<void>()
    await using upstream = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sse([started(), ...textBlock(0, 'Hel')]))
      response.on('close', gone.resolve)
    })
    const abort = new AbortController()
    const seen: string[] = []
    const run = (async () => {
      for await (const batch of upstream.provider().stream(request(), abort.signal)) {
        seen.push(...(batch as readonly { type: string }[]).map(({ type }) => type))
        abort.abort()
      }
    })()
    await expect(run).rejects.toMatchObject({ info: { class: 'aborted' } })
    await gone.promise
    expect(seen).toContain('text_delta')
  })

  test('frees the connection when the reader leaves', async () => {
    const gone = Promise.withResolvers<void>()
    await using upstream = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sse([started(), ...textBlock(0, 'Hel')]))
      response.on('close', gone.resolve)
    })
    for await (const _batch of upstream.provider().stream(request(), new AbortController().signal)) break
    await gone.promise
  })

  test('leaves its connection usable after a whole answer', async () => {
    const sockets = new Set<unknown>()
    const open: ServerResponse[] = []
    await using upstream = await startUpstream((response) => {
      sockets.add(response.socket)
      open.push(response)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(HELLO)
    })
    const provider = upstream.provider()
    for (let n = 0; n < 6; n++) {
      for await (const batch of provider.stream(request(), new AbortController().signal))
        if ((batch as Batch).at(-1)?.type === 'finish') break
      // As with a provider: the end of the body comes after the end of the answer.
      const response = open.pop()
      const closed = response === undefined ? undefined : once(response, 'close')
      response?.end()
      await closed
    }
    expect(upstream.received).toHaveLength(6)
    // Two, because a request that follows at once may come before the client has put the first connection back.
    expect(sockets.size).toBeLessThanOrEqual(2)
  })
})

describe('a failure of the provider', () => {
  const failing = async (status: number, body: unknown, declaration: Partial<ProviderDeclaration> = {}) => {
    await using upstream = await startUpstream((response) => sendJson(response, body, status))
    const { error } = await ask(upstream.provider(declaration))
    if (!isProviderError(error)) throw error
    return error
  }

  test.each([
    [400, 'invalid_request_error', 'invalid_request'],
    [401, 'authentication_error', 'auth'],
    [404, 'not_found_error', 'not_found'],
    [413, 'request_too_large', 'context_overflow'],
    [429, 'rate_limit_error', 'rate_limit'],
    [500, 'api_error', 'server'],
    [529, 'overloaded_error', 'overloaded'],
  ])('with status %i is sorted', async (status, type, expected) => {
    const { info } = await failing(status, { type: 'error', error: { type, message: 'Sorry.' }, request_id: 'req_1' })
    expect(info).toMatchObject({ class: expected, status, provider: 'anthropic', model: 'claude-test' })
  })

  test('never shows the key, even when the provider echoes it', async () => {
    const error = await failing(401, { type: 'error', error: { type: 'authentication_error', message: `bad ${KEY}` } })
    expect(JSON.stringify(error.info) + String(error)).not.toContain(KEY)
  })

  test('is one when a web page comes instead of an answer, and says where to look', async () => {
    const { info, hint } = await failing(200, `<html>${KEY}</html>`)
    expect(info).toMatchObject({ class: 'server', retryable: false })
    expect(hint).toContain('base URL')
    expect(info.message).not.toContain(KEY)
    expect((await failing(200, '{"cut":')).info).toMatchObject({ class: 'server', retryable: true })
  })

  test('is sorted by the manifest first', async () => {
    const errors = [{ status: 400, match: 'no more', class: 'quota' }] as const
    const body = { type: 'error', error: { type: 'invalid_request_error', message: 'No more money.' } }
    expect((await failing(400, body, { errors })).info.class).toBe('quota')
  })

  test('inside a stream is sorted by its type, without the rate limit headers of a good answer', async () => {
    for (const [type, expected, status] of [
      ['overloaded_error', 'overloaded', 529],
      ['rate_limit_error', 'rate_limit', 429],
      ['api_error', 'server', 500],
    ] as const) {
      await using upstream = await startUpstream((response) => {
        response.setHeader('anthropic-ratelimit-requests-reset', new Date(Date.now() + 60_000).toISOString())
        sendSse(
          response,
          sse([started(), ...textBlock(0, 'Hel'), { type: 'error', error: { type, message: 'Sorry.' } }]),
        )
      })
      const { error, content } = await ask(upstream.provider())
      expect(content).toEqual([{ type: 'text', text: 'Hel' }])
      if (!isProviderError(error)) throw error
      expect(error.info).toMatchObject({ class: expected, status, retryable: true })
      expect(error.info).not.toHaveProperty('retryAfterMs')
    }
  })

  const shapes = new URL('../../../../shared/fixtures/error-shapes/', import.meta.url)

  test.skipIf(!existsSync(shapes))('has the class that is written beside each known shape', async () => {
    const files = readdirSync(shapes).filter((file) => file.startsWith('anthropic-'))
    expect(files).toHaveLength(6)
    for (const file of files) {
      const shape = JSON.parse(readFileSync(new URL(file, shapes), 'utf8')) as Json
      await using upstream = await startUpstream((response) => {
        response.writeHead(shape['status'] as number, shape['headers'] as Record<string, string>)
        const { streamBody, body } = shape
        response.end(
          typeof streamBody === 'string' ? streamBody : typeof body === 'string' ? body : JSON.stringify(body),
        )
      })
      const { error } = await ask(upstream.provider())
      const { class: kind, retryable } = isProviderError(error) ? error.info : { class: String(error), retryable: null }
      expect({ file, kind, retryable }).toEqual({ file, kind: shape['class'], retryable: shape['retryable'] })
    }
  })

  test.skipIf(!present)('that was recorded is sorted', async () => {
    const classes: Record<string, string> = {}
    for (const { status, text } of recordings.filter((recording) => recording.status !== 200))
      classes[status] = (await failing(status, text)).info.class
    expect(classes).toEqual({ 400: 'invalid_request', 404: 'not_found' })
  })
})

describe('the list of models', () => {
  const entry = (id: string, more: Json = {}): Json => ({ type: 'model', id, display_name: id.toUpperCase(), ...more })
  const discovery = { modelDiscovery: { path: '/models' } }
  const list = (provider: ReturnType<Awaited<ReturnType<typeof startUpstream>>['provider']>) =>
    provider.listModels?.(new AbortController().signal)

  test('is read over all its pages', async () => {
    await using upstream = await startUpstream((response, { url }) => {
      const after = new URL(url, 'http://x').searchParams.get('after_id')
      const last = after === null ? 'a' : 'b'
      const capabilities = { thinking: { supported: true }, image_input: { supported: false } }
      const more = after === null ? {} : { max_input_tokens: 200_000, max_tokens: 64_000, capabilities }
      sendJson(response, { data: [entry(last, more)], has_more: after === null, last_id: last })
    })
    expect(await list(upstream.provider(discovery))).toEqual([
      { id: 'a', name: 'A' },
      { id: 'b', name: 'B', contextWindow: 200_000, maxTokens: 64_000, reasoning: true, input: ['text'] },
    ])
    expect(upstream.received.map(({ url }) => url)).toEqual([
      '/v1/models?limit=1000',
      '/v1/models?limit=1000&after_id=a',
    ])
    expect(upstream.received[0]?.headers).toMatchObject({ 'x-api-key': KEY, 'anthropic-version': '2023-06-01' })
  })

  test('ends when a host repeats itself', async () => {
    await using upstream = await startUpstream((response) =>
      sendJson(response, { data: [entry('a')], has_more: true, last_id: 'a' }),
    )
    expect(await list(upstream.provider(discovery))).toHaveLength(2)
  })

  test('is a typed failure when it cannot be read', async () => {
    await using refusing = await startUpstream((response) =>
      sendJson(response, { type: 'error', error: { type: 'authentication_error', message: 'No.' } }, 401),
    )
    await expect(list(refusing.provider(discovery))).rejects.toMatchObject({ info: { class: 'auth' } })
    await using html = await startUpstream((response) => sendJson(response, '<html>'))
    await expect(list(html.provider(discovery))).rejects.toMatchObject({ info: { class: 'server' } })
  })

  test('is not offered by a provider whose manifest names no place for it', async () => {
    await using upstream = await startUpstream(() => {})
    expect(upstream.provider()).not.toHaveProperty('listModels')
  })
})
