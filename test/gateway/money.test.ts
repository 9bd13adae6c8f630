import { afterAll, beforeAll, expect, test } from 'vitest'
import { startOpenAIUpstream, type OpenAIUpstream } from '../support/openai-upstream.ts'
import { openaiAt, startGateway, type RunningGateway } from '../support/running-gateway.ts'

let upstream: OpenAIUpstream
let gateway: RunningGateway

beforeAll(async () => {
  upstream = await startOpenAIUpstream()
  gateway = await startGateway(openaiAt(upstream))
})

afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await upstream.close()
})

interface Billed {
  readonly cost: Record<string, number | null | string>
  readonly usage: Record<string, number>
}

async function ask(body: object): Promise<{ answer: Billed; id: string }> {
  const response = await gateway.post('/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }], ...body })
  expect(response.status).toBe(200)
  return { answer: (await response.json()) as Billed, id: response.headers.get('x-request-id') ?? '' }
}

test('1,000 tokens in and 500 out on gpt-4o cost exactly 0.0075', async () => {
  upstream.script({ usage: { prompt: 1_000, completion: 500 } })
  const { answer, id } = await ask({ model: 'gpt-4o' })
  expect(answer.cost).toEqual({
    input_cost: 0.0025,
    output_cost: 0.005,
    total_cost: 0.0075,
    cost_per_1k_tokens: 0.005,
    currency: 'USD',
  })
  expect(gateway.plugboard.ledger.entries({ id })[0]).toMatchObject({
    cost: { input: 2_500_000, output: 5_000_000, total: 7_500_000 },
    outcome: 'completed',
  })
})

test('cached tokens are billed at the cache price', async () => {
  upstream.script({ usage: { prompt: 1_000, cached: 400, completion: 0 } })
  const { answer, id } = await ask({ model: 'gpt-4o' })
  expect(answer.cost['total_cost']).toBe(0.002)
  expect(gateway.plugboard.ledger.entries({ id })[0]?.usage).toMatchObject({ input: 600, cacheRead: 400 })
})

test('an unknown price reads null, a free one 0', async () => {
  expect((await ask({ model: 'sandbox:unpriced' })).answer.cost).toMatchObject({
    input_cost: null,
    output_cost: null,
    total_cost: null,
  })
  expect((await ask({ model: 'sandbox:local' })).answer.cost).toMatchObject({ input_cost: 0, total_cost: 0 })
})

test('an answer whose provider told no usage is counted, and says so', async () => {
  upstream.script({ usage: 'none', text: 'four' })
  const { answer, id } = await ask({ model: 'gpt-4o' })
  expect(answer.cost['estimated']).toBe(true)
  expect(gateway.plugboard.ledger.entries({ id })[0]?.usage).toMatchObject({ estimated: true, output: 1 })
})

test('a streamed answer tells the same cost as the ledger', async () => {
  upstream.script({ usage: { prompt: 7, completion: 3 } })
  const response = await gateway.post('/v1/chat/completions', {
    model: 'gpt-4o',
    stream: true,
    messages: [{ role: 'user', content: 'Hi' }],
  })
  const events = (await response.text()).split('\n\n').filter((event) => event.startsWith('data: {'))
  const last = JSON.parse((events.at(-1) ?? '').slice('data: '.length)) as Billed
  const [entry] = gateway.plugboard.ledger.entries({ id: response.headers.get('x-request-id') ?? '' })
  expect(entry?.streamed).toBe(true)
  expect(last.cost['total_cost']).toBe(Number(entry?.cost.total) / 1e9)
})

test('the ledger knows whom a call is booked to', async () => {
  upstream.script({})
  const { id } = await ask({
    model: 'gpt-4o',
    budget: { user_id: 'user_123', project_id: 'project_ai', tracking_id: 't-1', agent_id: 'planner' },
  })
  expect(gateway.plugboard.ledger.entries({ id })[0]).toMatchObject({
    userId: 'user_123',
    projectId: 'project_ai',
    trackingId: 't-1',
    agentId: 'planner',
  })
})

test('a call that the provider refused costs nothing and stands in the ledger as failed', async () => {
  upstream.script({ status: 500 })
  const response = await gateway.post('/v1/chat/completions', {
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'Hi' }],
  })
  expect(response.status).toBe(502)
  const [entry] = gateway.plugboard.ledger.entries({ id: response.headers.get('x-request-id') ?? '' })
  expect(entry).toMatchObject({ outcome: 'failed', errorClass: 'server', cost: { total: 0 } })
})
