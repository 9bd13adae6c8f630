// A model of budgets: what may happen to them, and what must be so afterwards.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Budget, BudgetScope, BudgetWindow, Hold, Spender } from '../../../core/services/budget/budget.ts'
import { SqliteStore } from '../../../core/services/store/sqlite-store.ts'
import { BY_HAND, TestClock, entry, newId, openBooks, request, type Books } from './support.ts'

const PROCESSES = 3
const SCOPES: readonly BudgetScope[] = [
  { kind: 'global', value: '' },
  { kind: 'provider', value: 'p1' },
  { kind: 'provider', value: 'p2' },
  { kind: 'user', value: 'u1' },
]
/** One for each scope: summer time begins in the middle of what is played, in some at midnight. */
const ZONES = ['Europe/Berlin', 'UTC', 'Asia/Kathmandu', 'Asia/Beirut']
/** Before the night in which clocks are put forward, and not long before the end of the month. */
const BEGIN = Date.UTC(2026, 2, 28, 9)
const WINDOWS: readonly BudgetWindow[] = ['daily', 'monthly', 'total']
const SPENDERS: readonly Spender[] = [
  { provider: 'p1', model: 'm', userId: 'u1' },
  { provider: 'p1', model: 'm' },
  { provider: 'p2', model: 'm', userId: 'u1' },
]

const index = fc.nat({ max: 11 })
const amount = fc.nat({ max: 60 })
export const command = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      scope: index,
      window: index,
      nano: fc.nat({ max: 150 }),
      tokens: fc.option(fc.nat({ max: 150 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), which: index }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      calls: fc.array(fc.record({ process: index, spender: index, nano: amount, tokens: amount }), {
        minLength: 1,
        maxLength: 5,
      }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      which: fc.array(fc.record({ call: index, share: fc.constantFrom(0, 0.5, 1, 1, 1.5) }), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), which: index }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), process: index }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('recover' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 4_000, 3_600_000 * 7) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('jump' as const),
      ms: fc.constantFrom(-3 * 3_600_000, -1, 60_000, 3_600_000 * 26),
    }),
  },
)
export type Command = typeof command extends fc.Arbitrary<infer T> ? T : never

interface Running {
  readonly hold: Hold | undefined
  readonly id: string
  readonly books: Books
  readonly spender: Spender
  readonly nano: number
  readonly tokens: number
  readonly startedAt: number
}

interface Line {
  spent: { nano: number; tokens: number }
  /** Spending that no reservation could have prevented has passed a limit, so it may stand above until it falls again. */
  excused: boolean
}

/** What the books should say, worked out the slow way, beside the processes that keep them. */
export class World {
  readonly clock = new TestClock(BEGIN)
  readonly file: string
  readonly outside: SqliteStore
  readonly processes: Books[] = []
  readonly budgets = new Map<string, Budget>()
  readonly lines = new Map<string, Line>()
  readonly booked: { begun: number; spender: Spender; nano: number; tokens: number }[] = []
  running: Running[] = []

  constructor(file: string) {
    this.file = file
    this.outside = new SqliteStore(file)
    for (let n = 0; n < PROCESSES; n++) this.processes.push(openBooks(file, this.clock))
  }

  line(budgetId: string, start: number): Line {
    const key = `${budgetId}@${start}`
    let line = this.lines.get(key)
    if (line === undefined) this.lines.set(key, (line = { spent: { nano: 0, tokens: 0 }, excused: false }))
    return line
  }

  process(n: number): Books {
    return this.processes[n % PROCESSES] as Books
  }

  applying(spender: Spender): Budget[] {
    return [...this.budgets.values()].filter(({ scope }) => counts(scope, spender))
  }

  /** What the database says, by a connection of nobody. */
  balance(budgetId: string, start: number): { nano: number; tokens: number } {
    const row = this.outside.db
      .prepare(
        'SELECT spent_nano + held_nano AS nano, spent_tokens + held_tokens AS tokens FROM budget_balance WHERE budget_id = ? AND window_start = ?',
      )
      .get(budgetId, start)
    return { nano: Number(row?.['nano'] ?? 0), tokens: Number(row?.['tokens'] ?? 0) }
  }

  async close(): Promise<void> {
    for (const books of this.processes) await books[Symbol.asyncDispose]()
    this.outside[Symbol.dispose]()
  }
}

