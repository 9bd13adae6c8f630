import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nanoFromDecimal, type Alert } from 'plugboard'
import { startReceiver, verify, type Receiver } from '../services/alerts/receiver.ts'
import { startGateway, type RunningGateway } from '../support/running-gateway.ts'
import { until } from '../support/until.ts'

const URL = '/v1/chat/completions'

let receiver: Receiver
let gateway: RunningGateway
let secret: string

beforeEach(async () => {
  receiver = await startReceiver()
  gateway = await startGateway()
  secret = (await gateway.plugboard.webhooks.add({ url: receiver.url, allowPrivate: true })).secret
})
afterEach(async () => {
  await gateway[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
})

/** 102 tokens in and 100 out, at 1 and 2 dollars per million: $0.000302. */
const ask = (budget: object, more: object = {}): Promise<Response> =>
  gateway.post(URL, {
    model: 'sandbox:demo',
    messages: [{ role: 'user', content: `/say ${'x'.repeat(400)}` }],
    budget,
    ...more,
  })

describe('budget.cost_alert_threshold of a request', () => {
  it.each([false, true])(
    'tells of a call that reached it, with a webhook and in process (stream: %s)',
    async (stream) => {
      const heard: Alert[] = []
      gateway.plugboard.alerts.on('cost_alert', (alert) => heard.push(alert))
      const caller = { user_id: 'user_123', project_id: 'project_ai', tracking_id: 't1' }
      const response = await ask({ cost_alert_threshold: 0.000302, ...caller }, { stream })
      await response.text()
      await until(() => receiver.received.length > 0)
      const [received] = receiver.received
      const [entry] = gateway.plugboard.ledger.entries()
      if (received === undefined) throw new Error('nothing came')
      expect(verify(received, secret)).toEqual({
        type: 'cost_alert',
        kind: 'request',
        id: received.headers['webhook-id'],
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        current_cost: 0.000302,
        threshold: 0.000302,
        period: 'request',
        ...caller,
        call_id: entry?.id,
        key_id: entry?.keyId,
        provider: 'sandbox',
        model: 'demo',
      })
      expect(heard).toEqual([received.event])
    },
  )

  it('says nothing of a call that cost less, or that failed before it cost anything', async () => {
    expect((await ask({ cost_alert_threshold: 0.000303 })).status).toBe(200)
    const failing = { messages: [{ role: 'user', content: '/error rate_limit' }] }
    expect((await ask({ cost_alert_threshold: 0.0001 }, failing)).status).toBe(429)
    await gateway.plugboard.complete('sandbox:unpriced', { messages: [] }, { costAlertThreshold: 0 })
    expect(gateway.plugboard.webhooks.deliveries()).toEqual([])
  })

  it.each(['0.4', -1, true])('refuses %j', async (threshold) => {
    const response = await ask({ cost_alert_threshold: threshold })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { param: 'budget.cost_alert_threshold' } })
    expect(gateway.plugboard.ledger.entries()).toEqual([])
  })

  it.each([Number.NaN, -1, Infinity])('is refused in the library when it is %d', async (costAlertThreshold) => {
    const { error } = await gateway.plugboard.complete('sandbox:demo', { messages: [] }, { costAlertThreshold })
    expect(error?.providerCode).toBe('REQUEST_INVALID')
  })
})

describe('a budget that is spent through the gateway', () => {
  it('sends one cost_alert at its threshold and one budget_exhausted with the first refusal', async () => {
    await gateway.plugboard.budgets.set({
      scope: { kind: 'user', value: 'user_123' },
      window: 'daily',
      limitNano: nanoFromDecimal('0.002'),
      alertThreshold: 0.4,
    })
    for (let n = 0; n < 8; n++) await (await ask({ user_id: 'user_123' }, { max_tokens: 110 })).text()
    await until(() => gateway.plugboard.webhooks.deliveries().every(({ state }) => state === 'delivered'))
    const [cost, exhausted, more] = receiver.received.map(({ event }) => event)
    expect(more).toBeUndefined()
    expect(cost).toMatchObject({
      type: 'cost_alert',
      user_id: 'user_123',
      current_cost: 0.000906,
      threshold: 0.0008,
      period: 'day',
      limit: { cost: 0.002, tokens: null },
    })
    expect(exhausted).toMatchObject({ type: 'budget_exhausted', needed: { cost: expect.any(Number) } })
  })
})
