import { describe, expect, it } from 'vitest'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { freePort } from '../../support/free-port.ts'
import { idsOf, startReceiver, verify, type Receiver } from './receiver.ts'
import { exhausted, openOffice, SOON, tell, type Office } from './support.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

async function withEndpoint(office: Office, { url }: Pick<Receiver, 'url'>) {
  const added = await office.webhooks.add({ url, allowPrivate: true })
  office.webhooks.deliver()
  return added
}

const only = ({ webhooks }: Office) => {
  const [delivery, second] = webhooks.deliveries()
  if (delivery === undefined || second !== undefined) throw new Error('not exactly one delivery')
  return delivery
}

const attempts = (office: Office, count: number) =>
  until(() => only(office).attempts === count, { what: `${count} attempts` })

describe('an event', () => {
  it('arrives signed, so that the official verifier takes it and nothing that was changed', async () => {
    await using receiver = await startReceiver()
    await using office = openOffice()
    const { secret } = await withEndpoint(office, receiver)
    const id = await tell(office)
    await until(() => only(office).state === 'delivered')
    const [received] = receiver.received
    if (received === undefined) throw new Error('nothing came')
    expect(verify(received, secret)).toMatchObject({ type: 'budget_exhausted', id, budget_id: 'bud_1' })
    expect(received.headers).toMatchObject({ 'webhook-id': id, 'content-type': 'application/json' })
    const forged = [
      { ...received, body: received.body.replace('bud_1', 'bud_2') },
      { ...received, headers: { ...received.headers, 'webhook-id': 'evt_other' } },
      { ...received, headers: { ...received.headers, 'webhook-timestamp': String(Math.floor(Date.now() / 1000) + 1) } },
    ]
    for (const each of forged) expect(() => verify(each, secret)).toThrow()
    expect(receiver.received).toHaveLength(1)
  })

  it('goes to every endpoint that wants its type, under one id, and to no other', async () => {
    await using all = await startReceiver()
    await using fitting = await startReceiver()
    await using other = await startReceiver()
    await using disabled = await startReceiver()
    await using office = openOffice()
    const { webhooks } = office
    await webhooks.add({ url: all.url, allowPrivate: true })
    await webhooks.add({ url: fitting.url, events: ['budget_exhausted'], allowPrivate: true })
    await webhooks.add({ url: other.url, events: ['cost_alert'], allowPrivate: true })
    const { webhook } = await webhooks.add({ url: disabled.url, allowPrivate: true })
    await webhooks.disable(webhook.id)
    webhooks.deliver()
    const id = await tell(office)
    await until(() => webhooks.deliveries().every(({ state }) => state === 'delivered'))
    expect(webhooks.deliveries()).toHaveLength(2)
    expect([all, fitting, other, disabled].map(({ received }) => idsOf(received))).toEqual([[id], [id], [], []])
  })

  it('is kept if and only if the transaction it was put in is', async () => {
    await using receiver = await startReceiver()
    await using office = openOffice()
    const { store, alerts } = office.books
    await withEndpoint(office, receiver)
    const failed = store.write(() => {
      alerts.put(exhausted)
      throw new Error('the rest failed')
    })
    await expect(failed).rejects.toThrow('the rest failed')
    expect(office.webhooks.deliveries()).toEqual([])
    const id = await tell(office)
    await until(() => receiver.received.length > 0)
    expect(idsOf(receiver.received)).toEqual([id])
  })

  it('is delivered once the endpoint is up again', async () => {
    const port = await freePort()
    await using office = openOffice()
    await withEndpoint(office, { url: `http://127.0.0.1:${port}/hook` })
    const id = await tell(office)
    await attempts(office, 1)
    expect(only(office)).toMatchObject({ state: 'pending', lastError: 'ECONNREFUSED' })
    await using receiver = await startReceiver({}, port)
    office.clock.advance(6_001)
    await until(() => only(office).state === 'delivered')
    expect(only(office)).toMatchObject({ attempts: 2, lastError: null, failedAt: null })
    expect(idsOf(receiver.received)).toEqual([id])
  })

  it('is tried eight times within two days, ever later, then given up, and begun anew when the endpoint is enabled', async () => {
    await using receiver = await startReceiver({ status: 500 })
    await using office = openOffice()
    const { webhook } = await withEndpoint(office, receiver)
    const id = await tell(office)
    const waits: number[] = []
    for (let count = 1; count < 8; count++) {
      await attempts(office, count)
      const wait = (only(office).nextAt ?? 0) - office.clock.now()
      waits.push(wait)
      office.clock.advance(wait - 1)
      // Not before its time.
      await new Promise((resolve) => setTimeout(resolve, 3 * SOON.lookMs))
      expect(receiver.received).toHaveLength(count)
      office.clock.advance(1)
    }
    await until(() => only(office).state === 'failed')
    const planned = [5_000, 30_000, 2 * MINUTE, 10 * MINUTE, 60 * MINUTE, 360 * MINUTE, DAY]
    waits.forEach((wait, n) => expect(Math.abs(wait / (planned[n] as number) - 1)).toBeLessThanOrEqual(0.2))
    expect(only(office)).toMatchObject({ attempts: 8, lastError: 'answered 500', nextAt: null })
    office.clock.advance(10 * DAY)
    await new Promise((resolve) => setTimeout(resolve, 3 * SOON.lookMs))
    expect(receiver.received).toHaveLength(8)

    receiver.answer = {}
    await office.webhooks.enable(webhook.id)
    await until(() => only(office).state === 'delivered')
    expect(new Set(idsOf(receiver.received))).toEqual(new Set([id]))
  })

  it('is signed anew for every attempt, with the time of that attempt', async () => {
    await using receiver = await startReceiver({ status: 503 })
    await using office = openOffice()
    const { secret } = await withEndpoint(office, receiver)
    await tell(office)
    await attempts(office, 1)
    office.clock.advance(6_000)
    await attempts(office, 2)
    const [first, second] = receiver.received.map(({ headers }) => Number(headers['webhook-timestamp']))
    expect(Number(second) - Number(first)).toBe(6)
    for (const each of receiver.received) verify(each, secret)
  })

  it('that gets no answer in time is tried again', async () => {
    const never = Promise.withResolvers<void>()
    await using receiver = await startReceiver({ after: never.promise })
    await using office = openOffice(':memory:', undefined, { ...SOON, timeoutMs: 100 })
    await withEndpoint(office, receiver)
    await tell(office)
    await attempts(office, 1)
    expect(only(office)).toMatchObject({ state: 'pending', lastError: 'no answer within 0.1 s' })
    never.resolve()
  })

  it.each([
    ['120', 120_000],
    ['1', 4_000],
    ['99999999', DAY],
    ['soon', 4_000],
  ])('waits at least as long as "retry-after: %s" says, a day at most', async (retryAfter, least) => {
    await using receiver = await startReceiver({ status: 429, headers: { 'retry-after': retryAfter } })
    await using office = openOffice()
    await withEndpoint(office, receiver)
    await tell(office)
    await attempts(office, 1)
    const wait = (only(office).nextAt ?? 0) - office.clock.now()
    expect(wait).toBeGreaterThanOrEqual(least)
    expect(wait).toBeLessThanOrEqual(Math.max(least, 6_000))
  })

  it('waits until the date that "retry-after" names', async () => {
    await using office = openOffice()
    const later = new Date(office.clock.now() + 3_600_000)
    await using receiver = await startReceiver({ status: 503, headers: { 'retry-after': later.toUTCString() } })
    await withEndpoint(office, receiver)
    await tell(office)
    await attempts(office, 1)
    expect(Math.abs((only(office).nextAt ?? 0) - later.getTime())).toBeLessThanOrEqual(1_000)
  })

  it('does not keep an endpoint waiting that another slow one stands before', async () => {
    const never = Promise.withResolvers<void>()
    await using slow = await startReceiver({ after: never.promise })
    await using quick = await startReceiver()
    await using office = openOffice()
    await withEndpoint(office, slow)
    for (let n = 0; n < 40; n++) await tell(office)
    await until(() => slow.received.length > 0)
    await office.webhooks.add({ url: quick.url, allowPrivate: true })
    const id = await tell(office)
    await until(() => quick.received.length > 0)
    expect(idsOf(quick.received)).toEqual([id])
    expect(slow.received.length).toBeLessThanOrEqual(4)
    never.resolve()
    await until(() => office.webhooks.deliveries().every(({ state }) => state === 'delivered'))
    expect(new Set(idsOf(slow.received)).size).toBe(41)
    expect(slow.received).toHaveLength(41)
  })
})

