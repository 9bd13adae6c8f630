import { rename, rm, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPlugboard } from 'plugboard'
import { startNode, type NodeProcess } from '../support/process.ts'
import { tempDir, type TempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'

const CLI = new URL('../../core/surfaces/cli/plugboard.js', import.meta.url).pathname
const KEY = 'pb-0123456789abcdef'

let dir: TempDir
let server: NodeProcess
let url: string

beforeEach(async () => {
  dir = await tempDir()
  server = startNode([CLI, 'serve', '--port', '0'], {
    env: { PLUGBOARD_HOME: dir.path, PLUGBOARD_API_KEY: KEY },
    cwd: dir.path,
  })
  url = (await server.line(/listens on (\S+)/, 30_000))[1] ?? ''
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await dir.remove()
})

/** Dollars for 102 tokens in and 100 out. */
async function cost(): Promise<number | null> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'sandbox:demo',
      messages: [{ role: 'user', content: `/say ${'x'.repeat(400)}` }],
    }),
  })
  return ((await response.json()) as { cost: { total_cost: number | null } }).cost.total_cost
}

const costs = (dollars: number) =>
  until(async () => (await cost()) === dollars, { what: `a call costs ${dollars}`, everyMs: 50, deadlineMs: 15_000 })

const prices = (rate: string): string =>
  JSON.stringify({ models: { 'sandbox:demo': { input: rate, output: rate } } }, null, 2)

describe('a running gateway', () => {
  it('takes changes of prices.json over by itself: made, replaced, edited and taken away', async () => {
    const file = dir.at('prices.json')
    expect(await cost()).toBe(0.000302)
    await writeFile(file, prices('10'))
    await costs(0.00202)
    await writeFile(dir.at('draft'), prices('20'))
    await rename(dir.at('draft'), file)
    await costs(0.00404)
    await writeFile(file, prices('30'))
    await costs(0.00606)
    await rm(file)
    await costs(0.000302)
  }, 60_000)

  it('keeps the prices from before when the file is broken, and says where', async () => {
    const file = dir.at('prices.json')
    await writeFile(file, prices('10'))
    await costs(0.00202)
    await writeFile(file, '{\n  "models": {\n    "sandbox:demo": { "input": 10 }\n  }\n}')
    await until(() => server.stderr.includes('not taken over'), { deadlineMs: 15_000 })
    expect(server.stderr).toContain('PRICES_INVALID')
    expect(server.stderr).toContain(`${file}: /models/sandbox:demo/input`)
    expect(await cost()).toBe(0.00202)
    await writeFile(file, '{\n  "models": {,}\n}')
    await until(() => /line 2 column 14/.test(server.stderr), { deadlineMs: 15_000 })
    expect(await cost()).toBe(0.00202)
    await writeFile(file, prices('30'))
    await costs(0.00606)
  }, 60_000)
})

describe('prices that change while a call runs', () => {
  it('are not that call’s: it is charged what it was reserved by', async () => {
    await using plugboard = await createPlugboard({
      dataDir: dir.at('own'),
      hostDir: false,
      env: {},
      logLevel: 'silent',
    })
    await plugboard.budgets.set({ scope: { kind: 'global', value: '' }, window: 'total', limitNano: 1_000_000 })
    const overshoots: unknown[] = []
    plugboard.budgets.on('overshoot', (overshoot) => overshoots.push(overshoot))
    const messages = [{ role: 'user', content: '/words 20\n/delay 10' } as const]
    const running = plugboard.stream('sandbox:demo', { messages }, { maxTokens: 100 })
    await until(() => (plugboard.budgets.list()[0]?.held.nano ?? 0) > 0)
    await writeFile(dir.at('own', 'prices.json'), prices('1000'))
    await plugboard.reloadPrices()
    const { cost: before, usage } = await running.result()
    const { input, output } = usage ?? { input: 0, output: 0 }
    expect(input).toBeGreaterThan(0)
    expect(before?.total).toBe(input * 1_000 + output * 2_000)
    expect(overshoots).toEqual([])
    const refused = await plugboard.complete('sandbox:demo', { messages }, { maxTokens: 100 })
    expect(refused.error?.providerCode).toBe('BUDGET_EXCEEDED')
  })
})
