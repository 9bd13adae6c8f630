import { describe, expect, it } from 'vitest'
import { until } from '../support/until.ts'
import { HALF, START, bad, callBad, expectContained, start } from './bad-provider.ts'

const leftSoFar = (): number => (globalThis as { left?: number }).left ?? 0

describe('a provider that yields', () => {
  it.each([
    ['a number', 'yield 5', '5 in the place of an event'],
    ['null among events', `yield [{ type: 'text_start', contentIndex: 0 }, null]`, 'null in the place of an event'],
    ['an empty batch', 'yield []', 'an empty batch'],
    ['an event of its own making', `yield { type: 'nonsense' }`, 'unknown type "nonsense"'],
    [
      'the event that only the kernel may say',
      `yield { type: 'done', reason: 'stop', message: {} }`,
      'unknown type "done"',
    ],
    ['a delta without text', `${START}; yield { type: 'text_delta', contentIndex: 0 }`, 'delta is not text'],
    [
      'a delta of a block that never began',
      `yield { type: 'text_delta', contentIndex: 0, delta: 'x' }`,
      'was not started',
    ],
    [
      'a delta of another kind than its block',
      `${START}; yield { type: 'thinking_delta', contentIndex: 0, delta: 'x' }`,
      'was not started',
    ],
    ['a block far away', `yield { type: 'text_start', contentIndex: 4_000_000_000 }`, 'where 0 is next'],
    ['a block without a number', `yield { type: 'text_start' }`, 'where 0 is next'],
    [
      'a tool call without a name',
      `yield { type: 'toolcall_start', contentIndex: 0, id: 'call_1' }`,
      'name is not text',
    ],
    [
      'the end of a tool call without the call',
      `yield { type: 'toolcall_start', contentIndex: 0, id: 'a', name: 'b' }; yield { type: 'toolcall_end', contentIndex: 0 }`,
      'without id, name and arguments',
    ],
    [
      'an opaque block without what is in it',
      `yield { type: 'opaque', contentIndex: 0, content: { type: 'opaque', protocol: 'x' } }`,
      'without the protocol that knows it and its value',
    ],
    [
      'an opaque block far away',
      `yield { type: 'opaque', contentIndex: 2, content: { type: 'opaque', protocol: 'x', value: {} } }`,
      'opaque with contentIndex 2 where 0 is next',
    ],
    [
      'more of an opaque block',
      `yield { type: 'opaque', contentIndex: 0, content: { type: 'opaque', protocol: 'x', value: {} } };
       yield { type: 'text_delta', contentIndex: 0, delta: 'x' }`,
      'was not started',
    ],
    ['an end that gives no reason', `yield { type: 'finish' }`, 'finish with the reason undefined'],
    ['an end that is none', `yield { type: 'finish', reason: 'error' }`, 'finish with the reason "error"'],
    ['a second start', `${START}; yield { type: 'start' }`, 'not the first event'],
  ])('%s is stopped with a typed error', async (_name, stream, says) => {
    await using bench = await start(
      bad(`try { ${stream}; await new Promise(() => {}) } finally { globalThis.left = (globalThis.left ?? 0) + 1 }`),
    )
    const before = leftSoFar()
    const seen = await callBad(bench)
    expect(seen.events.at(-1)).toMatchObject({
      type: 'error',
      error: { class: 'plugin', providerCode: 'malformed', message: expect.stringContaining(says) as string },
    })
    expect(seen.entries[0]).toMatchObject({ outcome: 'failed', errorClass: 'plugin' })
    await until(() => leftSoFar() === before + 1, { what: 'the generator was told to leave' })
    await expectContained(bench, seen)
  })

  it.each([
    [
      'in the same batch',
      `yield [{ type: 'text_start', contentIndex: 0 }, { type: 'finish', reason: 'stop' }, { type: 'text_delta', contentIndex: 0, delta: 'late' }]`,
    ],
    [
      'later',
      `yield [{ type: 'text_start', contentIndex: 0 }, { type: 'finish', reason: 'stop' }]; yield { type: 'text_delta', contentIndex: 0, delta: 'late' }`,
    ],
    [
      'and fails later',
      `yield [{ type: 'text_start', contentIndex: 0 }, { type: 'finish', reason: 'stop' }]; throw new Error('late')`,
    ],
  ])('something after the end, %s, has ended all the same', async (_name, stream) => {
    await using bench = await start(bad(stream))
    const seen = await callBad(bench)
    expect(seen.events.at(-1)).toMatchObject({ type: 'done', reason: 'stop' })
    expect(JSON.stringify(seen.events)).not.toContain('late')
    expect(seen.entries[0]).toMatchObject({ outcome: 'completed' })
    await expectContained(bench, seen)
  })

  it.each([
    ['half of it', '{ input: 1, output: 2 }'],
    ['no numbers', `{ input: NaN, output: 2.5, cacheRead: '3', cacheWrite: -1, totalTokens: null }`],
    ['more than any answer has', '{ input: 9e15, output: 9e15, cacheRead: 0, cacheWrite: 0, totalTokens: 9e15 }'],
    ['no object', '7'],
  ])('a count of tokens that is %s is not billed by it', async (_name, usage) => {
    await using bench = await start(bad(`${HALF}; yield { type: 'finish', reason: 'stop', usage: ${usage} }`))
    const seen = await callBad(bench)
    expect(seen.events.at(-1)).toMatchObject({ type: 'done' })
    // Two tokens for "Hello" and the role, one for "half": counted, and said so.
    expect(seen.entries[0]).toMatchObject({
      outcome: 'completed',
      usage: { estimated: true, output: 1 },
      cost: { output: 2_000 },
    })
    await expectContained(bench, seen)
  })
})
