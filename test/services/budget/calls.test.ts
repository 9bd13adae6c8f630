import { mkdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPlugboard, nanoFromDecimal, type BudgetSpec, type Context, type Plugboard } from 'plugboard'
import { until } from '../../support/until.ts'
import { tempDir, type TempDir } from '../../support/temp-dir.ts'

const GLOBAL = { kind: 'global', value: '' } as const

/** A provider that tells what it was asked: its answer is the `maxTokens` it got. */
const ECHO = `export default {
  setup: () => ({ providers: { echo: { api: 1, async *stream({ options, model }, signal) {
    if (model.id === 'hangs') await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const text = String(options.maxTokens ?? 'none')
    yield { type: 'text_start', contentIndex: 0 }
    yield { type: 'text_delta', contentIndex: 0, delta: text }
    yield { type: 'text_end', contentIndex: 0, content: text }
    const usage = { input: 10, output: 20, cacheRead: 0, cacheWrite: 0, totalTokens: 30 }
    yield { type: 'finish', reason: 'stop', usage }
  } } } }),
}`

const MANIFEST = {
  manifest: 1,
  id: 'echo',
  name: 'Echo',
  version: '1.0.0',
  main: './index.ts',
  engines: { plugboard: '>=0.1.0' },
  contributes: {
    providers: [
      {
        id: 'echo',
        api: 1,
        auth: { type: 'none' },
        models: [
          { id: 'priced', maxTokens: 16_384, contextWindow: 100_000, price: { input: '1.00', output: '10.00' } },
          { id: 'hangs', maxTokens: 16_384, contextWindow: 100_000, price: { input: '1.00', output: '10.00' } },
          { id: 'free', price: 'free' },
          { id: 'unpriced' },
        ],
      },
    ],
  },
}

let dir: TempDir

beforeAll(async () => {
  dir = await tempDir()
  await mkdir(dir.at('echo'))
  await writeFile(dir.at('echo', 'plugboard.json'), JSON.stringify(MANIFEST))
  await writeFile(dir.at('echo', 'index.ts'), ECHO)
})
afterAll(() => dir.remove())

const open = (): Promise<Plugboard> =>
  createPlugboard({
    dataDir: false,
    hostDir: false,
    builtIn: false,
    env: {},
    plugins: [dir.at('echo')],
    watch: false,
    logLevel: 'silent',
  })

const HELLO: Context = { messages: [{ role: 'user', content: 'Hello' }] }
const dollars = (limit: string, terms: Partial<BudgetSpec> = {}): BudgetSpec => ({
  scope: GLOBAL,
  window: 'daily',
  limitNano: nanoFromDecimal(limit),
  ...terms,
})

const saidBy = (message: { content: readonly { type: string; text?: string }[] }): string | undefined =>
  message.content[0]?.text

describe('a call under a budget', () => {
  it('is charged what it cost, in the ledger and on the budget alike', async () => {
    await using plugboard = await open()
    await plugboard.budgets.set(dollars('1.00'))
    const { cost } = await plugboard.complete('echo:priced', HELLO)
    expect(cost?.total).toBe(210_000)
    expect(plugboard.ledger.entries()[0]?.cost.total).toBe(210_000)
    expect(plugboard.budgets.list()).toMatchObject([{ spent: { nano: 210_000, tokens: 30 }, held: { nano: 0 } }])
    expect(plugboard.budgets.verify().problems).toEqual([])
  })

  it('is refused before the provider is asked, and stands in no ledger', async () => {
    await using plugboard = await open()
    await plugboard.budgets.set(dollars('0.00001'))
    const message = await plugboard.complete('echo:priced', HELLO, { maxTokens: 100 })
    expect(message).toMatchObject({
      stopReason: 'error',
      error: { class: 'quota', providerCode: 'BUDGET_EXCEEDED', retryable: false },
    })
    expect(plugboard.ledger.entries()).toEqual([])
    await until(() => plugboard.auditLog.entries().some(({ action }) => action === 'call_refused'))
  })

  it.each([1e15, 1e300])('that asks for an answer of %d tokens is refused like any other', async (maxTokens) => {
    await using plugboard = await open()
    await plugboard.budgets.set(dollars('1.00'))
    const message = await plugboard.complete('echo:priced', HELLO, { maxTokens })
    expect(message.error?.providerCode).toBe('BUDGET_EXCEEDED')
  })

  it('that may try again in a moment is told so', async () => {
    await using plugboard = await open()
    await plugboard.budgets.set(dollars('0.01'))
    const running = plugboard.stream('echo:hangs', HELLO, { maxTokens: 900 })
    await until(() => (plugboard.budgets.list()[0]?.held.nano ?? 0) > 0)
    const refused = await plugboard.complete('echo:priced', HELLO, { maxTokens: 900 })
    expect(refused.error).toMatchObject({ class: 'rate_limit', retryable: true, retryAfterMs: 1_000 })
    running.abort()
    await running.result()
    expect(plugboard.budgets.list()[0]).toMatchObject({ held: { nano: 0 }, spent: { nano: 0 } })
    expect((await plugboard.complete('echo:priced', HELLO, { maxTokens: 900 })).stopReason).toBe('stop')
  })

  it('holds nothing on when its provider went before it was asked', async () => {
    await using plugboard = await open()
    await plugboard.budgets.set(dollars('1.00'))
    const model = { ...(await plugboard.getModel('echo', 'priced')), provider: 'gone' }
    const message = await plugboard.complete(model, HELLO)
    expect(message.error?.class).toBe('not_found')
    expect(plugboard.budgets.list()[0]?.held.nano).toBe(0)
    expect(plugboard.budgets.verify().problems).toEqual([])
  })

  it('carries a warning when it used more tokens than a budget asks for', async () => {
    await using plugboard = await open()
    await plugboard.budgets.set(dollars('1.00', { softRunTokens: 29 }))
    const { warnings } = await plugboard.complete('echo:priced', HELLO)
    expect(warnings).toMatchObject([{ feature: 'budget', message: expect.stringContaining('used 30 tokens') }])
  })

  it('counts for its user, project and agent', async () => {
    await using plugboard = await open()
    const scopes = { user: 'ann', project: 'apollo', agent: 'planner' } as const
    for (const [kind, value] of Object.entries(scopes))
      await plugboard.budgets.set(dollars('1.00', { scope: { kind: kind as keyof typeof scopes, value } }))
    await plugboard.complete('echo:priced', HELLO, { userId: 'ann', projectId: 'apollo', agentId: 'planner' })
    await plugboard.complete('echo:priced', HELLO, { userId: 'bob' })
    expect(plugboard.budgets.list().map(({ spent }) => spent.nano)).toEqual([210_000, 210_000, 210_000])
    expect(plugboard.ledger.entries().map(({ agentId }) => agentId)).toEqual([undefined, 'planner'])
  })
})

