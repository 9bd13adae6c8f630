import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Clock } from 'plugboard'
import { startOpenAIUpstream, type OpenAIUpstream } from '../support/openai-upstream.ts'
import { openaiAt, startGateway, type RunningGateway } from '../support/running-gateway.ts'
import { TestClock } from '../services/budget/support.ts'
import { DAY, entry } from '../services/usage/support.ts'

const NOW = Date.UTC(2026, 2, 14, 12)
const URL = '/api/v1/analytics/usage'

let upstream: OpenAIUpstream
let gateway: RunningGateway

beforeAll(async () => {
  upstream = await startOpenAIUpstream()
  gateway = await startGateway({
    ...openaiAt(upstream),
    services: (scope) => scope.value(Clock, new TestClock(NOW)),
  })
  // The days before; what is asked over HTTP below happens at noon of the fourteenth.
  for (const [day, nano] of [2_000_000_000, 4_000_000_000, 6_000_000_000].entries())
    await gateway.plugboard.ledger.record(entry({ began: NOW - (3 - day) * DAY, provider: 'lab', model: 'old', nano }))
  await ask({ model: 'gpt-4o', budget: { user_id: 'ann', project_id: 'apollo', agent_id: 'planner' } }, [1_000, 500])
  await ask({ model: 'gpt-4o-mini', budget: { user_id: 'bob' } }, [1_000, 1_000])
  await ask({ model: 'gpt-4o-mini' }, [3, 1])
  await ask({ model: 'sandbox:unpriced' })
  upstream.script({ status: 500 })
  await gateway.post('/v1/chat/completions', { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] })
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await upstream.close()
})

async function ask(body: object, [prompt, completion]: readonly [number, number] = [1, 1]): Promise<void> {
  upstream.script({ usage: { prompt, completion } })
  const { status } = await gateway.post('/v1/chat/completions', {
    messages: [{ role: 'user', content: 'Hi' }],
    ...body,
  })
  expect(status).toBe(200)
}

async function analytics(query = ''): Promise<Record<string, unknown>> {
  const response = await gateway.get(`${URL}${query}`)
  expect(response.status).toBe(200)
  return (await response.json()) as Record<string, unknown>
}

