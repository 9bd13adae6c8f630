import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, fetch } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPlugboard, nanoFromDecimal, type Plugboard } from 'plugboard'
import { sampleBalances, type Sampled } from '../services/budget/sampling.ts'
import { startOpenAIUpstream, type OpenAIUpstream, type Plan } from '../support/openai-upstream.ts'
import { startNode, type NodeProcess } from '../support/process.ts'
import { tempDir, type TempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'

const CLI = new URL('../../core/surfaces/cli/plugboard.js', import.meta.url).pathname
const KEY = 'pb-0123456789abcdef'
const CALLS = 1_000
const PAID = 300
const MAX_TOKENS = 500
const SCOPE = { kind: 'provider', value: 'openai' } as const
/** 400 bytes are some 100 tokens; at the very most they are 400, and more for what stands around them. */
const TEXT = 'x'.repeat(400)

const ANSWERED = { prompt: 110, completion: MAX_TOKENS }
/** Tokens of the answer that an estimate is told to expect. */
const EXPECTED = 400

type Usage = NonNullable<Exclude<Plan['usage'], 'none'>>

const costOf = ({ prompt, completion }: Usage): number => prompt * 2_500 + completion * 10_000

/** What is counted for the request and its answer, measured by what was estimated. */
async function usages(): Promise<Readonly<Record<string, Usage>>> {
  const context = { messages: [{ role: 'user', content: TEXT } as const] }
  const options = { maxTokens: MAX_TOKENS, expectedOutputTokens: EXPECTED }
  const { inputTokens, likely } = await here.estimate('openai:gpt-4o', context, options)
  const above = { prompt: 400, completion: MAX_TOKENS }
  const at = { prompt: inputTokens, completion: EXPECTED }
  expect(costOf(at)).toBe(likely.nano)
  expect(costOf(above)).toBeGreaterThan(costOf(at))
  return { below: { prompt: 90, completion: 200 }, at, above }
}

const ERROR_PLANS: Readonly<Record<string, Plan>> = {
  'server error': { status: 500 },
  'rate limit': { status: 429 },
  'not counted': { usage: 'none', deltas: 20 },
  'cut before': { fault: { kind: 'cut', after: 'request' } },
  'cut within': { deltas: 10, fault: { kind: 'cut', after: 4 } },
  'error within': { deltas: 10, fault: { kind: 'error', after: 3 } },
  'left before': { firstByteDelayMs: 50 },
  'left within': { deltas: 40, deltaDelayMs: 5 },
}

let dir: TempDir
let upstream: OpenAIUpstream
let gateway: NodeProcess
/** Another process on the same books. */
let here: Plugboard
let agent: Agent
let url: string

beforeEach(async () => {
  dir = await tempDir()
  upstream = await startOpenAIUpstream()
  const env = { OPENAI_API_KEY: 'sk-test-0123456789abcdef', OPENAI_BASE_URL: upstream.url }
  gateway = startNode([CLI, 'serve', '--port', '0'], {
    env: { ...env, PLUGBOARD_HOME: dir.path, PLUGBOARD_API_KEY: KEY, LOG_LEVEL: 'silent' },
    cwd: dir.path,
  })
  url = (await gateway.line(/listens on (\S+)/, 30_000))[1] ?? ''
  here = await createPlugboard({ dataDir: dir.path, hostDir: false, env, watch: false, logLevel: 'silent' })
  agent = new Agent({ connect: { timeout: 60_000 }, headersTimeout: 120_000, bodyTimeout: 120_000 })
})
afterEach(async () => {
  await agent.destroy()
  await here[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
  await upstream.close()
  await dir.remove()
})

type Ending = 'answered' | 'refused' | 'held' | 'failed' | 'left'

/** One request by HTTP; `kind` stands in it, so that the upstream knows what to do. */
async function ask(kind: string, stream: boolean): Promise<Ending> {
  const leaving = new AbortController()
  if (kind === 'left before') setTimeout(() => leaving.abort(), 20)
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      dispatcher: agent,
      signal: leaving.signal,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'openai:gpt-4o',
        messages: [{ role: 'user', content: TEXT }],
        max_tokens: MAX_TOKENS,
        stream,
        user: kind,
      }),
    })
    if (response.status === 200 && kind === 'left within' && stream) {
      const reader = response.body?.getReader()
      await reader?.read()
      leaving.abort()
      return 'left'
    }
    const body = await response.text()
    if (response.status === 402) return 'refused'
    if (response.status === 429 && body.includes('budget_exceeded')) return 'held'
    return response.status === 200 && (!stream || body.includes('[DONE]')) ? 'answered' : 'failed'
  } catch (error) {
    if (leaving.signal.aborted) return 'left'
    throw error
  }
}

/** Asks again for as long as only running calls are in the way. */
async function insist(kind: string, stream: boolean): Promise<Ending> {
  for (;;) {
    const ending = await ask(kind, stream)
    if (ending !== 'held') return ending
    await sleep(20 + Math.random() * 60)
  }
}