describe('the size of the answer', () => {
  it('is left to the provider where no budget applies', async () => {
    await using plugboard = await open()
    expect(saidBy(await plugboard.complete('echo:priced', HELLO))).toBe('none')
  })

  it('is named to the provider where a budget pays for it, and the caller did not', async () => {
    await using plugboard = await open()
    await plugboard.budgets.set(dollars('1.00'))
    const ample = await plugboard.complete('echo:priced', HELLO)
    expect([saidBy(ample), ample.warnings]).toEqual(['16384', undefined])
    expect(saidBy(await plugboard.complete('echo:priced', HELLO, { maxTokens: 77 }))).toBe('77')
  })

  it('shrinks to what can still be paid, and the caller is told', async () => {
    await using plugboard = await open()
    await plugboard.budgets.set(dollars('0.05'))
    const message = await plugboard.complete('echo:priced', HELLO)
    expect(saidBy(message)).toBe('4096')
    expect(message.warnings).toMatchObject([{ feature: 'maxTokens', message: expect.stringContaining('4096 tokens') }])
  })

  it('is left alone where only a warning depends on it', async () => {
    await using plugboard = await open()
    await plugboard.budgets.set({ scope: GLOBAL, window: 'daily', softRunTokens: 5 })
    expect(saidBy(await plugboard.complete('echo:priced', HELLO))).toBe('none')
  })

  it('is left alone for a free model under a budget of money', async () => {
    await using plugboard = await open()
    await plugboard.budgets.set(dollars('0.05'))
    expect(saidBy(await plugboard.complete('echo:free', HELLO))).toBe('none')
    await plugboard.budgets.set({ scope: GLOBAL, window: 'daily', limitTokens: 50_000 })
    expect(saidBy(await plugboard.complete('echo:free', HELLO))).toBe('8192')
  })
})

describe('the cost limit of one call', () => {
  it('holds without any budget: the answer is shortened to what it pays for', async () => {
    await using plugboard = await open()
    const message = await plugboard.complete('echo:priced', HELLO, { maxCost: 0.1 })
    expect(saidBy(message)).toBe('8192')
    expect(message.warnings).toHaveLength(1)
  })

  it.each([
    ['echo:priced', { maxCost: 0.000_1 }, 'COST_LIMIT'],
    ['echo:priced', { maxCost: 0.01, maxTokens: 5_000 }, 'COST_LIMIT'],
    ['echo:priced', { maxCost: 0 }, 'COST_LIMIT'],
    ['echo:unpriced', { maxCost: 5 }, 'PRICE_UNKNOWN'],
    ['echo:priced', { maxCost: Number.NaN }, 'REQUEST_INVALID'],
    ['echo:priced', { maxCost: -1 }, 'REQUEST_INVALID'],
  ])('refuses %s with %j', async (model, options, expected) => {
    await using plugboard = await open()
    const message = await plugboard.complete(model, HELLO, options)
    expect(message.error?.providerCode).toBe(expected)
    expect(plugboard.ledger.entries()).toEqual([])
  })

  it('lets free models pass, whatever it is', async () => {
    await using plugboard = await open()
    expect(saidBy(await plugboard.complete('echo:free', HELLO, { maxCost: 0 }))).toBe('none')
  })
})
