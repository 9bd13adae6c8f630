import { beforeAll, afterAll, describe, expect, it } from 'vitest'
import { tempDir } from '../../support/temp-dir.ts'
import { DAY, entry, openUsage, type CallSpec, type UsageBooks } from './support.ts'

/** Nine calls that were added up by hand. Amounts are nano-dollars. */
const CALLS: readonly CallSpec[] = [
  {
    began: '2026-03-01T08:00:00Z',
    provider: 'openai',
    model: 'gpt-4o',
    keyId: 'key_1',
    userId: 'ann',
    projectId: 'apollo',
    agentId: 'planner',
    trackingId: 'run-1',
    usage: { input: 1_000, output: 500 },
    cost: { input: 2_500_000, output: 5_000_000, total: 7_500_000 },
    latencyMs: 1_000,
    ttfbMs: 200,
  },
  {
    began: '2026-03-01T09:00:00Z',
    provider: 'openai',
    model: 'gpt-4o',
    keyId: 'key_1',
    userId: 'ann',
    usage: { input: 600, cacheRead: 400, output: 100, reasoning: 40 },
    cost: {
      input: 1_500_000,
      output: 600_000,
      reasoning: 400_000,
      cacheRead: 500_000,
      total: 3_000_000,
      cacheSavings: 500_000,
    },
    latencyMs: 3_000,
    ttfbMs: 400,
  },
  {
    began: '2026-03-02T09:00:00Z',
    provider: 'openai',
    model: 'gpt-4o-mini',
    keyId: 'key_2',
    userId: 'bob',
    usage: { input: 10, output: 20, estimated: true },
    cost: { input: 1_500, output: 12_000, total: 13_500 },
    latencyMs: 500,
  },
  {
    began: '2026-03-02T10:00:00Z',
    provider: 'anthropic',
    model: 'claude',
    userId: 'bob',
    projectId: 'apollo',
    usage: { input: 100, output: 50, cacheWrite: 2_000, cacheWrite1h: 500 },
    cost: {
      input: 300_000,
      output: 750_000,
      cacheWrite: 5_625_000,
      cacheWrite1h: 3_000_000,
      request: 25_000,
      total: 9_700_000,
    },
    latencyMs: 2_000,
    ttfbMs: 600,
  },
  {
    began: '2026-03-02T10:30:00Z',
    provider: 'anthropic',
    model: 'claude',
    outcome: 'failed',
    errorClass: 'server',
    latencyMs: 90_000,
  },
  {
    began: '2026-03-02T11:00:00Z',
    provider: 'anthropic',
    model: 'claude',
    outcome: 'cancelled',
    userId: '',
    usage: { input: 10, output: 1, estimated: true },
    cost: { input: 30_000, output: 15_000, total: 45_000 },
    latencyMs: 70_000,
  },
  {
    began: '2026-03-03T00:00:00Z',
    provider: 'lab',
    model: 'new',
    nano: null,
    usage: { input: 7, output: 3 },
    latencyMs: 100,
  },
  // Its input has a price and its output has none, so the call has none.
  {
    began: '2026-03-03T01:00:00Z',
    provider: 'mixed',
    model: 'embed',
    nano: null,
    usage: { input: 5, output: 1 },
    cost: { input: 5_000 },
    latencyMs: 100,
  },
  {
    began: '2026-03-03T02:00:00Z',
    provider: 'mixed',
    model: 'known',
    nano: 1_000,
    usage: { input: 1 },
    latencyMs: 100,
  },
]

let books: UsageBooks
beforeAll(async () => {
  books = openUsage()
  await books.book(...CALLS)
})
afterAll(() => books[Symbol.asyncDispose]())

const spent = async (by: 'provider' | 'key' | 'user' | 'project' | 'agent' | 'tracking' | 'day' | 'month') =>
  Object.fromEntries((await books.usage.rows({ by })).map(({ key, cost }) => [key ?? 'none', cost && cost.total]))