/** What one such request holds, in nano-dollars: the gateway is asked, not believed in. */
async function worstNano(): Promise<{ readonly worst: number; readonly before: number }> {
  const gate = Promise.withResolvers<void>()
  upstream.script({ hold: { after: 'request', until: gate.promise } })
  await here.budgets.set({ scope: SCOPE, window: 'total', limitNano: nanoFromDecimal('1000') })
  const running = ask('at', false)
  await until(() => (here.budgets.list()[0]?.held.nano ?? 0) > 0)
  const worst = here.budgets.list()[0]?.held.nano ?? 0
  gate.resolve()
  await running
  return { worst, before: here.budgets.list()[0]?.spent.nano ?? 0 }
}

async function crowd(start: () => Promise<Ending[]>) {
  const { worst, before } = await worstNano()
  const limitNano = before + PAID * worst
  const { id } = await here.budgets.set({ scope: SCOPE, window: 'total', limitNano })
  const stop = await sampleBalances(dir.at('plugboard.db'), 1)
  const endings = await start()
  await until(() => here.budgets.list()[0]?.held.nano === 0, { deadlineMs: 20_000, what: 'no hold is left' })
  const sampled: Sampled = await stop()
  const charged = here.ledger.entries({ limit: 10_000 }).reduce((sum, { cost }) => sum + (cost.total ?? 0), 0)
  const count = (ending: Ending): number => endings.filter((each) => each === ending).length
  return {
    worst,
    before,
    limitNano,
    sampled,
    count,
    charged,
    spent: here.budgets.list().find((budget) => budget.id === id)?.spent.nano ?? 0,
    books: here.budgets.verify(),
  }
}

const calls = (ask1: (n: number) => Promise<Ending>): Promise<Ending[]> =>
  Promise.all(Array.from({ length: CALLS }, (_, n) => ask1(n)))

describe(`${CALLS} requests at once through the gateway, on a budget that pays for ${PAID}`, () => {
  it('are let through to exactly that number while none is over; the others are told to come again', async () => {
    const { count, sampled, limitNano, worst, before, spent, charged, books } = await crowd(async () => {
      const gate = Promise.withResolvers<void>()
      upstream.script({ hold: { after: 'request', until: gate.promise }, usage: ANSWERED })
      let held = 0
      const chats = upstream.chats.length
      const endings = await calls(async (n) => {
        const ending = await ask('at', n % 2 === 0)
        if (ending === 'held' && ++held === CALLS - PAID) gate.resolve()
        return ending
      })
      expect(upstream.chats.length - chats).toBe(PAID)
      return endings
    })
    expect({ answered: count('answered'), held: count('held') }).toEqual({ answered: PAID, held: CALLS - PAID })
    expect(sampled).toMatchObject({ most: limitNano, above: 0, negative: 0 })
    const cost = before + PAID * costOf(ANSWERED)
    expect({ spent, charged }).toEqual({ spent: cost, charged: cost })
    expect(spent).toBeLessThan(before + PAID * worst)
    expect(books).toMatchObject({ problems: [], checked: { holds: 0 } })
  }, 120_000)

  it('never pass it, whatever they cost and however they end, and use it to the last call', async () => {
    const counted = await usages()
    const often = Object.keys(counted)
    const kinds = [...often, ...often, ...often, ...often, ...Object.keys(ERROR_PLANS)]
    const { count, sampled, limitNano, worst, spent, charged, books } = await crowd(async () => {
      upstream.script(({ body }) => {
        const kind = String(body['user'])
        // Those with no stream to break off fail as a whole.
        if (body['stream'] !== true && kind.endsWith('within')) return { status: 500 }
        return ERROR_PLANS[kind] ?? { ...(counted[kind] && { usage: counted[kind] }), deltaDelayMs: 1 }
      })
      return calls((n) => insist(kinds[n % kinds.length] as string, Math.floor(n / kinds.length) % 2 === 0))
    })
    expect(Math.max(...Object.values(counted).map(costOf))).toBeLessThanOrEqual(worst)
    expect(sampled.looks).toBeGreaterThan(100)
    expect(sampled.above).toBeLessThanOrEqual(0)
    expect(sampled.most).toBeGreaterThan(limitNano - worst)
    expect(sampled.negative).toBe(0)
    expect(spent).toBe(charged)
    expect(spent).toBeLessThanOrEqual(limitNano)
    // Whoever was refused for good was refused because the money is really gone.
    expect(spent).toBeGreaterThan(limitNano - worst)
    expect(count('refused')).toBeGreaterThan(0)
    // More calls than its worst case: what they did not use was given back and used again.
    expect(count('answered')).toBeGreaterThan(PAID)
    expect(count('left')).toBeGreaterThan(0)
    expect(count('failed')).toBeGreaterThan(0)
    expect(books).toMatchObject({ problems: [], checked: { holds: 0 } })
  }, 180_000)
})
