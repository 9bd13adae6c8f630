import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startOpenAIUpstream, type OpenAIUpstream } from '../support/openai-upstream.ts'
import { openaiAt, startGateway, type RunningGateway } from '../support/running-gateway.ts'

let upstream: OpenAIUpstream
let gateway: RunningGateway

beforeAll(async () => {
  upstream = await startOpenAIUpstream()
  gateway = await startGateway(openaiAt(upstream))
  await gateway.plugboard.agents.set('planner', {
    model: 'openai:gpt-4o-mini',
    systemPrompt: 'Plan first.',
    options: { temperature: 0.2, maxTokens: 50, responseFormat: { type: 'json' } },
  })
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await upstream.close()
})

const messages = [
  { role: 'system' as const, content: 'Be short.' },
  { role: 'user' as const, content: 'Hello' },
]

test('the official client calls an agent by its name, as it calls a model', async () => {
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key })
  const before = upstream.chats.length
  const answer = await client.chat.completions.create({ model: 'agent:planner', messages, temperature: 1 })
  expect(answer.model).toBe('gpt-4o-mini-2024-07-18')
  expect((await upstream.chat(before)).body).toMatchObject({
    model: 'gpt-4o-mini',
    messages: [
      { role: 'system', content: 'Plan first.\n\nBe short.' },
      { role: 'user', content: 'Hello' },
    ],
    temperature: 1,
    max_completion_tokens: 50,
    response_format: { type: 'json_object' },
  })
  const texts: string[] = []
  for await (const chunk of await client.chat.completions.create({ model: 'agent:planner', messages, stream: true }))
    texts.push(chunk.choices[0]?.delta.content ?? '')
  expect(texts.join('')).toBe(answer.choices[0]?.message.content)
})

test("a request of an agent is charged to the agent's budget", async () => {
  const { budgets } = gateway.plugboard
  const scope = { kind: 'agent', value: 'planner' } as const
  const { id } = await budgets.set({ scope, window: 'total', limitTokens: 1_000_000 })
  const spent = (): number => budgets.list().find((budget) => budget.id === id)?.spent.tokens ?? 0
  // Its calls from before count too.
  const before = spent()
  const response = await gateway.post('/v1/chat/completions', { model: 'agent:planner', messages })
  const { usage } = (await response.json()) as { usage: { total_tokens: number } }
  expect(usage.total_tokens).toBeGreaterThan(0)
  expect(spent() - before).toBe(usage.total_tokens)
  await gateway.post('/v1/chat/completions', { model: 'agent:planner', messages, budget: { agent_id: 'other' } })
  expect(spent() - before).toBe(usage.total_tokens)
  await budgets.remove(id)
})

test('an unknown agent is a 404 that names the one that was meant', async () => {
  const response = await gateway.post('/v1/chat/completions', { model: 'agent:planer', messages })
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({
    error: { type: 'not_found_error', param: 'model', message: expect.stringContaining('agent:planner') as string },
  })
})

test('an agent and the default are models to look up', async () => {
  await gateway.plugboard.setDefaultModel('openai:gpt-4o')
  expect(await (await gateway.get('/v1/models/agent:planner')).json()).toMatchObject({ id: 'openai:gpt-4o-mini' })
  expect(await (await gateway.get('/v1/models/default')).json()).toMatchObject({ id: 'openai:gpt-4o' })
  const answer = await gateway.post('/v1/chat/completions', { model: 'default', messages })
  expect(await answer.json()).toMatchObject({ model: 'gpt-4o-2024-08-06', provider: 'openai' })
})
