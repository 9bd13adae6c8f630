import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { isProviderError } from '../../../plugin-sdk/errors.ts'
import { createHttp } from '../../../plugin-sdk/http.ts'
import { openaiResponses } from '../../../plugin-sdk/protocols/openai-responses/index.ts'
import { until } from '../../support/until.ts'
import {
  collect,
  completed,
  created,
  failureOf,
  KEY,
  request,
  sendJson,
  sendSse,
  sse,
  startUpstream,
  textDelta,
} from './support.ts'

const hello = sse([created(), textDelta(0, 'Hello'), completed()])

describe('a request', () => {
  test('goes to /responses with the key, the headers of the manifest and those of the caller', async () => {
    await using upstream = await startUpstream((response) => sendSse(response, hello))
    const provider = upstream.provider({ headers: { 'OpenAI-Organization': 'org-1', 'x-both': 'manifest' } })
    await collect(provider, request({ options: { headers: { 'X-Both': 'caller', authorization: 'stolen' } } }))
    expect(upstream.received[0]).toMatchObject({
      method: 'POST',
      url: '/v1/responses',
      headers: {
        authorization: `Bearer ${KEY}`,
        'openai-organization': 'org-1',
        'x-both': 'caller',
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: { model: 'gpt-test', stream: true, store: false },
    })
  })

  test.each([
    [
      { type: 'header', header: 'Api-Key' },
      { 'api-key': KEY, authorization: undefined },
    ],
    [{ type: 'none' }, { authorization: undefined }],
  ] as const)('carries its key as the manifest says: %o', async (auth, headers) => {
    await using upstream = await startUpstream((response) => sendSse(response, hello))
    await collect(upstream.provider({ auth }))
    const got = upstream.received[0]?.headers
    expect(Object.keys(headers).map((name) => got?.[name])).toEqual(Object.values(headers))
  })

  test('goes without a key where none is set', async () => {
    await using upstream = await startUpstream((response) => sendSse(response, hello))
    await using http = createHttp(['127.0.0.1:1'])
    const setup = { declaration: { id: 'local' }, baseUrl: 'http://127.0.0.1:1', http, apiKey: undefined, headers: {} }
    expect(isProviderError(await failureOf(collect(openaiResponses.createProvider(setup))))).toBe(true)
    expect(upstream.received).toEqual([])
  })

  test('carries the headers that hold a conversation on one machine', async () => {
    await using upstream = await startUpstream((response) => sendSse(response, hello))
    const provider = upstream.provider({ compat: { sessionAffinityFormat: 'openrouter' } })
    await collect(provider, request({ wire: { protocol: 'openai-responses', fields: { prompt_cache_key: 'k-1' } } }))
    expect(upstream.received[0]?.headers['x-session-id']).toBe('k-1')
  })
})

describe('a refusal', () => {
  test('is a typed error that does not show the key', async () => {
    await using upstream = await startUpstream((response) =>
      sendJson(
        response,
        {
          error: {
            message: `Incorrect API key provided: ${KEY}`,
            type: 'invalid_request_error',
            code: 'invalid_api_key',
          },
        },
        401,
      ),
    )
    const error = await failureOf(collect(upstream.provider()))
    expect(isProviderError(error) && error.info).toMatchObject({
      class: 'auth',
      status: 401,
      provider: 'openai',
      model: 'gpt-test',
    })
    expect(JSON.stringify(error) + String(error)).not.toContain(KEY)
  })

  test("is sorted by the manifest's own rules first", async () => {
    await using upstream = await startUpstream((response) =>
      sendJson(response, { error: { message: 'tea time' } }, 400),
    )
    const error = await failureOf(collect(upstream.provider({ errors: [{ match: 'tea', class: 'overloaded' }] })))
    expect(isProviderError(error) && error.info.class).toBe('overloaded')
  })

  test('inside a stream is sorted by its own words, not by the 200 around it', async () => {
    const refused = {
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'slow down' } },
    }
    await using upstream = await startUpstream((response) => sendSse(response, sse([created(), refused])))
    const error = await failureOf(collect(upstream.provider()))
    expect(isProviderError(error) && error.info).toMatchObject({ class: 'rate_limit', retryable: true })
    expect(isProviderError(error) && error.info.status).not.toBe(200)
  })
})

describe('the connection', () => {
  test('is used again after a stream whose last byte came after its last event', async () => {
    const open: ServerResponse[] = []
    await using upstream = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(hello)
      open.push(response)
    })
    const provider = upstream.provider()
    const isUsedTwice = async (): Promise<boolean> => {
      await collect(provider)
      open.pop()?.end()
      return upstream.received.length > upstream.sockets()
    }
    await until(isUsedTwice, { what: 'a connection carries a second request' })
  })

  test('is closed when the reader leaves', async () => {
    const closed = Promise.withResolvers<void>()
    await using upstream = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sse([created(), textDelta(0, 'Hel')]))
      response.on('close', () => closed.resolve())
    })
    for await (const _ of upstream.provider().stream(request(), new AbortController().signal)) break
    await closed.promise
  })

  test('is closed when the call is aborted, and the answer says so', async () => {
    const closed = Promise.withResolvers<void>()
    await using upstream = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sse([created(), textDelta(0, 'Hel')]))
      response.on('close', () => closed.resolve())
    })
    const stop = new AbortController()
    const reading = async (): Promise<void> => {
      for await (const _ of upstream.provider().stream(request(), stop.signal)) stop.abort()
    }
    const error = await failureOf(reading())
    expect(isProviderError(error) && error.info.class).toBe('aborted')
    await closed.promise
  })

  test('that breaks in the middle is a failure of the network', async () => {
    await using upstream = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sse([created(), textDelta(0, 'Hel')]), () => response.destroy())
    })
    const error = await failureOf(collect(upstream.provider()))
    expect(isProviderError(error) && error.info).toMatchObject({ class: 'network', retryable: true })
  })
})

describe('the list of models', () => {
  const listed = async (body: unknown, status = 200) => {
    await using upstream = await startUpstream((response) => sendJson(response, body, status))
    const provider = upstream.provider({ modelDiscovery: { path: '/models' } })
    const models = await provider.listModels?.(new AbortController().signal)
    return { models, asked: upstream.received[0] }
  }

  test('is read with its limits where the host tells them', async () => {
    const { models, asked } = await listed({ data: [{ id: 'a', name: 'A', context_length: 1000 }, { id: 'b' }, {}] })
    expect(models).toEqual([{ id: 'a', name: 'A', contextWindow: 1000 }, { id: 'b' }])
    expect(asked).toMatchObject({ method: 'GET', url: '/v1/models', headers: { authorization: `Bearer ${KEY}` } })
  })

  test('that is none, or is refused, is a typed error', async () => {
    const none = await failureOf(listed('<html>'))
    expect(isProviderError(none) && none.info.class).toBe('server')
    const refused = await failureOf(listed({ error: { message: 'no', code: 'invalid_api_key' } }, 401))
    expect(isProviderError(refused) && refused.info.class).toBe('auth')
  })

  test('is not offered without a path in the manifest', async () => {
    await using upstream = await startUpstream((response) => sendJson(response, {}))
    expect(upstream.provider()).not.toHaveProperty('listModels')
  })
})