describe('the audit log', () => {
  it('says who added, disabled, enabled and removed an endpoint, and neither its path nor its secret', async () => {
    await using office = openOffice()
    const { webhooks, books } = office
    const { webhook, secret } = await webhooks.add({ url: 'https://8.8.8.8/services/T0/B0/hush' }, 'ann')
    for (const change of ['disable', 'enable', 'remove'] as const) await webhooks[change](webhook.id, 'bob')
    const entries = books.audit.entries().toReversed()
    expect(entries.map(({ action, actor, subject }) => [action, actor, subject])).toEqual([
      ['webhook_added', 'ann', webhook.id],
      ['webhook_disabled', 'bob', webhook.id],
      ['webhook_enabled', 'bob', webhook.id],
      ['webhook_removed', 'bob', webhook.id],
    ])
    expect(entries[0]?.details).toMatchObject({ origin: 'https://8.8.8.8' })
    expect(JSON.stringify(entries)).not.toContain('hush')
    expect(JSON.stringify(entries)).not.toContain(secret.slice(6))
    await expect(webhooks.test(webhook.id)).rejects.toMatchObject({ code: 'WEBHOOK_UNKNOWN' })
  })
})

describe('a database that cannot be written', () => {
  it('makes an event arrive twice rather than never', async () => {
    await using receiver = await startReceiver()
    await using office = openOffice()
    const { db } = office.books.store
    await withEndpoint(office, receiver)
    db.exec(`CREATE TRIGGER full BEFORE UPDATE ON webhook_delivery WHEN NEW.delivered_at IS NOT NULL
      BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`)
    const id = await tell(office)
    const passing = (what: () => boolean) =>
      until(() => {
        office.clock.advance(1_000)
        return what()
      })
    await passing(() => receiver.received.length === 2)
    db.exec('DROP TRIGGER full')
    await passing(() => only(office).state === 'delivered')
    expect(new Set(idsOf(receiver.received))).toEqual(new Set([id]))
  })
})

