import { expect } from 'vitest'
import type { LedgerEntry, StreamEvent } from '../../core/index.ts'
import {
  ask,
  codePlugin,
  hello,
  manifestOf,
  providerOf,
  startBench,
  type Bench,
  type Files,
} from '../fixtures-plugins.ts'

const price = { input: '1', output: '2' }
const contributes = { providers: [providerOf('bad', { models: [{ id: 'demo', price }] })] }

/** A provider whose generator does as it likes. */
export const bad = (stream: string): Files => codePlugin('bad', { stream }, { contributes })

/** A provider written by hand, without a generator. */
export const handmade = (stream: string): Files => ({
  'plugboard.json': manifestOf('bad', { contributes }),
  'index.ts': `import { ProviderError, PlugboardError } from '@plugboard/sdk'
    export default { setup: () => ({ providers: { bad: { api: 1, stream: ${stream} } } }) }`,
})

export const iterator = (parts: string): Files => handmade(`() => ({ [Symbol.asyncIterator]: () => ({ ${parts} }) })`)

export const START = `yield { type: 'text_start', contentIndex: 0 }`
export const HALF = `${START}; yield { type: 'text_delta', contentIndex: 0, delta: 'half' }`

interface Seen {
  readonly events: readonly StreamEvent[]
  readonly entries: readonly LedgerEntry[]
}

export async function callBad(
  { plugboard }: Bench,
  options: { timeoutMs?: number; idleTimeoutMs?: number } = {},
): Promise<Seen> {
  const stream = plugboard.stream('bad:demo', hello, options)
  const events: StreamEvent[] = []
  for await (const event of stream) events.push(event)
  return { events, entries: plugboard.ledger.entries({ id: stream.id }) }
}

/** What must hold whatever a provider does: one start, one end, one entry, and the kernel serves the next call. */
export async function expectContained(bench: Bench, { events, entries }: Seen): Promise<void> {
  expect(events.map(({ type }) => type).filter((type) => type === 'start')).toHaveLength(1)
  expect(events[0]?.type).toBe('start')
  expect(events.filter(({ type }) => type === 'done' || type === 'error')).toEqual([events.at(-1)])
  expect(entries).toHaveLength(1)
  expect(bench.plugboard.engine.running).toBe(0)
  expect(bench.plugboard.plugins.map(({ calls }) => calls)).toEqual([
    { current: 0, draining: 0 },
    { current: 0, draining: 0 },
  ])
  expect(await ask(bench.plugboard, 'good:demo')).toBe('good')
}

export const start = (files: Files): Promise<Bench> =>
  startBench({ bad: files, good: codePlugin('good') }, { watch: false })
