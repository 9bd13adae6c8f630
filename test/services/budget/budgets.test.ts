import { describe, expect, it } from 'vitest'
import type { BudgetState } from '../../../core/services/budget/budget.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { entry, newId, openBooks, provider, request, reserve, settle, spend, stateOf, SPENDER } from './support.ts'

const HOUR = 3_600_000
const code = (name: string) => expect.objectContaining({ code: name })

describe('a budget', () => {
  it('lets calls reserve up to its limit to the nano-dollar, and not one beyond', async () => {
    await using books = openBooks()
    const budget = await books.budgets.set(provider({ limitNano: 1_000 }))
    await reserve(books, 600)
    await reserve(books, 400)
    await expect(reserve(books, 1)).rejects.toEqual(code('BUDGET_HELD'))
    expect(stateOf(books, budget)).toMatchObject({ spent: { nano: 0 }, held: { nano: 1_000 } })
  })

  it('pays again what a call reserved and did not use', async () => {
    await using books = openBooks()
    const budget = await books.budgets.set(provider({ limitNano: 1_000 }))
    await settle(books, await reserve(books, 1_000), 250)
    expect(stateOf(books, budget)).toMatchObject({ spent: { nano: 250 }, held: { nano: 0 } })
    await reserve(books, 750)
  })

  it('gives everything back when nobody was asked', async () => {
    await using books = openBooks()
    const budget = await books.budgets.set(provider({ limitNano: 1_000, limitTokens: 50 }))
    const hold = await reserve(books, 1_000, { tokens: 50 })
    await books.budgets.release(hold)
    await books.budgets.release(hold)
    expect(stateOf(books, budget)).toMatchObject({ spent: { nano: 0 }, held: { nano: 0, tokens: 0 } })
  })

  it('tells a refused caller which limit, how much is spent and held, until when, and what to do', async () => {
    await using books = openBooks()
    const { id } = await books.budgets.set(provider({ limitNano: 1_000_000_000, timeZone: 'Europe/Berlin' }))
    await settle(books, await reserve(books, 900_000_000), 900_000_000)
    const held = await reserve(books, 50_000_000)
    await expect(reserve(books, 200_000_000)).rejects.toMatchObject({
      code: 'BUDGET_EXCEEDED',
      message:
        `The daily budget for provider "acme" (${id}) cannot pay this call: $0.90 of $1.00 is spent, ` +
        '$0.05 is held by running calls, and this one may cost up to $0.20.',
      hint: expect.stringContaining('It starts anew at 2026-03-14T23:00:00.000Z (Europe/Berlin).'),
      details: { budget: id, spent: { nano: 900_000_000 }, held: { nano: 50_000_000 }, needed: { nano: 200_000_000 } },
    })
    await expect(reserve(books, 100_000_000)).rejects.toMatchObject({
      code: 'BUDGET_HELD',
      hint: expect.stringContaining('Ask again in a moment'),
      details: { holding: [held.id], retryAfterMs: 1_000 },
    })
  })

  it('is reserved together with all others that apply, or none is', async () => {
    await using books = openBooks()
    const day = await books.budgets.set(provider({ limitNano: 10_000 }))
    const user = await books.budgets.set(provider({ scope: { kind: 'user', value: 'ann' }, limitNano: 500 }))
    const all = await books.budgets.set(
      provider({ scope: { kind: 'global', value: '' }, window: 'total', limitTokens: 9 }),
    )
    const hold = await reserve(books, 400, { tokens: 5 })
    expect(hold.lines.map(({ budget }) => budget.id).toSorted()).toEqual([day.id, user.id, all.id].toSorted())
    await expect(reserve(books, 400, { tokens: 1 })).rejects.toMatchObject({ details: { budget: user.id } })
    await expect(reserve(books, 1, { tokens: 5 })).rejects.toMatchObject({ details: { budget: all.id } })
    expect(stateOf(books, day).held).toEqual({ nano: 400, tokens: 5 })
    expect(stateOf(books, user).held).toEqual({ nano: 400, tokens: 5 })
    expect(stateOf(books, all).held).toEqual({ nano: 400, tokens: 5 })
  })

  it('counts only the calls of its scope', async () => {
    await using books = openBooks()
    const kinds = {
      provider: 'acme',
      model: 'acme:large',
      key: 'key_1',
      user: 'ann',
      project: 'apollo',
      agent: 'planner',
    }
    for (const [kind, value] of Object.entries(kinds))
      await books.budgets.set({ scope: { kind: kind as keyof typeof kinds, value }, window: 'daily', limitNano: 10 })
    const spender = { ...SPENDER, agentId: 'planner' }
    expect((await reserve(books, 1, { spender })).lines).toHaveLength(6)
    const stranger = { provider: 'other', model: 'large', keyId: 'apollo', userId: 'apollo', projectId: 'ann' }
    expect(books.budgets.appliesTo(stranger)).toBe(false)
    expect(await books.budgets.reserve(request(1_000, { spender: stranger }))).toBeUndefined()
  })

  it('never refuses a call that costs nothing, not even when the money is gone', async () => {
    await using books = openBooks()
    await books.budgets.set(provider({ limitNano: 100 }))
    await settle(books, await reserve(books, 100), 5_000)
    await expect(reserve(books, 1)).rejects.toEqual(code('BUDGET_EXCEEDED'))
    expect((await reserve(books, 0)).binding).toBe(false)
  })

  it('counts what was spent before it was set', async () => {
    await using books = openBooks()
    await spend(books, { nano: 70, tokens: 7 })
    await spend(books, { nano: 500, spender: { ...SPENDER, provider: 'other' } })
    await spend(books, { nano: null, tokens: 3 })
    books.clock.advance(13 * HOUR)
    await spend(books, { nano: 20, tokens: 2 })
    // It ended today and began yesterday: a call belongs to the day on which it began.
    await spend(books, { nano: 4, latencyMs: 2 * HOUR })
    const day = await books.budgets.set(provider({ limitNano: 100 }))
    const month = await books.budgets.set(provider({ window: 'monthly', limitNano: 100 }))
    expect(stateOf(books, day).spent).toEqual({ nano: 20, tokens: 2 })
    expect(stateOf(books, month).spent).toEqual({ nano: 94, tokens: 12 })
    expect(books.budgets.verify().problems).toEqual([])
  })

  it('counts what an agent spent before it was set', async () => {
    await using books = openBooks()
    const planner = { ...SPENDER, agentId: 'planner' }
    await spend(books, { nano: 70, tokens: 7, spender: planner })
    await spend(books, { nano: 500, spender: { ...SPENDER, agentId: 'writer' } })
    await spend(books, { nano: 300 })
    const scope = { kind: 'agent', value: 'planner' } as const
    const budget = await books.budgets.set({ scope, window: 'daily', limitNano: 100 })
    expect(stateOf(books, budget).spent).toEqual({ nano: 70, tokens: 7 })
    await expect(reserve(books, 31, { spender: planner })).rejects.toEqual(code('BUDGET_EXCEEDED'))
  })

  it('is charged for a call that was already running when it was set', async () => {
    await using books = openBooks()
    const running = newId()
    books.clock.advance(1_000)
    const budget = await books.budgets.set(provider({ limitNano: 100 }))
    await spend(books, { nano: 60, id: running, latencyMs: 1_000 })
    expect(stateOf(books, budget).spent.nano).toBe(60)
    await expect(reserve(books, 41)).rejects.toEqual(code('BUDGET_EXCEEDED'))
  })

  it('starts at nothing in a new window, and settles a call in the window that reserved it', async () => {
    await using books = openBooks()
    const budget = await books.budgets.set(provider({ limitNano: 100 }))
    const late = await reserve(books, 100)
    const { period } = stateOf(books, budget)
    books.clock.advance(period.end - books.clock.now() - 1)
    await expect(reserve(books, 1)).rejects.toEqual(code('BUDGET_HELD'))
    books.clock.advance(1)
    const early = await reserve(books, 100)
    await settle(books, late, 90)
    expect(stateOf(books, budget)).toMatchObject({ spent: { nano: 0 }, held: { nano: 100 } })
    await settle(books, early, 30)
    expect(stateOf(books, budget)).toMatchObject({ spent: { nano: 30 }, held: { nano: 0 } })
    books.clock.jump(-12 * HOUR - 1)
    expect(stateOf(books, budget).spent.nano).toBe(90)
    expect(books.budgets.verify().problems).toEqual([])
  })

  it('books the truth when a call costs more than it reserved, and says so', async () => {
    await using books = openBooks()
    const budget = await books.budgets.set(provider({ limitNano: 100 }))
    const told: unknown[] = []
    books.budgets.on('overshoot', (overshoot) => told.push(overshoot))
    const hold = await reserve(books, 100)
    await settle(books, hold, 130)
    expect(stateOf(books, budget)).toMatchObject({ spent: { nano: 130 }, overshoot: { nano: 30, tokens: 0 } })
    expect(told).toMatchObject([
      { budget: { id: budget.id }, callId: hold.id, charged: { nano: 130 }, held: { nano: 100 } },
    ])
    await expect(reserve(books, 1)).rejects.toEqual(code('BUDGET_EXCEEDED'))
  })

  it('never charges a call twice', async () => {
    await using books = openBooks()
    const budget = await books.budgets.set(provider({ limitNano: 100 }))
    const hold = await reserve(books, 50)
    await settle(books, hold, 40)
    await expect(settle(books, hold, 40)).rejects.toEqual(code('STORE_WRITE_FAILED'))
    await books.budgets.beat()
    expect(stateOf(books, budget)).toMatchObject({ spent: { nano: 40 }, held: { nano: 0 } })
  })
})