describe('an endpoint that answers 410', () => {
  it('is disabled, and what waited for it is delivered when somebody enables it', async () => {
    await using receiver = await startReceiver({ status: 410 })
    await using office = openOffice()
    const { webhook } = await withEndpoint(office, receiver)
    await tell(office)
    await until(() => office.webhooks.list()[0]?.enabled === false)
    expect(office.webhooks.list()).toMatchObject([{ id: webhook.id, enabled: false, disabledReason: 'gone' }])
    await until(() => office.books.audit.entries().some(({ action }) => action === 'webhook_disabled'))
    expect(only(office)).toMatchObject({ state: 'pending', attempts: 1, lastError: 'answered 410' })
    await tell(office)
    office.clock.advance(2 * DAY)
    await new Promise((resolve) => setTimeout(resolve, 3 * SOON.lookMs))
    expect(receiver.received).toHaveLength(1)
    receiver.answer = {}
    await office.webhooks.enable(webhook.id)
    await until(() => only(office).state === 'delivered')
  })
})

describe('a clock that is set', () => {
  it('back by a year delays no attempt', async () => {
    await using receiver = await startReceiver({ status: 500 })
    await using office = openOffice()
    await withEndpoint(office, receiver)
    await tell(office)
    await attempts(office, 1)
    receiver.answer = {}
    office.clock.jump(-365 * DAY)
    await until(() => only(office).state === 'delivered')
    await tell(office)
    await until(() => receiver.received.length === 3)
  })

  it('forward by a year makes nobody deliver what another process is delivering', async () => {
    const gate = Promise.withResolvers<void>()
    await using receiver = await startReceiver({ after: gate.promise })
    await using dir = await tempDir()
    await using first = openOffice(dir.at('a.db'))
    await using second = openOffice(dir.at('a.db'), first.clock)
    await withEndpoint(first, receiver)
    await tell(first)
    await until(() => receiver.received.length === 1)
    second.webhooks.deliver()
    first.clock.jump(365 * DAY)
    await new Promise((resolve) => setTimeout(resolve, 5 * SOON.lookMs))
    gate.resolve()
    await until(() => only(first).state === 'delivered')
    expect(receiver.received).toHaveLength(1)
  })
})
