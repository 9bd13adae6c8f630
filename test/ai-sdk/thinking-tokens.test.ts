import { describe, expect, test } from 'vitest'
import { hello, startBench } from '../fixtures-plugins.ts'
import { installed } from './support/installed.ts'
import { namedEvents, startLocalHost, type LocalHost } from './support/local-host.ts'
import { packagePlugin } from './support/manifest.ts'

const PACKAGES = ['@ai-sdk/anthropic', 'ai-sdk-anthropic-v3', 'ai-sdk-anthropic-v2'].filter((name) =>
  installed(() => import.meta.resolve(name)),
)

/** A host that uses up all it is allowed. */
const replyWith = (outputTokens: number) => ({
  body: namedEvents([
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 10, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hm.' } },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'max_tokens', stop_sequence: null },
      usage: { output_tokens: outputTokens },
    },
    { type: 'message_stop' },
  ]),
})

const start = (host: LocalHost, source: string) =>
  startBench(
    {
      one: packagePlugin(
        'one',
        { package: source, export: 'createAnthropic' },
        {
          baseUrl: host.url,
          models: [
            { id: 'claude-sonnet-4-5', maxTokens: 64_000, contextWindow: 200_000, price: { input: '3', output: '15' } },
          ],
        },
      ),
    },
    { settings: { one: { apiKey: 'sk-ant-0123456789' } } },
  )

const enabled = (budgetTokens: number) => ({ one: { thinking: { type: 'enabled', budgetTokens } } })

describe.each(PACKAGES)('%s', (source) => {
  test.each([
    ['a level of reasoning', 4_000, { reasoning: 'high' }],
    ['thinking in its own words', 4_000, { providerOptions: enabled(3_000) }],
    ['more thinking than there is room for', 2_000, { providerOptions: enabled(30_000) }],
    ['thinking where there is no room', 500, { providerOptions: enabled(1_024) }],
  ] as const)(
    'with %s asks for no more than maxTokens, and costs no more than was reserved',
    async (_what, maxTokens, options) => {
      await using host = await startLocalHost(replyWith(maxTokens))
      await using bench = await start(host, source)
      const { plugboard } = bench
      const overshoots: unknown[] = []
      plugboard.budgets.on('overshoot', (overshoot) => overshoots.push(overshoot))
      const scope = { kind: 'global', value: '' } as const
      await plugboard.budgets.set({ scope, window: 'total', limitNano: 1_000_000_000 })
      const { stopReason, error } = await plugboard.complete('one:claude-sonnet-4-5', hello, { maxTokens, ...options })
      expect([stopReason, error]).toEqual(['length', undefined])
      const { max_tokens: asked, thinking } = (host.exchanges[0]?.body ?? {}) as {
        readonly max_tokens?: number
        readonly thinking?: { readonly budget_tokens: number }
      }
      expect(asked).toBe(maxTokens)
      if (maxTokens > 1_024) expect(thinking?.budget_tokens).toBeGreaterThanOrEqual(1_024)
      expect(thinking?.budget_tokens ?? 0).toBeLessThan(maxTokens)
      expect(overshoots).toEqual([])
      expect(plugboard.budgets.list()).toMatchObject([
        { spent: { nano: 10 * 3_000 + maxTokens * 15_000 }, held: { nano: 0 } },
      ])
    },
  )

  test('is not touched where nobody limits the answer', async () => {
    await using host = await startLocalHost(replyWith(100))
    await using bench = await start(host, source)
    await bench.plugboard.complete('one:claude-sonnet-4-5', hello, { providerOptions: enabled(3_000) })
    expect(host.exchanges[0]?.body).toMatchObject({ thinking: { budget_tokens: 3_000 } })
    expect(Number(host.exchanges[0]?.body['max_tokens'])).toBeGreaterThan(3_000)
  })
})
