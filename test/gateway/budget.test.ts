import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nanoFromDecimal, type BudgetSpec } from 'plugboard'
import { startOpenAIUpstream, type OpenAIUpstream } from '../support/openai-upstream.ts'
import { openaiAt, startGateway, type RunningGateway } from '../support/running-gateway.ts'
import { until } from '../support/until.ts'

const URL = '/v1/chat/completions'
const GLOBAL = { kind: 'global', value: '' } as const

let upstream: OpenAIUpstream
let gateway: RunningGateway

beforeEach(async () => {
  upstream = await startOpenAIUpstream()
  gateway = await startGateway(openaiAt(upstream))
})
afterEach(async () => {
  await gateway[Symbol.asyncDispose]()
  await upstream.close()
})

const budget = (limit: string, terms: Partial<BudgetSpec> = {}) =>
  gateway.plugboard.budgets.set({ scope: GLOBAL, window: 'daily', limitNano: nanoFromDecimal(limit), ...terms })

const ask = (more: Readonly<Record<string, unknown>> = {}): object => ({
  model: 'openai:gpt-4o',
  messages: [{ role: 'user', content: 'Hello' }],
  ...more,
})

async function refusal(more: Readonly<Record<string, unknown>>) {
  const response = await gateway.post(URL, ask(more))
  const { error } = (await response.json()) as { error: Readonly<Record<string, unknown>> }
  return { status: response.status, retryAfter: response.headers.get('retry-after'), ...error }
}

describe('a request that no budget can pay', () => {
  it('is refused with 402 before anything is sent, says why, and is not repeated by the official client', async () => {
    const { id } = await budget('0.0001')
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key })
    const asked = client.chat.completions.create({
      model: 'openai:gpt-4o',
      messages: [{ role: 'user', content: 'Hello' }],
      max_tokens: 100,
      stream: true,
    })
    await expect(asked).rejects.toMatchObject({
      status: 402,
      type: 'permission_error',
      code: 'budget_exceeded',
      message: expect.stringContaining(`The daily budget for all calls (${id}) cannot pay this call`),
    })
    expect(upstream.chats).toEqual([])
    const refusals = gateway.plugboard.auditLog.entries().filter(({ action }) => action === 'call_refused')
    expect(refusals).toHaveLength(1)
  })

  it('gets 429 and a time to wait when only running requests are in its way', async () => {
    await budget('0.002')
    const left = new AbortController()
    const running = fetch(`${gateway.url}${URL}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(
        ask({ model: 'sandbox:demo', max_tokens: 900, messages: [{ role: 'user', content: '/wait 60000' }] }),
      ),
      signal: left.signal,
    })
    await until(() => (gateway.plugboard.budgets.list()[0]?.held.nano ?? 0) > 0)
    expect(await refusal({ model: 'sandbox:demo', max_tokens: 900 })).toMatchObject({
      status: 429,
      type: 'rate_limit_error',
      code: 'budget_exceeded',
      retryAfter: '1',
    })
    left.abort()
    await expect(running).rejects.toThrow()
    await until(() => gateway.plugboard.budgets.list()[0]?.held.nano === 0)
    expect((await gateway.post(URL, ask({ model: 'sandbox:demo', max_tokens: 900 }))).status).toBe(200)
  })

  it('is refused for more answers than the money is for', async () => {
    await budget('0.002')
    expect((await gateway.post(URL, ask({ max_tokens: 100 }))).status).toBe(200)
    expect(await refusal({ max_tokens: 100, n: 3 })).toMatchObject({ status: 402 })
  })

  it.each([
    ['user_id', 'user'],
    ['project_id', 'project'],
    ['agent_id', 'agent'],
  ] as const)('is known by its %s', async (field, kind) => {
    await budget('0', { scope: { kind, value: 'x' } })
    expect(await refusal({ budget: { [field]: 'x' } })).toMatchObject({ status: 402 })
    expect((await gateway.post(URL, ask({ budget: { [field]: 'y' } }))).status).toBe(200)
  })

  it('is known by its key', async () => {
    const [key] = gateway.plugboard.keys.list()
    await budget('0', { scope: { kind: 'key', value: key?.id ?? '' } })
    expect(await refusal({})).toMatchObject({ status: 402 })
    const { secret } = gateway.plugboard.keys.add('another')
    expect((await gateway.post(URL, ask(), { authorization: `Bearer ${secret}` })).status).toBe(200)
  })
})

describe('the limit of one request', () => {
  it('refuses what may cost more with the field at fault', async () => {
    expect(await refusal({ max_tokens: 1_000, budget: { max_cost: 0.001 } })).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      code: 'cost_limit_exceeded',
      param: 'budget.max_cost',
    })
    expect(upstream.chats).toEqual([])
  })

  it.each(['0.5', -1, true])('refuses %j', async (maxCost) => {
    expect(await refusal({ budget: { max_cost: maxCost } })).toMatchObject({ status: 400, param: 'budget.max_cost' })
  })

  it('of a model without a known price is refused, because nobody could keep it', async () => {
    expect(await refusal({ model: 'sandbox:unpriced', budget: { max_cost: 0.5 } })).toMatchObject({
      status: 402,
      type: 'permission_error',
      code: 'price_unknown',
    })
  })

  it('of tokens is refused as too large', async () => {
    await budget('1.00', { hardRunTokens: 500 })
    expect(await refusal({ max_tokens: 600 })).toMatchObject({ status: 400, code: 'token_limit_exceeded' })
  })
})

describe('the length of an answer', () => {
  it('is named to the provider when money is limited and the client named none', async () => {
    await gateway.post(URL, ask())
    await gateway.post(URL, ask({ budget: { max_cost: 0.1 } }))
    await gateway.post(URL, ask({ budget: { max_cost: 0.1 }, max_tokens: 50 }))
    const limits = upstream.chats.map(({ body }) => body['max_completion_tokens'] ?? body['max_tokens'])
    expect(limits).toEqual([undefined, 8_192, 50])
  })
})
