import { describe, expect, it } from 'vitest'
import { Clock, type LedgerEntry } from '../../core/index.ts'
import { codePlugin, hello, startBench, type Bench } from '../fixtures-plugins.ts'

const DAY = 24 * 3_600_000
let now = Date.parse('2026-10-01T12:00:00Z')
let count = 0

const entry = (changes: Partial<LedgerEntry> & { readonly output?: number } = {}): LedgerEntry => {
  const { output = 100, ...rest } = changes
  return {
    id: `req_${String(++count).padStart(6, '0')}`,
    at: now,
    keyId: undefined,
    trackingId: undefined,
    userId: undefined,
    projectId: undefined,
    provider: 'acme',
    model: 'demo',
    generation: 'g',
    attempt: 1,
    outcome: 'completed',
    errorClass: undefined,
    usage: { input: 10, output, cacheRead: 0, cacheWrite: 0, totalTokens: 10 + output },
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
    latencyMs: 1_000,
    ttfbMs: 200,
    streamed: true,
    ...rest,
  }
}

const acme = codePlugin('acme', { stream: `throw new ProviderError('overloaded', 'busy')` })
const clock: Clock = { now: () => now, monotonic: () => now }
const start = (): Promise<Bench> => startBench({ acme }, { services: (scope) => scope.value(Clock, clock) })
const demo = { provider: 'acme', id: 'demo' }

describe('what a model has shown lately', () => {
  it('is the latency, speed and failures of its calls in the ledger', async () => {
    await using bench = await start()
    const { ledger, measured } = bench.plugboard
    const calls = [
      entry({ latencyMs: 1_000, ttfbMs: 200, output: 80 }),
      entry({ latencyMs: 2_000, ttfbMs: 400, output: 40 }),
      entry({ latencyMs: 9_000, ttfbMs: 9_000, streamed: false }),
      entry({ outcome: 'failed', errorClass: 'overloaded', latencyMs: 5 }),
      entry({ outcome: 'failed', errorClass: 'invalid_request', latencyMs: 5 }),
      entry({ outcome: 'cancelled', latencyMs: 50_000 }),
      entry({ model: 'other', latencyMs: 7 }),
    ]
    for (const call of calls) await ledger.record(call)
    expect(measured.of(demo)).toEqual({
      calls: 6,
      meanMs: 4_000,
      medianMs: 2_000,
      medianTtfbMs: 400,
      tokensPerSecond: 50,
      errorShare: 0.25,
    })
    expect(measured.of({ provider: 'acme', id: 'other' })).toMatchObject({ calls: 1, medianMs: 7, errorShare: 0 })
    expect(measured.of({ provider: 'acme', id: 'silent' })).toBeUndefined()
  })

  it('says nothing of speed where no answer tells it, and forgets what is older than a week', async () => {
    await using bench = await start()
    const { ledger, measured } = bench.plugboard
    await ledger.record(entry({ at: now - 8 * DAY, latencyMs: 1 }))
    await ledger.record(entry({ at: now - 6 * DAY, outcome: 'cancelled' }))
    expect(measured.of(demo)).toEqual({
      calls: 1,
      meanMs: null,
      medianMs: null,
      medianTtfbMs: null,
      tokensPerSecond: null,
      errorShare: null,
    })
  })

  it('is asked of the ledger again after ten seconds', async () => {
    await using bench = await start()
    const { plugboard } = bench
    expect(plugboard.measured.of(demo)).toBeUndefined()
    await plugboard.complete('acme:demo', hello)
    expect(plugboard.measured.of(demo)).toBeUndefined()
    now += 10_000
    expect(plugboard.measured.of(demo)).toMatchObject({ calls: 1, errorShare: 1 })
  })
})
