import { expect, test } from 'vitest'
import { startOpenAIUpstream } from '../support/openai-upstream.ts'
import { openaiAt, startGateway } from '../support/running-gateway.ts'

interface Listed {
  readonly id: string
  readonly category: string
  readonly tier: string | null
  readonly capabilities: Readonly<Record<string, unknown>>
}

test('the list of models says what each can do, its kind, its price class and how fast it was lately', async () => {
  await using upstream = await startOpenAIUpstream()
  await using gateway = await startGateway(openaiAt(upstream))
  await gateway.post('/v1/chat/completions', {
    model: 'openai:gpt-4o',
    messages: [{ role: 'user', content: 'Hello' }],
  })
  const { data } = (await (await gateway.get('/api/v1/models')).json()) as { data: readonly Listed[] }
  const shown = (id: string): Listed | undefined => data.find((model) => model.id === id)
  expect(shown('openai:gpt-4o')).toMatchObject({
    category: 'multimodal',
    tier: 'standard',
    capabilities: {
      supports_vision: true,
      supports_structured_output: true,
      avg_latency_ms: expect.any(Number) as number,
    },
  })
  const [entry] = gateway.plugboard.ledger.entries()
  expect(shown('openai:gpt-4o')?.capabilities['avg_latency_ms']).toBe(entry?.latencyMs)
  expect(shown('openai:o1')).toMatchObject({ category: 'reasoning', tier: 'premium' })
  expect(shown('openai:gpt-4o-mini')).toMatchObject({ tier: 'economy', capabilities: { avg_latency_ms: null } })
  expect(shown('sandbox:local')).toMatchObject({ category: 'general', tier: 'free' })
  expect(shown('sandbox:unpriced')).toMatchObject({ tier: null, capabilities: { supports_structured_output: null } })
})