describe('usage', () => {
  it('adds everything up by kind', async () => {
    expect(await books.usage.totals()).toEqual({
      calls: 9,
      completed: 7,
      failed: 1,
      cancelled: 1,
      tokens: {
        input: 1_733,
        output: 675,
        cacheRead: 400,
        cacheWrite: 2_000,
        cacheWrite1h: 500,
        reasoning: 40,
        audioInput: 0,
        audioOutput: 0,
        imageInput: 0,
        imageOutput: 0,
        total: 4_808,
      },
      cost: {
        input: 4_332_500n,
        output: 6_377_000n,
        cacheRead: 500_000n,
        cacheWrite: 5_625_000n,
        cacheWrite1h: 3_000_000n,
        reasoning: 400_000n,
        audioInput: 0n,
        audioOutput: 0n,
        imageInput: 0n,
        imageOutput: 0n,
        request: 25_000n,
        total: 20_259_500n,
      },
      unpriced: 2,
      estimated: 2,
      estimatedNano: 58_500n,
      cacheSavings: 500_000n,
      averageLatencyMs: 6_800 / 7,
      averageTtfbMs: 400,
    })
  })

  it('groups by provider, dearest first, and says null where no price is known', async () => {
    const rows = await books.usage.rows({ by: 'provider' })
    expect(
      rows.map(({ key, calls, failed, unpriced, cost }) => [key, calls, failed, unpriced, cost && cost.total]),
    ).toEqual([
      ['openai', 3, 0, 0, 10_513_500n],
      ['anthropic', 3, 1, 0, 9_745_000n],
      ['mixed', 2, 0, 1, 1_000n],
      ['lab', 1, 0, 1, null],
    ])
  })

  it('groups by whoever called, and keeps the calls that name nobody', async () => {
    expect(await spent('key')).toEqual({ key_1: 10_500_000n, key_2: 13_500n, none: 9_746_000n })
    expect(await spent('user')).toEqual({ ann: 10_500_000n, bob: 9_713_500n, none: 46_000n })
    expect(await spent('project')).toEqual({ apollo: 17_200_000n, none: 3_059_500n })
    expect(await spent('agent')).toEqual({ planner: 7_500_000n, none: 12_759_500n })
    expect(await spent('tracking')).toEqual({ 'run-1': 7_500_000n, none: 12_759_500n })
    expect(await spent('month')).toEqual({ '2026-03': 20_259_500n })
  })

  it('names models with their provider', async () => {
    const [first] = await books.usage.rows({ by: 'model' })
    expect(first).toMatchObject({ key: 'openai:gpt-4o', provider: 'openai', model: 'gpt-4o', calls: 2 })
    const top = await books.usage.topModels({}, 2)
    expect(top.map(({ key, calls }) => [key, calls])).toEqual([
      ['anthropic:claude', 3],
      ['openai:gpt-4o', 2],
    ])
  })

  it('counts a call on the day on which it began', async () => {
    // The failed call began at 10:30 and took 90 s; in Auckland the third of March begins at 11:00 UTC.
    const rows = await books.usage.rows({ by: 'day', timeZone: 'Pacific/Auckland' })
    expect(rows.map(({ key, calls }) => [key, calls])).toEqual([
      ['2026-03-01', 2],
      ['2026-03-02', 3],
      ['2026-03-03', 4],
    ])
    expect(await spent('day')).toEqual({ '2026-03-01': 10_500_000n, '2026-03-02': 9_758_500n, '2026-03-03': 1_000n })
  })

  it('keeps to the filter and the ends, the first included and the last not', async () => {
    const { usage } = books
    const calls = async (selection: Parameters<typeof usage.totals>[0]) => (await usage.totals(selection)).calls
    expect(await calls({ filter: { provider: 'openai', model: 'gpt-4o' } })).toBe(2)
    expect(
      await calls({
        filter: { keyId: 'key_1', userId: 'ann', projectId: 'apollo', agentId: 'planner', trackingId: 'run-1' },
      }),
    ).toBe(1)
    expect(await calls({ since: '2026-03-02T10:00:00Z', until: '2026-03-02T11:00:00Z' })).toBe(2)
    expect(await calls({ since: '2026-03-02', until: '2026-03-03' })).toBe(4)
    expect(await calls({ until: '2026-03-02', period: 'day' })).toBe(2)
    expect(await calls({ since: '2026-02-01', period: 'month' })).toBe(0)
    expect(await calls({ period: 'month' })).toBe(9)
  })

  it('has sums of nothing for no calls', async () => {
    const totals = await books.usage.totals({ since: '2026-04-01' })
    expect(totals).toMatchObject({ calls: 0, unpriced: 0, averageLatencyMs: null, averageTtfbMs: null })
    expect(totals.cost?.total).toBe(0n)
    expect(await books.usage.rows({ since: '2026-04-01', by: 'day' })).toEqual([])
  })

  it('tells a summary in words and numbers', async () => {
    const { total, providers } = await books.usage.summary()
    expect(total).toEqual({
      calls: 9,
      inputTokens: 4_133,
      outputTokens: 675,
      costUsd: 0.0202595,
      unpricedCalls: 2,
      text: '9 calls, 4,133 tokens in, 675 out, $0.02, and 2 calls without a known price',
    })
    expect(providers['lab']).toMatchObject({ costUsd: null, text: '1 call, 7 tokens in, 3 out, price unknown' })
    expect(Object.keys(providers)).toEqual(['openai', 'anthropic', 'mixed', 'lab'])
    expect((await books.usage.getUsage('openai')).calls).toBe(3)
    expect((await books.usage.getUsage()).calls).toBe(9)
  })

  it.each([
    [{ since: 'yesterday' }, 'since'],
    [{ since: '2026-02-30' }, 'since'],
    [{ since: '2026-03-01T10:00:00' }, 'since'],
    [{ since: '1969-12-31' }, 'since'],
    [{ until: '9999-12-31' }, 'until'],
    [{ until: Number.NaN }, 'until'],
    [{ since: '2026-03-02', until: '2026-03-02' }, 'until'],
    [{ timeZone: 'Berlin' }, 'timeZone'],
    [{ by: 'planet' as 'day' }, 'by'],
    [{ period: 'year' as 'day' }, 'period'],
    [{ filter: { colour: 'red' } as object }, 'filter'],
  ])('refuses %j and names the field', async (query, param) => {
    await expect(books.usage.rows(query)).rejects.toMatchObject({ code: 'USAGE_QUERY_INVALID', details: { param } })
  })

  it('adds up exactly beyond what a double can hold', async () => {
    await using large = openUsage()
    const most = Number.MAX_SAFE_INTEGER
    for (const nano of [most, 3, most, 1, most - 1]) await large.book({ began: '2026-03-01T00:00:00Z', nano })
    expect((await large.usage.totals()).cost?.total).toBe(3n * BigInt(most) + 3n)
  })
})

