import { describe, expect, it } from 'vitest'
import type { AssistantMessage } from '../../core/index.ts'
import {
  ask,
  codeOf,
  codePlugin,
  hello,
  infoOf,
  next,
  removePlugin,
  startBench,
  writeFiles,
  type CodeParts,
} from '../fixtures-plugins.ts'
import { until } from '../support/until.ts'

const textOf = ({ content }: AssistantMessage): string =>
  content.map((part) => (part.type === 'text' ? part.text : '')).join('')

const WORDS = 20

/** Says its version word by word, slowly enough to be replaced meanwhile; keeps the version in a module of its own. */
const versioned = (version: number) => ({
  ...codePlugin('acme', {
    top: `import { setTimeout as sleep } from 'node:timers/promises'\nimport { version } from './version.ts'`,
    setup: `context.defer(() => context.log.info('undone', { version }))`,
    stream: `
      yield { type: 'text_start', contentIndex: 0 }
      for (let word = 0; word < ${WORDS}; word++) {
        yield { type: 'text_delta', contentIndex: 0, delta: ' ' + version }
        await sleep(10, undefined, { signal })
      }
      yield { type: 'finish', reason: 'stop', usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, totalTokens: 2 } }`,
  }),
  'version.ts': `export const version = ${version}`,
})

describe('replacing a plugin under load', () => {
  it('fails no stream and mixes none, and leaves nothing of the old versions', async () => {
    const [streams, swaps] = [200, 20]
    await using bench = await startBench({ acme: versioned(0) })
    const { plugboard, plugins } = bench
    const disposed: { generation: string; cut: number }[] = []
    const served = new Set<string>()
    plugboard.on('plugin:disposed', (event) => disposed.push(event))
    plugboard.on('plugin:swapped', ({ from }) => served.add(from ?? ''))

    // As many at any time: each that ends is followed by another one until the last swap is done.
    const answers: AssistantMessage[] = []
    let swapping = true
    const line = async (): Promise<void> => {
      do answers.push(await plugboard.stream('acme:demo', hello).result())
      while (swapping)
    }
    const lines = Array.from({ length: streams }, line)
    await until(() => plugboard.engine.running === streams)
    for (let version = 1; version <= swaps; version++) {
      const swapped = next(plugboard, 'plugin:swapped')
      await writeFiles(`${plugins}/acme`, { 'version.ts': `export const version = ${version}` })
      await swapped
      expect(plugboard.engine.running).toBeGreaterThan(0)
    }
    swapping = false
    await Promise.all(lines)

    expect(answers.filter(({ stopReason }) => stopReason !== 'stop')).toEqual([])
    const versions = new Set(answers.map(textOf))
    expect([...versions].filter((text) => new Set(text.trim().split(' ')).size !== 1)).toEqual([])
    expect([...versions].filter((text) => text.trim().split(' ').length !== WORDS)).toEqual([])
    expect(versions.size).toBeGreaterThan(swaps / 2)

    await until(() => disposed.length === swaps)
    expect(disposed.filter(({ cut }) => cut > 0)).toEqual([])
    expect(new Set(disposed.map(({ generation }) => generation))).toEqual(served)
    expect(bench.log.lines.filter(({ message }) => message === 'undone')).toHaveLength(swaps)
    expect(infoOf(bench, 'acme')).toMatchObject({ state: 'ready', calls: { current: 0, draining: 0 } })
    expect(plugboard.engine.running).toBe(0)
    expect(plugboard.ledger.totals().calls).toBe(answers.length)
  })
})

/** Begins to answer and then waits, for ever unless it is told to stop. */
const waiting: CodeParts = {
  setup: `context.defer(() => context.log.info('undone'))`,
  stream: `
    yield [{ type: 'text_start', contentIndex: 0 }, { type: 'text_delta', contentIndex: 0, delta: 'half' }]
    await new Promise(() => {})`,
}

