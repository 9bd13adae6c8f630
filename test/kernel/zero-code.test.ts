import { describe, expect, it } from 'vitest'
import type { AssistantMessage } from '../../core/index.ts'
import {
  ask,
  dropIn,
  hello,
  infoOf,
  manifestOf,
  next,
  removePlugin,
  startBench,
  writeFiles,
  type Files,
} from '../fixtures-plugins.ts'
import { startOpenAIUpstream } from '../support/openai-upstream.ts'
import { until } from '../support/until.ts'

/** A manifest alone: an OpenAI-compatible host with one model. */
const manifestOnly = (baseUrl: string, changes: Readonly<Record<string, unknown>> = {}): Files => ({
  'plugboard.json': manifestOf('acme', {
    main: undefined,
    contributes: {
      providers: [
        {
          id: 'acme',
          protocol: 'openai-chat',
          baseUrl,
          auth: { type: 'none' },
          models: [{ id: 'gpt-4o', price: { input: '2.50', output: '10.00' } }],
          ...changes,
        },
      ],
    },
  }),
})

const textOf = ({ content }: AssistantMessage): string =>
  content.map((part) => (part.type === 'text' ? part.text : '')).join('')

describe('a manifest alone', () => {
  it('is a whole provider: dropped in, it answers at its price', async () => {
    await using upstream = await startOpenAIUpstream({
      script: { text: 'from upstream', usage: { prompt: 1_000, completion: 500 } },
    })
    await using bench = await startBench()
    const { plugboard, plugins } = bench
    const loaded = next(plugboard, 'plugin:swapped', () => true, 1_000)
    await dropIn(plugins, 'acme', manifestOnly(upstream.url))
    await loaded
    const message = await plugboard.complete('acme:gpt-4o', hello)
    expect(message).toMatchObject({ api: 'openai-chat', stopReason: 'stop', cost: { total: 7_500_000 } })
    expect(textOf(message)).toBe('from upstream')
  })

  it('goes to another host from the next call on, while running answers finish where they began', async () => {
    const held = Promise.withResolvers<void>()
    await using old = await startOpenAIUpstream({
      script: { deltas: ['old ', 'host'], hold: { after: 1, until: held.promise } },
    })
    await using moved = await startOpenAIUpstream({ script: { text: 'new host' } })
    await using bench = await startBench({ acme: manifestOnly(old.url) })
    const { plugboard, plugins } = bench
    const running = plugboard.stream('acme:gpt-4o', hello).result()
    await old.chat(0)
    await until(() => infoOf(bench, 'acme').calls.current === 1)

    const swapped = next(plugboard, 'plugin:swapped')
    await writeFiles(`${plugins}/acme`, manifestOnly(moved.url))
    await swapped
    expect(await ask(plugboard, 'acme:gpt-4o')).toBe('new host')
    const disposed = next(plugboard, 'plugin:disposed')
    held.resolve()
    expect(textOf(await running)).toBe('old host')
    expect(await disposed).toMatchObject({ cut: 0 })
    await until(() => old.connections.every(({ closedBy }) => closedBy === 'client'), {
      what: 'the old version let go of its connections',
    })
  })

  it('may be taken away in the middle of an answer, which still ends well', async () => {
    const held = Promise.withResolvers<void>()
    await using upstream = await startOpenAIUpstream({
      script: { deltas: ['still ', 'here'], hold: { after: 1, until: held.promise } },
    })
    await using bench = await startBench({ acme: manifestOnly(upstream.url) })
    const { plugboard, plugins } = bench
    const running = plugboard.stream('acme:gpt-4o', hello).result()
    await upstream.chat(0)
    const unplugged = next(plugboard, 'plugin:unplugged')
    await removePlugin(plugins, 'acme')
    await unplugged
    expect(await ask(plugboard, 'acme:gpt-4o')).toMatch(/was unplugged/)
    held.resolve()
    expect(textOf(await running)).toBe('still here')
  })

  it('stops the upstream when the caller aborts, and when the drain time is up', async () => {
    await using upstream = await startOpenAIUpstream({ script: { fault: { kind: 'stall', after: 1 } } })
    await using bench = await startBench({ acme: manifestOnly(upstream.url) }, { drainMs: 50 })
    const { plugboard, plugins } = bench
    const aborted = plugboard.stream('acme:gpt-4o', hello)
    const first = aborted.result()
    const request = await upstream.chat(0)
    await until(() => request.answer.deltasSent > 0)
    aborted.abort()
    expect(await first).toMatchObject({ stopReason: 'aborted' })
    expect(await request.over).toBe('left')

    const cut = plugboard.stream('acme:gpt-4o', hello).result()
    const second = await upstream.chat(1)
    await until(() => second.answer.deltasSent > 0)
    await removePlugin(plugins, 'acme')
    expect(await cut).toMatchObject({ stopReason: 'error', error: { providerCode: 'plugin_replaced' } })
    expect(await second.over).toBe('left')
  })
})