describe('a query of a part of the ledger', () => {
  it('leaves out no call, whatever its id and its place in the ledger', async () => {
    await using odd = openUsage()
    const began = '2026-03-10T12:00:00Z'
    const elsewhere: CallSpec[] = [{ began: '2026-03-09T23:59:59Z' }, { began: '2026-03-11T00:00:00Z' }]
    // The clock was set a year forward and back again.
    await odd.book({ began }, ...elsewhere, { began: '2027-03-10T12:00:00Z' }, { began }, ...elsewhere)
    await Promise.all(['a', 'req_1', 'zebra'].map((id) => odd.ledger.record({ ...entry({ began }), id })))
    await odd.book({ began, latencyMs: 3 * DAY }, { began: '2026-03-09T12:00:00Z', latencyMs: 2 * DAY })
    expect((await odd.usage.totals({ since: '2026-03-10', until: '2026-03-11' })).calls).toBe(6)
    expect((await odd.usage.totals({ since: '2027-01-01' })).calls).toBe(1)
    expect((await odd.usage.totals({ since: '2028-01-01' })).calls).toBe(0)
  })

  it('leaves out none of a day whose first call could not be written', async () => {
    await using books = openUsage()
    const began = '2026-03-10T12:00:00Z'
    const poison = (): void => {
      throw new Error('never')
    }
    const results = await Promise.allSettled([
      books.ledger.record(entry({ began })),
      books.ledger.record(entry({ began }), poison),
      books.ledger.record(entry({ began })),
    ])
    await books.book({ began })
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await books.usage.totals({ since: '2026-03-10' })).calls).toBe(3)
  })

  it('leaves out none of a day on which several processes book', async () => {
    await using dir = await tempDir()
    await using here = openUsage(dir.at('books.db'))
    await using there = openUsage(dir.at('books.db'))
    for (const day of [10, 11, 12])
      for (const books of [here, there, here]) await books.book({ began: `2026-03-${day}T12:00:00Z` })
    expect((await here.usage.totals({ since: '2026-03-11' })).calls).toBe(6)
    expect((await there.usage.totals({ since: '2026-03-12' })).calls).toBe(3)
  })
})