describe.concurrent('a call that outlives the drain time', () => {
  it('ends with an error that says so; the old version is gone, the new one serves', async () => {
    await using bench = await startBench({ acme: codePlugin('acme', waiting) }, { drainMs: 50 })
    const { plugboard, plugins } = bench
    const read = plugboard.stream('acme:demo', hello)
    const result = read.result()
    const unread = plugboard.stream('acme:demo', hello)
    await until(() => infoOf(bench, 'acme').calls.current === 2)

    const disposed = next(plugboard, 'plugin:disposed')
    await writeFiles(`${plugins}/acme`, { 'index.ts': codeOf('acme') })
    expect(await disposed).toMatchObject({ id: 'acme', cut: 2 })
    expect(bench.log.messages('info')).toContain('undone')
    for (const message of [await result, await unread.result()])
      expect(message).toMatchObject({
        stopReason: 'error',
        error: { class: 'server', providerCode: 'plugin_replaced' },
      })
    expect(textOf(await result)).toBe('half')
    expect(await ask(plugboard, 'acme:demo')).toBe('acme')
    expect(plugboard.ledger.entries().map(({ outcome }) => outcome)).toEqual(['completed', 'failed', 'failed'])
  })

  it('holds back only its own version: the plugin is replaced at once', async () => {
    await using bench = await startBench({ acme: codePlugin('acme', waiting) })
    const { plugboard, plugins } = bench
    const stream = plugboard.stream('acme:demo', hello)
    await until(() => infoOf(bench, 'acme').calls.current === 1)
    const swapped = next(plugboard, 'plugin:swapped')
    await writeFiles(`${plugins}/acme`, { 'index.ts': codeOf('acme') })
    await swapped
    expect(await ask(plugboard, 'acme:demo')).toBe('acme')
    expect(infoOf(bench, 'acme').calls).toEqual({ current: 0, draining: 1 })
    const disposed = next(plugboard, 'plugin:disposed')
    stream.abort()
    expect(await disposed).toMatchObject({ cut: 0 })
    expect(await stream.result()).toMatchObject({ stopReason: 'aborted' })
  })

  it('keeps a removed plugin draining until it is over', async () => {
    await using bench = await startBench({ acme: codePlugin('acme', waiting) })
    const { plugboard, plugins } = bench
    const stream = plugboard.stream('acme:demo', hello)
    await until(() => infoOf(bench, 'acme').calls.current === 1)
    const unplugged = next(plugboard, 'plugin:unplugged')
    await removePlugin(plugins, 'acme')
    await unplugged
    expect(infoOf(bench, 'acme')).toMatchObject({ state: 'draining', calls: { current: 0, draining: 1 } })
    expect(await ask(plugboard, 'acme:demo')).toMatch(/was unplugged/)
    const gone = next(plugboard, 'plugin:state', ({ state }) => state === 'gone')
    stream.abort()
    expect(await gone).toMatchObject({ calls: { current: 0, draining: 0 } })
  })
})

describe('disposing a Plugboard while streams run', () => {
  it('ends every stream, read or not, gives everything back and books each call', async () => {
    const bench = await startBench({ acme: codePlugin('acme', waiting) })
    const { plugboard, dir } = bench
    const streams = Array.from({ length: 20 }, () => plugboard.stream('acme:demo', hello))
    const early = streams.slice(0, 10).map((stream) => stream.result())
    await until(() => infoOf(bench, 'acme').calls.current === 20)
    const disposing = plugboard[Symbol.asyncDispose]()
    const late = streams.slice(10, 15).map((stream) => stream.result())
    await disposing

    for (const message of await Promise.all([...early, ...late]))
      expect(message.error).toMatchObject({ message: expect.stringContaining('shutting down') as string })
    expect(plugboard.engine.running).toBe(0)
    expect(bench.log.messages('info')).toEqual(['undone'])
    await using again = await startBench({}, { dataDir: dir.at('data') })
    expect(again.plugboard.ledger.totals().calls).toBe(20)
    await dir.remove()
  })

  it('loads nothing more, also when somebody was just looking', async () => {
    const setup = `context.log.info('loaded'); context.defer(() => context.log.info('undone'))`
    const bench = await startBench({}, { watch: false })
    await writeFiles(`${bench.plugins}/late`, codePlugin('late', { setup }))
    const looking = bench.plugboard.reloadPlugin('late')
    await bench.plugboard[Symbol.asyncDispose]()
    await looking
    const said = (message: string) => bench.log.messages('info').filter((each) => each === message)
    expect(said('undone')).toHaveLength(said('loaded').length)
    expect(bench.log.messages('error')).toEqual([])
    await bench.dir.remove()
  })

  it('is not kept waiting by a plugin that ignores being told to stop', async () => {
    const stream = `
      yield { type: 'text_start', contentIndex: 0 }
      for (;;) { try { await new Promise(() => {}) } finally { await new Promise(() => {}) } }`
    const bench = await startBench({ acme: codePlugin('acme', { stream }) })
    const running = bench.plugboard.stream('acme:demo', hello)
    await until(() => infoOf(bench, 'acme').calls.current === 1)
    const result = running.result()
    await bench[Symbol.asyncDispose]()
    expect((await result).error).toBeDefined()
  })
})