describe('a budget that is changed at run time', () => {
  it('refuses at once under a lower limit, and settles what runs', async () => {
    await using books = openBooks()
    const budget = await books.budgets.set(provider({ limitNano: 1_000, alertThreshold: null }))
    const hold = await reserve(books, 800)
    const lowered = await books.budgets.set(provider({ limitNano: 500 }))
    expect(lowered).toMatchObject({ id: budget.id, limitNano: 500, alertThreshold: null })
    await expect(reserve(books, 1)).rejects.toEqual(code('BUDGET_HELD'))
    await settle(books, hold, 700)
    expect(stateOf(books, budget)).toMatchObject({ spent: { nano: 700 }, held: { nano: 0 }, overshoot: { nano: 200 } })
    await books.budgets.set(provider({ limitNano: 701 }))
    await reserve(books, 1)
  })

  it('lets calls through once it is removed, and settles what it held', async () => {
    await using books = openBooks()
    const budget = await books.budgets.set(provider({ limitNano: 100 }))
    const hold = await reserve(books, 100)
    expect(await books.budgets.remove(budget.id)).toMatchObject({ id: budget.id })
    expect(await books.budgets.remove(budget.id)).toBeUndefined()
    expect(books.budgets.list()).toEqual([])
    expect(await books.budgets.reserve(request(1_000))).toBeUndefined()
    await settle(books, hold, 60)
    expect(books.budgets.verify()).toMatchObject({ ok: true, checked: { charges: 1, holds: 0 } })
    // Set again, it counts what was spent meanwhile.
    expect(stateOf(books, await books.budgets.set(provider({ limitNano: 100 }))).spent.nano).toBe(60)
  })

  it('is replaced when its time zone changes, with what the new day has seen', async () => {
    await using books = openBooks()
    const before = await books.budgets.set(provider({ limitNano: 100 }))
    await settle(books, await reserve(books, 10), 10)
    books.clock.advance(5 * HOUR)
    await settle(books, await reserve(books, 5), 5)
    const after = await books.budgets.set(provider({ timeZone: 'Asia/Tokyo' }))
    expect(after.id).not.toBe(before.id)
    expect(after.limitNano).toBe(100)
    expect(books.budgets.list()).toHaveLength(1)
    expect(stateOf(books, after).spent.nano).toBe(5)
  })

  it('is seen by another process with its next call', async () => {
    await using dir = await tempDir()
    await using here = openBooks(dir.at('books.db'))
    await using there = openBooks(dir.at('books.db'), here.clock)
    expect(there.budgets.appliesTo(SPENDER)).toBe(false)
    const budget = await here.budgets.set(provider({ limitNano: 100 }))
    await expect(reserve(there, 101)).rejects.toEqual(code('BUDGET_EXCEEDED'))
    await reserve(there, 60)
    await expect(reserve(here, 60)).rejects.toEqual(code('BUDGET_HELD'))
    await here.budgets.remove(budget.id)
    expect(there.budgets.appliesTo(SPENDER)).toBe(false)
  })

  it('stands in the audit log with what it was and what it became', async () => {
    await using books = openBooks()
    const budget = await books.budgets.set(provider({ limitNano: 100 }), 'key_1')
    await books.budgets.set(provider({ limitNano: 200 }), 'key_2')
    await books.budgets.remove(budget.id)
    expect(books.audit.entries()).toMatchObject([
      {
        action: 'budget_changed',
        subject: budget.id,
        actor: 'system',
        details: { before: { limitNano: 200 }, after: null },
      },
      { actor: 'key_2', details: { before: { limitNano: 100 }, after: { limitNano: 200 } } },
      { actor: 'key_1', details: { after: { limitNano: 100 } } },
    ])
  })

  it.each([
    [{}, 'at least one limit'],
    [{ limitNano: -1 }, 'limitNano'],
    [{ limitNano: 1.5 }, 'limitNano'],
    [{ hardRunTokens: Number.NaN }, 'hardRunTokens'],
    [{ limitNano: 1, alertThreshold: 80 }, 'alertThreshold'],
    [{ limitNano: 1, timeZone: 'Mars/Olympus' }, 'time zone'],
    [{ limitNano: 1, scope: { kind: 'user', value: '' } as const }, 'whose user'],
    [{ limitNano: 1, scope: { kind: 'global', value: 'x' } as const }, 'global'],
  ])('is refused when it makes no sense: %j', async (terms, part) => {
    await using books = openBooks()
    await expect(books.budgets.set(provider(terms))).rejects.toMatchObject({
      code: 'BUDGET_INVALID',
      message: expect.stringContaining(part),
    })
    expect(books.budgets.list()).toEqual([])
  })
})