const idsOf = (budgets: readonly Budget[]): string[] => budgets.map(({ id }) => id).toSorted()

const counts = ({ kind, value }: BudgetScope, { provider, userId }: Spender): boolean =>
  kind === 'global' || (kind === 'provider' ? provider === value : userId === value)

/** By the wall clock of the zone, quarter of an hour after quarter of an hour: slow, and nothing like what it is compared with. */
function windowStart({ window, timeZone }: Pick<Budget, 'window' | 'timeZone'>, at: number): number {
  if (window === 'total') return 0
  const key = `${window} ${timeZone} ${Math.floor(at / QUARTER_MS)}`
  const known = starts.get(key)
  if (known !== undefined) return known
  const date = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' })
  const page = (moment: number): string => date.format(moment).slice(0, window === 'daily' ? 10 : 7)
  const here = page(at)
  let start = Math.floor(at / QUARTER_MS) * QUARTER_MS
  while (page(start - 1) === here) start -= QUARTER_MS
  starts.set(key, start)
  return start
}

/** Every zone in use is off by whole quarters of an hour. */
const QUARTER_MS = 900_000
const starts = new Map<string, number>()

const fits = ({ limitNano, limitTokens }: Budget, { nano, tokens }: { nano: number; tokens: number }): boolean =>
  (limitNano === null || nano <= limitNano) && (limitTokens === null || tokens <= limitTokens)

export async function run(world: World, told: Command): Promise<void> {
  const { clock } = world
  switch (told.do) {
    case 'set': {
      const scope = SCOPES[told.scope % SCOPES.length] as BudgetScope
      const window = WINDOWS[told.window % WINDOWS.length] as BudgetWindow
      const timeZone = ZONES[told.scope % SCOPES.length] as string
      const budget = await world
        .process(told.scope)
        .budgets.set({ scope, window, timeZone, limitNano: told.nano, limitTokens: told.tokens })
      const isNew = !world.budgets.has(budget.id)
      world.budgets.set(budget.id, budget)
      const start = windowStart(budget, clock.now())
      if (isNew)
        for (const { begun, spender, nano, tokens } of world.booked)
          if (begun >= start && counts(scope, spender)) add(world.line(budget.id, start).spent, { nano, tokens })
      for (const [key, line] of world.lines) if (key.startsWith(budget.id)) line.excused = true
      world.line(budget.id, start).excused = true
      return
    }
    case 'remove': {
      const id = [...world.budgets.keys()][told.which]
      if (id === undefined) return
      await world.process(told.which).budgets.remove(id)
      world.budgets.delete(id)
      return
    }
    case 'reserve': {
      const now = clock.now()
      const asked = told.calls.map(({ process, spender, nano, tokens }) => ({
        books: world.process(process),
        spender: SPENDERS[spender % SPENDERS.length] as Spender,
        nano,
        tokens,
        id: newId(),
      }))
      const results = await Promise.allSettled(
        asked.map(({ books, spender, nano, tokens, id }) =>
          books.budgets.reserve(request(nano, { id, spender, tokens })),
        ),
      )
      for (const [n, result] of results.entries()) {
        const { books, spender, nano, tokens, id } = asked[n] as (typeof asked)[number]
        const applying = world.applying(spender)
        if (result.status === 'fulfilled') {
          const hold = result.value
          assert.deepEqual(idsOf(hold?.lines.map(({ budget }) => budget) ?? []), idsOf(applying))
          world.running.push({ hold, id, books, spender, nano, tokens, startedAt: clock.monotonic() })
        } else {
          assert.match(String((result.reason as { code?: unknown }).code), /^BUDGET_(EXCEEDED|HELD)$/)
          // Nobody is refused who could have been paid: whatever was granted in the same moment is still held.
          const refused = applying.some((budget) => {
            const { nano: taken, tokens: used } = world.balance(budget.id, windowStart(budget, now))
            return !fits(budget, { nano: nano === 0 ? 0 : taken + nano, tokens: tokens === 0 ? 0 : used + tokens })
          })
          assert.ok(refused, `${id} was refused and could have been paid`)
        }
      }
      return
    }
    case 'settle': {
      const picked = new Map<Running, number>()
      for (const { call, share } of told.which) {
        const running = world.running[call % Math.max(1, world.running.length)]
        if (running !== undefined) picked.set(running, share)
      }
      await Promise.all([...picked].map(([running, share]) => settle(world, running, share)))
      return
    }
    case 'release': {
      const running = world.running[told.which % Math.max(1, world.running.length)]
      if (running === undefined) return
      world.running = world.running.filter((each) => each !== running)
      if (running.hold !== undefined) await running.books.budgets.release(running.hold)
      return
    }
    case 'crash': {
      const n = told.process % PROCESSES
      const crashed = world.process(n)
      crashed.crash()
      world.running = world.running.filter(({ books }) => books !== crashed)
      world.processes[n] = openBooks(world.file, clock)
      return
    }
    case 'recover': {
      await pass(world, BY_HAND.leaseMs + 1)
      await pass(world, BY_HAND.graceMs)
      // Nothing that a dead process held outlives its lease and the grace time.
      const owned = world.outside.db
        .prepare('SELECT call_id FROM budget_hold')
        .all()
        .map((row) => String(row['call_id']))
      const leaked = owned.filter((id) => !world.running.some((running) => running.id === id))
      assert.deepEqual(leaked, [])
      return
    }
    case 'pass':
      return pass(world, told.ms)
    case 'jump':
      clock.jump(told.ms)
      // A living process beats by the clock that does not jump.
      return pass(world, 4_000)
  }
}

