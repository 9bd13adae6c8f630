import { expect, test } from 'vitest'
import { startOpenAIUpstream } from '../support/openai-upstream.ts'
import { startGateway } from '../support/running-gateway.ts'

test("a running Ollama's models are found, need no key and cost nothing", async () => {
  await using server = await startOpenAIUpstream({ models: ['llama3.2:3b', 'qwen3:8b'] })
  await using gateway = await startGateway({ env: { OLLAMA_BASE_URL: server.url } })

  const { data } = (await (await gateway.get('/v1/models')).json()) as { data: { id: string }[] }
  expect(data.map(({ id }) => id)).toContain('ollama:llama3.2:3b')

  for (const model of ['ollama:llama3.2:3b', 'qwen3:8b']) {
    const answer = await gateway.post('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'Hi' }] })
    expect(await answer.json()).toMatchObject({ provider: 'ollama', cost: { total_cost: 0 } })
  }
  expect(server.chats[0]?.headers.authorization).toBeUndefined()

  const unknown = await gateway.post('/v1/chat/completions', {
    model: 'ollama:none',
    messages: [{ role: 'user', content: 'Hi' }],
  })
  expect(unknown.status).toBe(404)
  expect(await unknown.json()).toMatchObject({
    error: { code: 'model_not_found', message: expect.stringContaining('llama3.2:3b') as string },
  })
})

test('an Ollama that does not run hides nobody else, and says so when it is called', async () => {
  const server = await startOpenAIUpstream()
  await server.close()
  await using gateway = await startGateway({ env: { OLLAMA_BASE_URL: server.url } })
  const { data } = (await (await gateway.get('/v1/models')).json()) as { data: { id: string }[] }
  expect(data.map(({ id }) => id)).toContain('sandbox:demo')
  const answer = await gateway.post('/v1/chat/completions', {
    model: 'ollama:llama3',
    messages: [{ role: 'user', content: 'Hi' }],
  })
  expect(answer.status).toBe(502)
  expect(await answer.json()).toMatchObject({
    error: { code: 'provider_unreachable', message: expect.stringContaining(String(server.port)) as string },
  })
})
