import { describe, expect, it } from 'vitest'
import type { Batch } from '../../plugin-sdk/index.ts'
import { LiveCall, type Outcome } from '../../core/pipeline/call.ts'
import { compose, type Interceptor, type Next, type Reply } from '../../core/pipeline/compose.ts'
import { Engine } from '../../core/pipeline/engine.ts'
import { run } from '../../core/pipeline/pump.ts'
import { systemClock } from '../../core/services/clock/clock.ts'

const request = { model: 'acme:demo', context: { messages: [] }, options: {}, stream: true, caller: {} }
const finish = { type: 'finish', reason: 'stop' } as const
const START: Batch = [{ type: 'text_start', contentIndex: 0 }]
const WORD: Batch = [{ type: 'text_delta', contentIndex: 0, delta: 'word' }]

const answering =
  (...batches: readonly Batch[]): Next =>
  () =>
    Promise.resolve({ provider: 'acme', model: 'demo', batches: batches.values() as unknown as Reply['batches'] })

/** An answer whose batches arrive when the test says so. */
function paced(): { next: Next; give: (batch: Batch) => void; left: () => boolean } {
  const waiting: ((step: IteratorResult<Batch>) => void)[] = []
  let left = false
  const batches: AsyncIterator<Batch> = {
    next: () => new Promise((resolve) => waiting.push(resolve)),
    return: () => {
      left = true
      return Promise.resolve({ done: true, value: undefined })
    },
  }
  return {
    next: () => Promise.resolve({ provider: 'acme', model: 'demo', batches }),
    give: (batch) => waiting.shift()?.({ done: false, value: batch }),
    left: () => left,
  }
}

/** A call that keeps the outcomes it was settled with. */
function observed(): { call: LiveCall; outcomes: Outcome[] } {
  const call = new LiveCall('req_1', request, 0)
  const outcomes: Outcome[] = []
  call.settled((outcome) => {
    outcomes.push(outcome)
  })
  return { call, outcomes }
}

async function readAll({ batches }: Reply): Promise<Batch[]> {
  const read: Batch[] = []
  for (let step = await batches.next(); step.done !== true; step = await batches.next()) read.push(step.value)
  return read
}

describe('a call is settled exactly once', () => {
  it('as completed, before the batch that completes it is given out', async () => {
    const { call, outcomes } = observed()
    const { batches } = await run(call, answering(START, WORD, [finish]))
    await batches.next()
    await batches.next()
    expect(outcomes).toEqual([])
    await batches.next()
    expect(outcomes).toEqual([{ status: 'completed', finish }])
    expect(await batches.next()).toEqual({ done: true, value: undefined })
    await batches.return?.()
    call.stop('too late')
    expect(outcomes).toHaveLength(1)
  })

  it('as failed, when the stream breaks', async () => {
    const { call, outcomes } = observed()
    const cause = new Error('broken')
    const reply = await run(call, () =>
      Promise.resolve({ provider: 'acme', model: 'demo', batches: { next: () => Promise.reject(cause) } }),
    )
    await expect(reply.batches.next()).rejects.toBe(cause)
    expect(outcomes).toMatchObject([{ status: 'failed', cause, error: { class: 'plugin' } }])
    expect(await reply.batches.next()).toEqual({ done: true, value: undefined })
    expect(outcomes).toHaveLength(1)
  })

  it('as failed, when nothing ever begins', async () => {
    const { call, outcomes } = observed()
    const cause = new Error('nobody there')
    await expect(run(call, () => Promise.reject(cause))).rejects.toBe(cause)
    expect(outcomes).toMatchObject([{ status: 'failed', cause }])
  })

  it('as failed, when the answer just ends', async () => {
    const { call, outcomes } = observed()
    await expect(readAll(await run(call, answering(START, WORD)))).rejects.toMatchObject({
      info: { providerCode: 'truncated' },
    })
    expect(outcomes).toMatchObject([{ status: 'failed', error: { class: 'network', providerCode: 'truncated' } }])
  })

  it('as cancelled, when the reader leaves before the first read', async () => {
    const { call, outcomes } = observed()
    const upstream = paced()
    const { batches } = await run(call, upstream.next)
    await batches.return?.()
    expect(outcomes).toEqual([{ status: 'cancelled' }])
    expect(upstream.left()).toBe(true)
    expect(call.signal.aborted).toBe(true)
  })

  it('as cancelled, when the call is stopped and nobody reads', async () => {
    const { call, outcomes } = observed()
    const upstream = paced()
    const { batches } = await run(call, upstream.next)
    call.stop('enough')
    await expect(batches.next()).rejects.toMatchObject({ info: { class: 'aborted' } })
    expect(outcomes).toEqual([{ status: 'cancelled' }])
    expect(upstream.left()).toBe(true)
  })

  it('as cancelled, when it was stopped before it began', async () => {
    const { call, outcomes } = observed()
    const { batches } = await run(call, async (live) => {
      ;(live as LiveCall).stop('at once')
      return paced().next(live)
    })
    await expect(batches.next()).rejects.toMatchObject({ info: { class: 'aborted' } })
    expect(outcomes).toEqual([{ status: 'cancelled' }])
  })
})

