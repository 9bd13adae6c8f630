import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type * as Silence from '../../core/pipeline/silence.ts'

// One of its own, whose shared timer is made of faked time: that of the other tests may still be running.
const own = new URL('../../core/pipeline/silence.ts?faked', import.meta.url).href
const { watchSilence } = (await import(own)) as typeof Silence

describe('the silence of a provider', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    // The shared timer ends by itself when there is nobody left to watch.
    vi.advanceTimersByTime(1_000)
    vi.useRealTimers()
  })

  /** How long somebody is silent until it is told, when something is heard at these moments. */
  function toldAfter(limitMs: number, heardAt: readonly number[] = []): number | undefined {
    let told: number | undefined
    const from = Date.now()
    const silence = watchSilence(limitMs, { silent: () => (told ??= Date.now() - from) })
    for (let ms = 1; ms <= 30_000 && told === undefined; ms++) {
      vi.advanceTimersByTime(1)
      if (heardAt.includes(ms)) silence.restart()
    }
    silence.end()
    return told
  }

  it.each([40, 4_999])('of %i ms is told to the millisecond', (limit) => {
    expect(toldAfter(limit)).toBe(limit)
    expect(toldAfter(limit, [30])).toBe(30 + limit)
  })

  it.each([5_000, 7_250])('of %i ms is never told too early, and at most a second late', (limit) => {
    for (const begin of [0, 130, 499]) {
      vi.advanceTimersByTime(begin)
      for (const heard of [[], [300], [1_000, 4_990]]) {
        const told = toldAfter(limit, heard) ?? Infinity
        expect(told - (heard.at(-1) ?? 0)).toBeGreaterThanOrEqual(limit)
        expect(told - (heard.at(-1) ?? 0)).toBeLessThanOrEqual(limit + 1_000)
      }
    }
  })

  it('is told once, and not at all of somebody who is no longer listened to', () => {
    let told = 0
    const listener = { silent: () => told++ }
    watchSilence(6_000, listener).end()
    const silence = watchSilence(6_000, listener)
    vi.advanceTimersByTime(60_000)
    expect(told).toBe(1)
    silence.restart()
    vi.advanceTimersByTime(60_000)
    expect(told).toBe(2)
    silence.end()
    vi.advanceTimersByTime(1_000)
    expect(vi.getTimerCount()).toBe(0)
  })
})
