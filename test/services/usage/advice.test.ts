import { mkdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Clock, createPlugboard, type Advice, type Plugboard, type Price } from 'plugboard'
import { tempDir, type TempDir } from '../../support/temp-dir.ts'
import { TestClock } from '../budget/support.ts'
import { DAY, HOUR, entry, type CallSpec } from './support.ts'

const NOW = Date.UTC(2026, 2, 14, 12)

interface ModelSpec {
  readonly id: string
  readonly price?: Price
  readonly contextWindow?: number
  readonly maxTokens?: number
  readonly input?: readonly string[]
  readonly tools?: boolean
  readonly reasoning?: boolean
}

const LARGE_PRICE = { input: '2.50', output: '10.00', cacheRead: '1.25' }

/** What a provider offers; `large` is what was used. Each of the others but `small` and `mid` cannot do the same. */
const MODELS: readonly ModelSpec[] = [
  { id: 'large', price: LARGE_PRICE, input: ['text', 'image'] },
  { id: 'small', price: { input: '0.15', output: '0.60', cacheRead: '0.075' }, input: ['text', 'image'] },
  { id: 'mid', price: { input: '1.00', output: '4.00' }, input: ['text', 'image'] },
  { id: 'dear', price: { input: '20.00', output: '80.00' }, input: ['text', 'image'] },
  { id: 'blind', price: { input: '0.01', output: '0.01' } },
  { id: 'toolless', price: { input: '0.01', output: '0.01' }, input: ['text', 'image'], tools: false },
  { id: 'narrow', price: { input: '0.01', output: '0.01' }, input: ['text', 'image'], contextWindow: 1_000 },
  { id: 'terse', price: { input: '0.01', output: '0.01' }, input: ['text', 'image'], maxTokens: 400 },
  { id: 'unpriced', input: ['text', 'image'] },
  {
    id: 'deep',
    price: { input: '0.01', output: '0.01' },
    input: ['text', 'image'],
    reasoning: true,
    contextWindow: 2_000,
  },
  { id: 'thinker', price: { input: '2.00', output: '8.00' }, reasoning: true },
  {
    id: 'tiered',
    price: { input: '1.00', output: '1.00', tiers: [{ above: 2_000, input: '100.00', output: '100.00' }] },
    reasoning: true,
  },
  {
    id: 'nightly',
    price: {
      input: '1.00',
      output: '1.00',
      periods: [{ daily: { from: '00:00', until: '06:00' }, input: '0.10', output: '0.10' }],
    },
    reasoning: true,
  },
]

const offering = (id: string, models: readonly ModelSpec[]) => ({
  id,
  protocol: 'openai-chat',
  baseUrl: `http://127.0.0.1:9/${id}`,
  auth: { type: 'none' },
  models: models.map((model) => ({ contextWindow: 100_000, maxTokens: 16_000, ...model })),
})

const MANIFEST = {
  manifest: 1,
  id: 'acme',
  name: 'Acme',
  version: '1.0.0',
  engines: { plugboard: '>=0.1.0' },
  contributes: {
    // The mirror has the same small model at the same price: another way to it and no other alternative.
    providers: [offering('acme', MODELS), offering('mirror', MODELS.slice(1, 2))],
  },
}

let dir: TempDir
let plugboard: Plugboard
let nextDay = NOW

beforeAll(async () => {
  dir = await tempDir()
  await mkdir(dir.at('acme'))
  await writeFile(dir.at('acme', 'plugboard.json'), JSON.stringify(MANIFEST))
})
afterAll(() => dir.remove())

beforeEach(async (context) => {
  nextDay = NOW - DAY
  plugboard = await createPlugboard({
    dataDir: false,
    hostDir: false,
    watch: false,
    env: {},
    logLevel: 'silent',
    plugins: [dir.path],
    services: (scope) => scope.value(Clock, new TestClock(NOW)),
  })
  context.onTestFinished(() => plugboard[Symbol.asyncDispose]())
})

/** Books calls at what the model's own price makes of them, an hour apart. */
async function use(model: string, count: number, call: Partial<CallSpec> = {}): Promise<void> {
  const target = await plugboard.catalog.get('acme', model)
  for (let n = 0; n < count; n++) {
    const began = call.began ?? (nextDay += 60_000)
    const spec = { model, usage: { input: 1_000, output: 500 }, ...call, began }
    const made = entry(spec)
    const cost = plugboard.prices.costOf(target, made.usage, { at: made.at })
    await plugboard.ledger.record({ ...made, cost, pricedAt: made.at })
  }
}

const told = async (kind: Advice['kind']): Promise<readonly Advice[]> =>
  (await plugboard.usage.advice()).advice.filter((advice) => advice.kind === kind)

