import { describe, expect, it } from 'vitest'
import { ask, hello, type Files } from '../fixtures-plugins.ts'
import { until } from '../support/until.ts'
import { HALF, bad, callBad, expectContained, handmade, iterator, start } from './bad-provider.ts'

describe('a provider that fails', () => {
  it.each<[string, Files, { class: string; says: string }]>([
    [
      'by throwing before it streams',
      handmade(`() => { throw new Error('not today') }`),
      { class: 'plugin', says: 'not today' },
    ],
    ['by throwing at once', bad(`throw new Error('not today')`), { class: 'plugin', says: 'not today' }],
    ['by throwing text', bad(`throw 'just text'`), { class: 'plugin', says: 'just text' }],
    ['by throwing nothing', bad('throw undefined'), { class: 'plugin', says: 'undefined' }],
    [
      'by throwing what cannot be shown',
      bad('throw Object.create(null)'),
      { class: 'plugin', says: 'cannot be shown' },
    ],
    ['by throwing in the middle', bad(`${HALF}; throw new Error('lost it')`), { class: 'plugin', says: 'lost it' }],
    [
      'with an error of the contract',
      bad(`${HALF}; throw new ProviderError('overloaded', 'busy', { status: 529 })`),
      { class: 'overloaded', says: 'busy' },
    ],
    [
      'with a class nobody knows',
      bad(`throw new ProviderError('weird', 'strange')`),
      { class: 'plugin', says: 'strange' },
    ],
    [
      'with an error that only looks like one of ours',
      handmade(
        `() => { throw Object.assign(new Error('fake'), { [Symbol.for('plugboard.error')]: true, info: null, code: 7 }) }`,
      ),
      { class: 'plugin', says: 'fake' },
    ],
    [
      'by returning nothing to read',
      handmade('() => undefined'),
      { class: 'plugin', says: 'did not return an async iterable' },
    ],
    [
      'by returning a promise of a stream',
      handmade('async () => (async function* () {})()'),
      { class: 'plugin', says: 'did not return an async iterable' },
    ],
    [
      'by throwing when it is read',
      iterator(`next() { throw new Error('not readable') }`),
      { class: 'plugin', says: 'not readable' },
    ],
    [
      'by returning no step',
      iterator('next: async () => undefined'),
      { class: 'plugin', says: 'An error inside the provider "bad"' },
    ],
    ['by ending without a word', bad(''), { class: 'network', says: 'ended before it was complete' }],
    ['by ending before it is complete', bad(HALF), { class: 'network', says: 'ended before it was complete' }],
  ])('%s gives a typed error', async (_name, files, { class: errorClass, says }) => {
    await using bench = await start(files)
    const seen = await callBad(bench)
    expect(seen.events.at(-1)).toMatchObject({
      type: 'error',
      reason: 'error',
      error: { class: errorClass, message: expect.stringContaining(says) as string, provider: 'bad', model: 'demo' },
    })
    expect(seen.entries[0]).toMatchObject({ outcome: 'failed', errorClass })
    await expectContained(bench, seen)
  })
})

describe('a provider that hangs', () => {
  it('before its first event is given up after the first timeout', async () => {
    await using bench = await start(bad('await new Promise(() => {})'))
    const seen = await callBad(bench, { timeoutMs: 30 })
    expect(seen.events.at(-1)).toMatchObject({
      type: 'error',
      error: { class: 'timeout', message: expect.stringContaining('did not begin') as string },
    })
    expect(seen.entries[0]).toMatchObject({
      outcome: 'failed',
      errorClass: 'timeout',
      usage: { output: 0 },
      cost: { total: 0 },
    })
    await expectContained(bench, seen)
  })

  it('in the middle is given up after the idle timeout, and what it said is booked', async () => {
    await using bench = await start(bad(`${HALF}; await new Promise(() => {})`))
    const seen = await callBad(bench, { timeoutMs: 30, idleTimeoutMs: 30 })
    expect(seen.events.at(-1)).toMatchObject({
      type: 'error',
      error: { class: 'timeout', message: expect.stringContaining('fell silent') as string },
    })
    expect(seen.entries[0]).toMatchObject({ outcome: 'failed', usage: { output: 1, estimated: true } })
    await expectContained(bench, seen)
  })

  it('is not confused with a reader who takes its time', async () => {
    await using bench = await start(bad(`${HALF}; yield { type: 'finish', reason: 'stop' }`))
    const stream = bench.plugboard.stream('bad:demo', hello, { idleTimeoutMs: 20 })
    const events: string[] = []
    for await (const { type } of stream) {
      events.push(type)
      if (type === 'text_start') await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(events.at(-1)).toBe('done')
  })

  it.each([
    [
      'and ignores being told to stop',
      bad(`${HALF}; for (;;) { try { await new Promise(() => {}) } finally { await new Promise(() => {}) } }`),
    ],
    [
      'and throws when it is told to leave',
      iterator(`next: () => new Promise(() => {}), return() { throw new Error('no') }`),
    ],
    [
      'and rejects when it is told to leave',
      iterator(`next: () => new Promise(() => {}), return: () => Promise.reject(new Error('no'))`),
    ],
    [
      'and rejects late',
      iterator(`next: () => new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 20))`),
    ],
  ])('%s is left when the caller aborts', async (_name, files) => {
    await using bench = await start(files)
    const stream = bench.plugboard.stream('bad:demo', hello)
    const result = stream.result()
    await until(() => bench.plugboard.plugins[0]?.calls.current === 1)
    stream.abort()
    expect(await result).toMatchObject({ stopReason: 'aborted', error: { class: 'aborted' } })
    const entries = bench.plugboard.ledger.entries({ id: stream.id })
    expect(entries).toMatchObject([{ outcome: 'cancelled' }])
    expect(bench.plugboard.engine.running).toBe(0)
    expect(await ask(bench.plugboard, 'good:demo')).toBe('good')
  })
})