describe('the alert', () => {
  const watch = (books: ReturnType<typeof openBooks>): BudgetState[] => {
    const told: BudgetState[] = []
    books.budgets.on('alert', (state) => told.push(state))
    return told
  }

  it('is told once per window, among all processes and after a restart', async () => {
    await using dir = await tempDir()
    const first = openBooks(dir.at('books.db'))
    await using second = openBooks(dir.at('books.db'), first.clock)
    const told = [watch(first), watch(second)]
    await first.budgets.set(provider({ limitNano: 1_000 }))
    await settle(first, await reserve(first, 799), 799)
    expect(told).toEqual([[], []])
    await settle(second, await reserve(second, 1), 1)
    expect(told[1]).toMatchObject([{ spent: { nano: 800 }, limitNano: 1_000, alerted: true }])
    await settle(first, await reserve(first, 1), 1)
    await first[Symbol.asyncDispose]()
    await using again = openBooks(dir.at('books.db'), first.clock)
    const afterwards = watch(again)
    await settle(again, await reserve(again, 1), 1)
    expect([told[0], afterwards]).toEqual([[], []])
    first.clock.advance(24 * HOUR)
    await settle(again, await reserve(again, 900), 900)
    expect(afterwards).toHaveLength(1)
  })

  it('is told again when a raised limit is neared, and not while the money stays far below it', async () => {
    await using books = openBooks()
    const told = watch(books)
    await books.budgets.set(provider({ limitNano: 100 }))
    await settle(books, await reserve(books, 90), 90)
    await books.budgets.set(provider({ limitNano: 1_000 }))
    await settle(books, await reserve(books, 5), 5)
    expect(told).toHaveLength(1)
    await settle(books, await reserve(books, 800), 800)
    expect(told).toHaveLength(2)
  })

  it('is also told for tokens, and not at all without a threshold', async () => {
    await using books = openBooks()
    const told = watch(books)
    await books.budgets.set(provider({ limitTokens: 10, alertThreshold: 0.5 }))
    await books.budgets.set(provider({ window: 'total', limitTokens: 10, alertThreshold: null }))
    await settle(books, await reserve(books, 1, { tokens: 5 }), 1, 5)
    expect(told).toMatchObject([{ window: 'daily', spent: { tokens: 5 } }])
  })
})

