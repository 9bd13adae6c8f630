import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { UsageSums } from 'plugboard'
import { projection } from '../../../core/services/usage/projection.ts'
import { USAGE_DIMENSIONS } from '../../../core/services/usage/usage.ts'
import { DAY, HOUR, openUsage, type CallSpec } from './support.ts'

const START = Date.UTC(2026, 1, 20)
const SPAN = 80 * DAY
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Havana']

const name = fc.option(fc.constantFrom('a', 'b', 'c', '', "x'); DROP"), { nil: undefined })
const tokens = fc.nat(5_000)
/** Small, large and unknown. */
const nano = fc.option(fc.oneof(fc.nat(1_000_000), fc.nat({ max: Number.MAX_SAFE_INTEGER })), { nil: null, freq: 4 })

const call: fc.Arbitrary<CallSpec> = fc.record({
  began: fc.integer({ min: START, max: START + SPAN }),
  provider: fc.constantFrom('one', 'two'),
  model: fc.constantFrom('large', 'small', 'two:odd'),
  keyId: name,
  userId: name,
  projectId: name,
  agentId: name,
  trackingId: name,
  outcome: fc.constantFrom('completed', 'failed', 'cancelled'),
  nano,
  latencyMs: fc.nat(3 * HOUR),
  usage: fc.record({ input: tokens, output: tokens, cacheRead: tokens, cacheWrite: tokens, estimated: fc.boolean() }),
})

const together = (rows: readonly UsageSums[]) => {
  const sum = (read: (row: UsageSums) => number | bigint): bigint =>
    rows.reduce((all, row) => all + BigInt(read(row)), 0n)
  return {
    calls: sum(({ calls }) => calls),
    failed: sum(({ failed }) => failed),
    cancelled: sum(({ cancelled }) => cancelled),
    unpriced: sum(({ unpriced }) => unpriced),
    estimated: sum(({ estimated }) => estimated),
    tokens: sum((row) => row.tokens.total),
    cacheRead: sum((row) => row.tokens.cacheRead),
    input: sum(({ cost }) => cost?.input ?? 0n),
    nano: sum(({ cost }) => cost?.total ?? 0n),
  }
}

it('every grouping adds up to the totals, and these to the entries of the ledger', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 60 }), fc.constantFrom(...ZONES), async (calls, timeZone) => {
      await using books = openUsage()
      await books.book(...calls)
      const entries = books.ledger.entries({ limit: 1_000 })
      const nanoOf = entries.map(({ cost }) => BigInt(cost.total ?? 0)).reduce((sum, one) => sum + one, 0n)
      const totals = together([await books.usage.totals()])
      expect(totals).toMatchObject({
        calls: BigInt(entries.length),
        unpriced: BigInt(entries.filter(({ cost }) => cost.total === null).length),
        tokens: BigInt(entries.reduce((sum, { usage }) => sum + usage.totalTokens, 0)),
        nano: nanoOf,
        input: nanoOf,
      })
      const groups = await books.usage.rowsOf(USAGE_DIMENSIONS.map((by) => ({ by, timeZone })))
      for (const [index, rows] of groups.entries()) {
        expect(together(rows), `by ${USAGE_DIMENSIONS[index]}`).toEqual(totals)
        expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length)
      }
    }),
    { numRuns: 30 },
  )
})

it('time that is cut into pieces adds up to the whole, and a day is what lies between its ends', async () => {
  const cuts = fc.array(fc.integer({ min: START, max: START + SPAN }), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { maxLength: 40 }),
      cuts,
      fc.constantFrom(...ZONES),
      async (calls, at, timeZone) => {
        await using books = openUsage()
        await books.book(...calls)
        const ends = [...new Set(at)].toSorted((one, other) => one - other)
        const pieces = [undefined, ...ends].map((since, index) => ({ since, until: ends[index] }))
        const sums = await Promise.all(pieces.map((piece) => books.usage.totals(piece)))
        expect(together(sums)).toEqual(together([await books.usage.totals()]))
        for (const { period, key: _key, ...day } of await books.usage.rows({ by: 'day', timeZone }))
          expect(await books.usage.totals({ since: period?.start, until: period?.end })).toEqual(day)
      },
    ),
    { numRuns: 20 },
  )
})

it('a projection is never below what is spent, and lies in its range', () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 15n })
  fc.assert(
    fc.property(
      amount,
      fc.array(amount, { maxLength: 28 }),
      fc.integer({ min: 0, max: DAY }),
      fc.integer({ min: 0, max: 30 }),
      fc.nat(6),
      (spent, amounts, passed, ahead, weekday) => {
        const start = Date.UTC(2026, 2, 15)
        const told = projection({
          timeZone: 'UTC',
          month: { start: Date.UTC(2026, 2, 1), end: Date.UTC(2026, 3, 1) },
          now: start + passed,
          spent,
          unpriced: 0,
          days: amounts.map((nano, day) => ({ nano, weekday: (weekday + day) % 7 })),
          today: { start, end: start + DAY, weekday: (weekday + amounts.length) % 7 },
          ahead: Array.from({ length: ahead }, (_, day) => (weekday + amounts.length + 1 + day) % 7),
        })
        if (amounts.length < 3) {
          expect(told.amount).toBeNull()
          return
        }
        expect(told.low).toBeGreaterThanOrEqual(spent)
        expect(told.amount).toBeGreaterThanOrEqual(told.low ?? 0n)
        expect(told.high).toBeGreaterThanOrEqual(told.amount ?? 0n)
        if (ahead === 0 && passed === DAY) expect(told.amount).toBe(spent)
      },
    ),
  )
})