/** Time passes, and all living processes beat as often as they should, except across long stretches of nothing. */
async function pass(world: World, ms: number): Promise<void> {
  const step = Math.min(ms, 4_000)
  world.clock.advance(step)
  for (const books of world.processes) await books.budgets.beat()
  if (ms - step > 60_000) {
    // The same as beating all the while, only quicker: the leases are renewed before anybody doubts them twice.
    world.clock.advance(ms - step)
    for (const books of world.processes.toReversed()) await books.budgets.beat()
  } else if (ms > step) await pass(world, ms - step)
}

async function settle(world: World, running: Running, share: number): Promise<void> {
  const { hold, id, books, spender, startedAt } = running
  const [nano, tokens] = [Math.ceil(running.nano * share), Math.ceil(running.tokens * share)]
  const latencyMs = world.clock.monotonic() - startedAt
  const begun = world.clock.now() - latencyMs
  world.running = world.running.filter((each) => each !== running)
  const reserved = hold?.lines ?? []
  const late = world
    .applying(spender)
    .filter((budget) => !reserved.some((line) => line.budget.id === budget.id))
    .map((budget) => ({ budget, windowStart: windowStart(budget, begun) }))
  await books.budgets.book({ entry: entry(world.clock, { nano, tokens, id, spender, latencyMs }), spender, hold })
  for (const { budget, windowStart: start } of [...reserved, ...late]) {
    const line = world.line(budget.id, start)
    add(line.spent, { nano, tokens })
    if (share > 1 || late.some((each) => each.budget === budget)) line.excused = true
  }
  world.booked.push({ begun, spender, nano, tokens })
}

function add(to: { nano: number; tokens: number }, { nano, tokens }: { nano: number; tokens: number }): void {
  to.nano += nano
  to.tokens += tokens
}

export function check(world: World): void {
  const { db } = world.outside
  const sum =
    db.prepare(`SELECT coalesce(sum(nano), 0) AS nano, coalesce(sum(tokens), 0) AS tokens FROM budget_hold_line
    WHERE budget_id = ? AND window_start = ?`)
  for (const row of db.prepare('SELECT * FROM budget_balance').all()) {
    const [id, start] = [String(row['budget_id']), Number(row['window_start'])]
    const line = world.line(id, start)
    const [spent, held] = ['spent', 'held'].map((what) => ({
      nano: row[`${what}_nano`],
      tokens: row[`${what}_tokens`],
    }))
    assert.deepEqual(spent, line.spent, 'spent is what the calls cost')
    assert.deepEqual(held, { ...sum.get(id, start) }, 'held is the sum of holds')
    const budget = world.budgets.get(id)
    if (budget === undefined) continue
    const within = fits(budget, world.balance(id, start))
    if (within) line.excused = false
    else assert.ok(line.excused, `${id} is above its limit`)
  }
  // No living process loses a hold.
  const held = new Set(
    db
      .prepare('SELECT call_id FROM budget_hold')
      .all()
      .map((row) => String(row['call_id'])),
  )
  for (const { hold, id } of world.running) assert.ok(hold === undefined || held.has(id), `${id} lost its hold`)
  assert.deepEqual(world.process(0).budgets.verify().problems, [])
}
