import { expect, test } from 'vitest'
import { startOpenAIUpstream } from '../support/openai-upstream.ts'
import { openaiAt, startGateway } from '../support/running-gateway.ts'

const body = { model: 'openai:gpt-4o', messages: [{ role: 'user', content: 'Hi' }], stream: true }

test('a shutdown takes no new calls and lets a running stream finish', async () => {
  await using upstream = await startOpenAIUpstream()
  await using running = await startGateway(openaiAt(upstream))
  const go = Promise.withResolvers<void>()
  upstream.script({ deltas: ['one ', 'two'], hold: { after: 1, until: go.promise } })
  const response = await running.post('/v1/chat/completions', body)
  const closed = running.gateway.close(10_000)
  await expect(
    running.get('/v1/models').then(({ status }) => status === 503 || Promise.reject(new Error('refused'))),
  ).rejects.toThrow()
  go.resolve()
  const text = await response.text()
  expect(text).toContain('two')
  expect(text).toContain('[DONE]')
  await closed
})

test('what runs longer than the grace time ends with an error that says so', async () => {
  await using upstream = await startOpenAIUpstream({ script: { deltas: 5, fault: { kind: 'stall', after: 2 } } })
  await using running = await startGateway(openaiAt(upstream))
  const response = await running.post('/v1/chat/completions', body)
  await running.gateway.close(50)
  const text = await response.text()
  expect(text).not.toContain('[DONE]')
  expect(text).toContain('shutting down')
  expect(running.plugboard.ledger.entries({ limit: 1 })[0]).toMatchObject({ outcome: 'failed' })
})