describe('settling', () => {
  it('tells the last one registered first, and waits for each', async () => {
    const call = new LiveCall('req_1', request, 0)
    const order: string[] = []
    call.settled(() => void order.push('outermost'))
    call.settled(async () => {
      await new Promise((resolve) => setImmediate(resolve))
      order.push('slow')
    })
    call.settled(() => void order.push('innermost'))
    await readAll(await run(call, answering([finish])))
    expect(order).toEqual(['innermost', 'slow', 'outermost'])
  })

  it('tells everybody also when one of them fails, and then fails the call', async () => {
    const call = new LiveCall('req_1', request, 0)
    const told: string[] = []
    call.settled(() => void told.push('lease'))
    call.settled(() => {
      throw new Error('the ledger is full')
    })
    call.settled(() => void told.push('cost'))
    await expect(readAll(await run(call, answering(START, [finish])))).rejects.toThrow('the ledger is full')
    expect(told).toEqual(['cost', 'lease'])
  })

  it('runs from the innermost interceptor outwards', async () => {
    const order: string[] = []
    const named =
      (name: string): Interceptor =>
      (call, next) => {
        order.push(`${name} in`)
        call.settled(() => void order.push(`${name} settled`))
        return next(call)
      }
    await readAll(
      await run(new LiveCall('req_1', request, 0), compose([named('audit'), named('ledger')], answering([finish]))),
    )
    expect(order).toEqual(['audit in', 'ledger in', 'ledger settled', 'audit settled'])
  })
})

describe('a tap', () => {
  it('sees every batch once, before it is delivered', async () => {
    const call = new LiveCall('req_1', request, 0)
    const tapped: Batch[] = []
    call.tap((batch) => tapped.push(batch))
    const { batches } = await run(call, answering(START, WORD, [finish]))
    for (const count of [1, 2, 3]) {
      const step = await batches.next()
      expect(tapped).toHaveLength(count)
      expect(tapped.at(-1)).toBe(step.value)
    }
    expect(call.message.content).toEqual([{ type: 'text', text: 'word' }])
  })
})

describe('the engine', () => {
  it('counts a call as running until everything about it is settled', async () => {
    const booked = Promise.withResolvers<void>()
    const engine = new Engine((call) => {
      call.settled(() => booked.promise)
      return answering([finish])(call)
    }, systemClock)
    const { reply } = engine.begin(request)
    const reading = readAll(await reply)
    const idle = [engine.idle(), engine.idle()]
    expect(engine.running).toBe(1)
    booked.resolve()
    await Promise.all(idle)
    expect(engine.running).toBe(0)
    expect(await reading).toHaveLength(1)
    await engine.idle()
  })

  it('gives ids that are unique and grow with time', () => {
    const engine = new Engine(() => Promise.reject(new Error('never mind')), systemClock)
    const ids = Array.from({ length: 2_000 }, () => {
      const { call, reply } = engine.begin(request)
      reply.catch(() => undefined)
      return call.id
    })
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.toSorted()).toEqual(ids)
  })

  it('keeps ids growing when the clock steps back', () => {
    let now = 2_000_000_000_000
    const engine = new Engine(() => Promise.reject(new Error('never mind')), { now: () => now, monotonic: () => 0 })
    const id = (): string => {
      const { call, reply } = engine.begin(request)
      reply.catch(() => undefined)
      return call.id
    }
    const before = id()
    now -= 60_000
    expect(id() > before).toBe(true)
  })
})