describe('a call whose price is not known', () => {
  it('is refused by default, and names the way out', async () => {
    await using books = openBooks()
    await books.budgets.set(provider({ limitNano: 1_000_000 }))
    await expect(books.budgets.reserve(request('unknown'))).rejects.toMatchObject({
      code: 'PRICE_UNKNOWN',
      hint: expect.stringContaining('--unknown-price'),
    })
  })

  it('is held and charged at an assumed price where the budget estimates', async () => {
    await using books = openBooks()
    const budget = await books.budgets.set(provider({ limitNano: 1_000_000, unknownPrice: 'estimate' }))
    const hold = await books.budgets.reserve(request('unknown', { tokens: 10 }))
    expect(stateOf(books, budget).held).toEqual({ nano: 750_000, tokens: 10 })
    if (hold !== undefined) await settle(books, hold, null, 4)
    expect(stateOf(books, budget).spent).toEqual({ nano: 300_000, tokens: 4 })
    expect(books.ledger.entries()[0]?.cost.total).toBeNull()
    expect(books.budgets.verify().problems).toEqual([])
  })

  it('costs the budget no money where it is allowed, and still its tokens', async () => {
    await using books = openBooks()
    const budget = await books.budgets.set(provider({ limitNano: 1, limitTokens: 10, unknownPrice: 'allow' }))
    const hold = await books.budgets.reserve(request('unknown', { tokens: 10 }))
    if (hold !== undefined) await settle(books, hold, null, 4)
    expect(stateOf(books, budget).spent).toEqual({ nano: 0, tokens: 4 })
  })

  it('does not matter to a budget that counts tokens only', async () => {
    await using books = openBooks()
    await books.budgets.set(provider({ limitTokens: 10 }))
    expect(await books.budgets.reserve(request('unknown', { tokens: 10 }))).toBeDefined()
  })
})

