import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway, type RunningGateway } from '../support/running-gateway.ts'

let gateway: RunningGateway

beforeAll(async () => {
  gateway = await startGateway()
})

afterAll(() => gateway[Symbol.asyncDispose]())

const url = '/v1/chat/completions'
const good = { model: 'sandbox:demo', messages: [{ role: 'user', content: 'Hi' }] }

async function refusal(body: unknown, headers?: Readonly<Record<string, string>>) {
  const response = await gateway.post(url, body, headers)
  const { error } = (await response.json()) as { error: Record<string, unknown> }
  expect(error['request_id']).toBe(response.headers.get('x-request-id'))
  expect(Object.keys(error).toSorted()).toEqual(['code', 'message', 'param', 'provider', 'request_id', 'type'])
  return { ...error, status: response.status } as Record<string, unknown>
}

describe('a bad request gets the right status and says what to do', () => {
  test.each([
    ['broken JSON', '{"model": "x",', 400, 'invalid_json', 'position'],
    ['an empty body', '', 400, 'invalid_json', 'empty'],
    ['a list instead of an object', [], 400, 'invalid_request', 'object'],
    ['no model', { messages: good.messages }, 400, 'invalid_request', 'model'],
    ['no messages', { model: 'sandbox:demo' }, 400, 'invalid_request', 'messages'],
    ['messages of the wrong type', { ...good, messages: 'Hi' }, 400, 'invalid_request', 'messages'],
    [
      'an unknown role',
      { ...good, messages: [{ role: 'robot', content: 'x' }] },
      400,
      'invalid_request',
      'messages[0].role',
    ],
    ['a temperature of the wrong type', { ...good, temperature: 'hot' }, 400, 'invalid_request', 'temperature'],
    ['a wrong field of our own', { ...good, budget: { user_id: 7 } }, 400, 'invalid_request', 'budget.user_id'],
    ['an unknown model', { ...good, model: 'gpt-99' }, 404, 'model_not_found', 'does not exist'],
    [
      'a typing error in a model',
      { ...good, model: 'sandbox:dmo' },
      404,
      'model_not_found',
      'Did you mean "sandbox:demo"',
    ],
  ])('%s', async (_name, body, status, code, words) => {
    const problem = await refusal(body)
    expect(problem).toMatchObject({ status, code })
    expect(`${String(problem['message'])} ${String(problem['param'])}`).toContain(words)
  })

  test('another content type', async () => {
    expect(await refusal('a=b', { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject({
      status: 415,
      code: 'unsupported_content_type',
    })
  })

  test('no key, and a wrong one', async () => {
    expect(await refusal(good, { authorization: '' })).toMatchObject({
      status: 401,
      code: 'missing_api_key',
      type: 'authentication_error',
    })
    expect(await refusal(good, { authorization: 'Bearer sk-wrong' })).toMatchObject({
      status: 401,
      code: 'invalid_api_key',
    })
  })

  // Ordinary requests do not go through fastify; these differ from them in nothing that counts, and do.
  test.each([
    ['another spelling of the content type', url, 'application/json; charset=utf-8'],
    ['a query behind the address', `${url}?a=b`, 'application/json'],
  ])('the same words with %s', async (_name, address, contentType) => {
    const told = async (body: unknown, path: string, headers: Readonly<Record<string, string>>) => {
      const response = await gateway.post(path, body, headers)
      const { id, created, error, ...rest } = (await response.json()) as Record<string, unknown>
      expect([typeof id, typeof created]).toEqual(
        error === undefined ? ['string', 'number'] : ['undefined', 'undefined'],
      )
      const { request_id: requestId, ...problem } = (error ?? {}) as Record<string, unknown>
      expect(requestId ?? response.headers.get('x-request-id')).toBe(response.headers.get('x-request-id'))
      return {
        status: response.status,
        names: [...response.headers.keys()],
        type: response.headers.get('content-type'),
        problem,
        rest,
      }
    }
    const plain = { ...good, response: { include_latency: false } }
    for (const body of [plain, '{"model": "x",', '', [], { ...good, model: 'gpt-99' }])
      expect(await told(body, address, { 'content-type': contentType })).toEqual(await told(body, url, {}))
    const stranger = { authorization: 'Bearer sk-wrong' }
    expect(await told(good, address, { ...stranger, 'content-type': contentType })).toEqual(
      await told(good, url, stranger),
    )
  })

  test('a body of 50 MB', async () => {
    const problem = await sendHuge(50 * 1024 * 1024)
    expect(problem.status).toBe(413)
    expect(problem.text).toContain('request_too_large')
    expect(problem.text).toContain('32 MB')
  })

  test.each([
    ['with a told length', url, { 'content-length': '1000' }],
    ['in pieces', url, { 'transfer-encoding': 'chunked' }],
    ["in Google's words", '/v1beta/models/sandbox:demo:generateContent', { 'content-length': '1000' }],
    ['whose tokens are to be counted', '/v1/messages/count_tokens', { 'content-length': '1000' }],
  ])('a body without a right key, %s, before it is read', async (_name, address, length) => {
    const headers = { authorization: 'Bearer sk-wrong', 'content-type': 'application/json', ...length }
    const request = httpRequest(gateway.url + address, { method: 'POST', headers })
    request.on('error', () => undefined)
    request.flushHeaders()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(401)
    request.destroy()
  })

  test('an address that does not exist', async () => {
    const response = await gateway.get('/v2/nothing')
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'unknown_url' } })
  })

  test('after all of that, the gateway still answers', async () => {
    expect((await gateway.post(url, good)).status).toBe(200)
  })
})

/** Sends without waiting for leave, as a client that does not know the limit does. */
function sendHuge(size: number): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${gateway.url}${url}`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json', 'content-length': size },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    request.on('error', reject)
    const block = Buffer.alloc(64 * 1024, 32)
    const push = (left: number): void => {
      if (left <= 0) return void request.end()
      if (request.write(block.subarray(0, Math.min(left, block.length)))) setImmediate(push, left - block.length)
      else request.once('drain', () => push(left - block.length))
    }
    push(size)
  })
}

test('models are listed with what one needs to choose', async () => {
  const { data } = (await (await gateway.get('/v1/models')).json()) as { data: { id: string }[] }
  expect(data.map(({ id }) => id)).toEqual(['sandbox:demo', 'sandbox:thinker', 'sandbox:local', 'sandbox:unpriced'])
  expect(await (await gateway.get('/api/v1/models/sandbox:demo')).json()).toMatchObject({
    id: 'sandbox:demo',
    object: 'model',
    provider: 'sandbox',
    capabilities: {
      context_window: 128_000,
      supports_vision: true,
      cost_per_1k_input_tokens: 0.001,
      cost_per_1k_output_tokens: 0.002,
    },
  })
  expect(await (await gateway.get('/v1/models/sandbox:unpriced')).json()).toMatchObject({
    capabilities: { cost_per_1k_input_tokens: null },
  })
  expect(await (await gateway.get('/v1/models/sandbox%3Alocal')).json()).toMatchObject({
    capabilities: { cost_per_1k_input_tokens: 0 },
  })
  expect((await gateway.get('/v1/models/none')).status).toBe(404)
})