describe('usage analytics over HTTP', () => {
  it('tells a day as it is documented, to the nano-dollar', async () => {
    const body = await analytics('?period=day&start=2026-03-14&end=2026-03-15')
    // gpt-4o: $0.0075. gpt-4o-mini: 1,000 in and out are $0.00075, 3 in and 1 out $0.00000105.
    expect(body).toMatchObject({
      period: 'day',
      start_time: '2026-03-14T00:00:00Z',
      end_time: '2026-03-15T00:00:00Z',
      total_requests: 5,
      total_cost: 0.00825105,
      avg_latency_ms: expect.any(Number) as number,
      cost_by_provider: { openai: 0.00825105, sandbox: null },
      top_models: [
        { model: 'gpt-4o', usage_count: 2, cost: 0.0075 },
        { model: 'gpt-4o-mini', usage_count: 2, cost: 0.00075105 },
        { model: 'unpriced', usage_count: 1, cost: null },
      ],
    })
    const [key] = gateway.plugboard.keys.list()
    expect(body).toMatchObject({
      time_zone: 'UTC',
      currency: 'USD',
      completed_requests: 4,
      failed_requests: 1,
      unpriced_requests: 1,
      cost_by_model: { 'openai:gpt-4o': 0.0075, 'openai:gpt-4o-mini': 0.00075105, 'sandbox:unpriced': null },
      cost_by_key: { [key?.id ?? '']: 0.00825105 },
      cost_by_user: { ann: 0.0075, bob: 0.00075, '': 0.00000105 },
      cost_by_project: { apollo: 0.0075, '': 0.00075105 },
      cost_by_agent: { planner: 0.0075, '': 0.00075105 },
      cost_by_day: { '2026-03-14': 0.00825105 },
      estimated: { requests: 0, cost: 0, share: 0 },
      cache_savings: 0,
      counted_since_reset: null,
    })
  })

  it('projects the month, and advises', async () => {
    const body = await analytics()
    expect(body).toMatchObject({
      period: 'month',
      start_time: '2026-03-01T00:00:00Z',
      end_time: '2026-04-01T00:00:00Z',
    })
    // $4 a day for half of the fourteenth and seventeen days more, on top of $12.00825105.
    expect(body['projection']).toMatchObject({
      spent: 12.00825105,
      amount: 82.00825105,
      method: 'mean_day',
      full_days: 3,
      unpriced_requests: 1,
      reason: null,
      message: "You're on track for $82.01 this month.",
    })
    expect(body['advice']).toContainEqual({
      kind: 'unknown_price',
      model: 'sandbox:unpriced',
      alternative: null,
      requests: 1,
      charged: null,
      saving: null,
      message: expect.stringContaining('is not known') as string,
    })
    const day = await analytics('?start=2026-03-14&period=day')
    expect(day['advice']).toContainEqual(
      expect.objectContaining({ kind: 'cheaper_model', model: 'openai:gpt-4o', charged: 0.0075 }) as object,
    )
    expect(day['advice_limits']).not.toEqual([])
  })

  it('is the same at both addresses, and grows with the next call', async () => {
    const path = '/v1/analytics/usage?start=2026-03-14'
    const before = (await (await gateway.get(path)).json()) as Record<string, number>
    expect(before).toEqual(await analytics('?start=2026-03-14'))
    await ask({ model: 'gpt-4o', budget: { user_id: 'late' } }, [1_000, 500])
    const after = (await (await gateway.get(path)).json()) as Record<string, number>
    expect(after['total_requests']).toBe((before['total_requests'] ?? 0) + 1)
    expect(after['cost_by_user']).toMatchObject({ late: 0.0075 })
  })

  it.each([
    ['', '2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z'],
    ['?period=day', '2026-03-14T00:00:00Z', '2026-03-15T00:00:00Z'],
    ['?period=week', '2026-03-09T00:00:00Z', '2026-03-16T00:00:00Z'],
    ['?period=week&start=2026-03-04', '2026-03-04T00:00:00Z', '2026-03-11T00:00:00Z'],
    ['?period=month&end=2026-03-01', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
    ['?period=day&time_zone=Asia/Tokyo', '2026-03-13T15:00:00Z', '2026-03-14T15:00:00Z'],
    ['?start=2026-03-14T01:02:03.5%2B02:00&end=2026-03-20', '2026-03-13T23:02:03.500Z', '2026-03-20T00:00:00Z'],
  ])('fills in what %j leaves out', async (query, start, end) => {
    expect(await analytics(query)).toMatchObject({ start_time: start, end_time: end })
  })

  it.each([
    ['period=year', 'period'],
    ['start=yesterday', 'start'],
    ['start=2026-02-30', 'start'],
    ['end=2026-13-01', 'end'],
    ['start=2026-03-02&end=2026-03-01', 'end'],
    ['time_zone=Berlin', 'time_zone'],
    ['all=yes', 'all'],
    ['perod=day', 'perod'],
    ['period=day&period=week', 'period'],
  ])('refuses ?%s and names the parameter', async (query, param) => {
    const response = await gateway.get(`${URL}?${query}`)
    expect(response.status).toBe(400)
    const { error } = (await response.json()) as { error: Record<string, string> }
    expect(error).toMatchObject({ type: 'invalid_request_error', param })
    expect(error['message']).toContain(`"${query.startsWith('period=year') ? 'year' : param}"`)
  })

  it('needs a key', async () => {
    expect((await fetch(`${gateway.url}${URL}`)).status).toBe(401)
  })

  it('counts from the last reset on, unless all are asked for', async () => {
    await gateway.plugboard.usage.reset({ actor: 'test' })
    expect(await analytics()).toMatchObject({
      total_requests: 0,
      total_cost: 0,
      avg_latency_ms: null,
      cost_by_provider: {},
      counted_since_reset: '2026-03-14T12:00:00Z',
      advice: [],
    })
    expect(await analytics('?all=true')).toMatchObject({ total_requests: 9, counted_since_reset: null })
  })
})