describe('caps on one call', () => {
  it('refuses above the hard one and warns above the soft one', async () => {
    await using books = openBooks()
    await books.budgets.set(provider({ softRunTokens: 50, hardRunTokens: 100 }))
    await expect(reserve(books, 1, { tokens: 60, likely: 41 })).rejects.toMatchObject({
      code: 'TOKEN_LIMIT',
      message: expect.stringMatching(/allows 100 tokens per call; this one can use 101\./),
    })
    const hold = await reserve(books, 1, { tokens: 60, likely: 40 })
    expect(await settle(books, hold, 1, 50)).toEqual([])
    const [warning] = await settle(books, await reserve(books, 1, { tokens: 60 }), 1, 51)
    expect(warning?.message).toContain('used 51 tokens')
  })

  it('takes the longest answer that can be paid, of those it may choose from', async () => {
    await using books = openBooks()
    await books.budgets.set(provider({ limitTokens: 1_000, hardRunTokens: 700 }))
    expect(await reserve(books, 1, { sizes: [1_200, 600, 300] })).toMatchObject({ maxOutput: 600, binding: true })
    expect(await reserve(books, 1, { sizes: [1_200, 600, 300] })).toMatchObject({ maxOutput: 300 })
    await expect(reserve(books, 1, { sizes: [1_200, 600, 300] })).rejects.toEqual(code('BUDGET_HELD'))
  })
})