describe('what would have been cheaper', () => {
  it('is told to the nano-dollar, for the models that can do the same, largest saving first', async () => {
    await use('large', 3)
    await use('large', 1, { usage: { input: 600, cacheRead: 400, output: 100 } })
    // Charged 3 x $0.0075 + $0.003; on small 3 x $0.00045 + $0.00018; on mid 3 x $0.003 + $0.0014: it has no cache price.
    expect(await told('cheaper_model')).toEqual([
      {
        kind: 'cheaper_model',
        provider: 'acme',
        model: 'large',
        alternative: 'acme:small',
        calls: 4,
        charged: 25_500_000n,
        saving: 25_500_000n - 1_530_000n,
        text: 'Moving acme:large to acme:small would have saved $0.02 of $0.03 (4 calls).',
      },
      expect.objectContaining({ alternative: 'acme:mid', saving: 25_500_000n - 10_400_000n }),
    ])
  })

  it('says the same again for the same ledger', async () => {
    await use('large', 2)
    await use('mid', 5)
    expect(await plugboard.usage.advice()).toEqual(await plugboard.usage.advice())
  })

  it('goes by what the calls needed: a model without room for the largest of them is no alternative', async () => {
    await use('large', 1, { usage: { input: 200, output: 100 } })
    const alternatives = (await told('cheaper_model')).map(({ alternative }) => alternative)
    expect(alternatives).toEqual(['acme:narrow', 'acme:terse', 'acme:small'])
    await use('large', 1)
    expect((await told('cheaper_model')).map(({ alternative }) => alternative)).toEqual(['acme:small', 'acme:mid'])
  })

  it('prices each call at its own size and time', async () => {
    // By their mean both calls would be small and by day.
    await use('thinker', 1, { usage: { input: 3_000, output: 0 }, began: NOW - 10 * HOUR })
    await use('thinker', 3, { usage: { input: 10, output: 0 } })
    // On tiered the large call alone costs $0.30: more than everything was charged.
    const [only, ...others] = await told('cheaper_model')
    expect(others).toEqual([])
    // At 02:00 the night price holds: 3,000 x $0.10 and 30 x $1.00 per million, of $2.00.
    expect(only).toMatchObject({ alternative: 'acme:nightly', charged: 6_060_000n, saving: 6_060_000n - 330_000n })
  })

  it('leaves out calls without a known price, and models that are hardly used', async () => {
    await use('large', 4)
    await use('large', 1, { usage: { input: 1_000, output: 500 } })
    await plugboard.ledger.record(entry({ began: NOW - 1, model: 'large', nano: null, usage: { input: 1_000 } }))
    await use('mid', 1, { usage: { input: 10, output: 1 } })
    const advice = await told('cheaper_model')
    expect(new Set(advice.map(({ model, calls }) => `${model} ${calls}`))).toEqual(new Set(['large 5']))
  })

  it('offers no model of a plugin that may answer out of its own code, free as it is', async () => {
    await use('blind', 1)
    const free = await plugboard.catalog.get('sandbox', 'local')
    expect(plugboard.prices.priceOf?.(free)?.price).toBe('free')
    expect(await told('cheaper_model')).toEqual([])
  })

  it('compares nothing with a model that is gone', async () => {
    const gone = { provider: 'gone', model: 'x', nano: 1_000_000_000, usage: { input: 9 } }
    await plugboard.ledger.record(entry({ began: NOW - 1, ...gone }))
    expect(await told('cheaper_model')).toEqual([])
  })
})

describe('what the ledger shows besides', () => {
  it('failed calls that were billed', async () => {
    await use('large', 2, { outcome: 'failed', errorClass: 'network' })
    await use('large', 1, { outcome: 'cancelled' })
    await use('large', 1, { outcome: 'failed', usage: {} })
    expect(await told('failed_calls_billed')).toEqual([
      {
        kind: 'failed_calls_billed',
        provider: 'acme',
        model: 'large',
        calls: 3,
        charged: 22_500_000n,
        saving: null,
        text: '3 calls to acme:large failed or were cancelled after tokens had arrived, and cost $0.02.',
      },
    ])
  })

  it('models without a price, which are in no amount', async () => {
    await use('unpriced', 2)
    const [advice] = await told('unknown_price')
    expect(advice).toMatchObject({ model: 'unpriced', calls: 2, charged: null, saving: null })
    expect(advice?.text).toContain('2 calls to acme:unpriced (3,000 tokens) is not known')
  })

  it('a cache that was written and never read', async () => {
    await use('large', 2, { usage: { input: 10, output: 1, cacheWrite: 5_000 } })
    expect(await told('cache_never_read')).toMatchObject([
      { model: 'large', calls: 2, charged: 25_000_000n, saving: null },
    ])
    await use('large', 1, { usage: { input: 10, output: 1, cacheRead: 5_000 } })
    expect(await told('cache_never_read')).toEqual([])
  })

  it('a lower price for cached input that was never used, without guessing what it would have saved', async () => {
    await use('large', 9, { usage: { input: 2_000, output: 10 } })
    expect(await told('no_cache_reads')).toEqual([])
    await use('large', 1, { usage: { input: 2_000, output: 10 } })
    const [advice] = await told('no_cache_reads')
    expect(advice).toMatchObject({ calls: 10, saving: null })
    expect(advice?.text).toContain('a million tokens cost $1.25 instead of $2.5')
    await use('mid', 12, { usage: { input: 2_000, output: 10 } })
    expect(await told('no_cache_reads')).toHaveLength(1)
  })

  it('nothing for no calls, and only of the time asked for', async () => {
    expect((await plugboard.usage.advice()).advice).toEqual([])
    await use('large', 1, { began: NOW - 31 * DAY })
    expect((await plugboard.usage.advice()).advice).toEqual([])
    expect((await plugboard.usage.advice({ since: '2026-02-01' })).advice).not.toEqual([])
  })
})