describe('the books', () => {
  it.each([
    ['SPENT_WRONG', 'UPDATE budget_balance SET spent_nano = spent_nano - 1'],
    ['HELD_WRONG', 'UPDATE budget_balance SET held_tokens = 3'],
    ['HELD_WRONG', 'DELETE FROM budget_hold'],
    ['BALANCE_MISSING', 'DELETE FROM budget_balance'],
    ['CHARGE_WITHOUT_ENTRY', 'DELETE FROM ledger'],
    ['CHARGE_WRONG', 'UPDATE ledger SET total_nano = total_nano + 1, output_nano = output_nano + 1'],
    ['CHARGE_WRONG', 'UPDATE ledger SET total_nano = NULL'],
    ['SPENT_WRONG', 'DELETE FROM budget_charge'],
    ['HOLD_WITHOUT_OWNER', 'DELETE FROM budget_owner'],
    ['ENTRY_SUM_WRONG', 'UPDATE ledger SET input_nano = 1'],
    [
      'ENTRY_TWICE',
      `CREATE TEMP TABLE again AS SELECT * FROM ledger; UPDATE again SET seq = seq + 1; INSERT INTO ledger SELECT * FROM again`,
    ],
    ['ENTRY_DAY_WRONG', 'DELETE FROM ledger_day'],
    ['ENTRY_DAY_WRONG', 'UPDATE ledger_day SET first_seq = first_seq + 1'],
    ['HELD_AND_CHARGED', 'UPDATE budget_hold SET call_id = (SELECT entry_id FROM budget_charge)'],
  ])('show %s after %s', async (problem, tamper) => {
    await using books = openBooks()
    await books.budgets.set(provider({ limitNano: 1_000 }))
    await settle(books, await reserve(books, 100), 80)
    await reserve(books, 10)
    expect(books.budgets.verify()).toEqual({
      ok: true,
      problems: [],
      checked: { entries: 1, balances: 1, charges: 1, holds: 1 },
    })
    books.store.db.exec(tamper)
    const { ok, problems } = books.budgets.verify()
    expect(ok).toBe(false)
    expect(problems.map((each) => each.code)).toContain(problem)
  })

  it('know every part of a price', async () => {
    await using books = openBooks()
    await books.budgets.set(provider({ limitNano: 1_000 }))
    const priced = entry(books.clock, { nano: 100 })
    const cost = {
      ...priced.cost,
      output: 1,
      cacheWrite1h: 2,
      reasoning: 3,
      audioInput: 4,
      imageOutput: 5,
      request: 85,
    }
    await books.budgets.book({ entry: { ...priced, cost }, spender: SPENDER })
    expect(books.budgets.verify().problems).toEqual([])
  })

  it('get an entry that could not be written as soon as it can, with its charge', async () => {
    await using books = openBooks()
    const budget = await books.budgets.set(provider({ limitNano: 1_000 }))
    const hold = await reserve(books, 100)
    books.store.db.exec(`CREATE TRIGGER full BEFORE INSERT ON ledger BEGIN SELECT raise(FAIL, 'disk full'); END`)
    await expect(settle(books, hold, 80)).rejects.toEqual(code('STORE_WRITE_FAILED'))
    expect(stateOf(books, budget)).toMatchObject({ spent: { nano: 0 }, held: { nano: 100 } })
    books.store.db.exec('DROP TRIGGER full')
    await books.budgets.beat()
    expect(stateOf(books, budget)).toMatchObject({ spent: { nano: 80 }, held: { nano: 0 } })
    expect(books.ledger.entries({ id: hold.id })).toHaveLength(1)
    await books.budgets.beat()
    expect(books.budgets.verify().problems).toEqual([])
  })

  it('get the entries of calls without a budget as well, and one that can never be written keeps out no other', async () => {
    await using books = openBooks()
    const ids = ['req_0', 'req_1', 'req_2']
    books.store.db.exec(`CREATE TRIGGER full BEFORE INSERT ON ledger BEGIN SELECT raise(FAIL, 'disk full'); END`)
    for (const id of ids) await expect(spend(books, { nano: 80, id })).rejects.toEqual(code('STORE_WRITE_FAILED'))
    books.store.db.exec(`DROP TRIGGER full; CREATE TRIGGER poison BEFORE INSERT ON ledger WHEN new.id = 'req_0'
      BEGIN SELECT raise(FAIL, 'never'); END`)
    for (let beats = 0; beats < 4; beats++) await books.budgets.beat()
    expect(books.ledger.entries().map(({ id }) => id)).toEqual(['req_2', 'req_1'])
  })

  it('get an entry once, however often it could not be written and whoever wrote it meanwhile', async () => {
    await using books = openBooks()
    books.store.db.exec(`CREATE TRIGGER full BEFORE INSERT ON ledger BEGIN SELECT raise(FAIL, 'disk full'); END`)
    for (const id of ['req_a', 'req_b', 'req_a'])
      await expect(spend(books, { nano: 80, id })).rejects.toEqual(code('STORE_WRITE_FAILED'))
    books.store.db.exec('DROP TRIGGER full')
    await books.ledger.record(entry(books.clock, { nano: 80, id: 'req_b' }))
    await Promise.all([books.budgets.beat(), books.budgets.beat()])
    expect(books.ledger.entries().map(({ id }) => id)).toEqual(['req_a', 'req_b'])
    expect(books.budgets.verify().problems).toEqual([])
  })

  it('are kept by all calls of a transaction whose writes failed together, except the one that cannot be written', async () => {
    await using books = openBooks()
    const budget = await books.budgets.set(provider({ limitNano: 1_000 }))
    const holds = [await reserve(books, 100, { id: 'req_a' }), await reserve(books, 100), await reserve(books, 100)]
    books.store.db.exec(`CREATE TRIGGER poison BEFORE INSERT ON budget_charge WHEN new.entry_id = 'req_a'
      BEGIN SELECT raise(FAIL, 'never'); END`)
    const results = await Promise.allSettled(holds.map((hold) => settle(books, hold, 70)))
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect(stateOf(books, budget)).toMatchObject({ spent: { nano: 140 }, held: { nano: 100 } })
    expect(books.budgets.verify().problems).toEqual([])
  })

  it('take up a limit that is changed between calls of one transaction', async () => {
    await using books = openBooks()
    const spec = provider({ window: 'total', limitNano: 100 })
    const budget = await books.budgets.set(spec)
    const hold = await reserve(books, 100)
    const [, , second] = await Promise.all([
      settle(books, hold, 90),
      books.budgets.set({ ...spec, limitNano: 1_000 }),
      reserve(books, 500),
    ])
    expect(stateOf(books, budget)).toMatchObject({ spent: { nano: 90 }, held: { nano: 500 }, alerted: false })
    await settle(books, second, 800)
    expect(stateOf(books, budget)).toMatchObject({ spent: { nano: 890 }, held: { nano: 0 }, alerted: true })
    expect(books.budgets.verify().problems).toEqual([])
  })

  it('stay exact beyond the integers of JavaScript', async () => {
    await using books = openBooks()
    const budget = await books.budgets.set(provider({ limitTokens: 1_000 }))
    const large = Number.MAX_SAFE_INTEGER
    for (let i = 0; i < 3; i++) await spend(books, { nano: large })
    await reserve(books, large)
    expect(stateOf(books, budget).spent.nano).toBe(3 * large)
    expect(books.store.db.prepare('SELECT CAST(spent_nano AS TEXT) AS nano FROM budget_balance').get()).toEqual({
      nano: String(3n * BigInt(large)),
    })
  })
})
