import { describe, expect, it } from 'vitest'
import type { BudgetEvents } from '../../../core/services/budget/budget.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { BY_HAND, openBooks, provider, reserve, settle, stateOf, type Books } from './support.ts'

const YEAR = 365 * 86_400_000
const LATE = BY_HAND.leaseMs + 1

/** Two processes on one file, and a budget of 1,000 with 600 held by the first. */
async function twoProcesses() {
  const dir = await tempDir()
  const first = openBooks(dir.at('books.db'))
  const second = openBooks(dir.at('books.db'), first.clock)
  const budget = await first.budgets.set(provider({ window: 'total', limitNano: 1_000 }))
  const hold = await reserve(first, 600)
  const recovered: BudgetEvents['recovered'][] = []
  second.budgets.on('recovered', (dead) => recovered.push(dead))
  return {
    first,
    second,
    budget,
    hold,
    recovered,
    clock: first.clock,
    held: () => stateOf(second, budget).held.nano,
    async [Symbol.asyncDispose]() {
      await second[Symbol.asyncDispose]()
      if (first.store.db.isOpen) await first[Symbol.asyncDispose]()
      await dir.remove()
    },
  }
}

const beat = async (...books: readonly Books[]): Promise<void> => {
  for (const each of books) await each.budgets.beat()
}

describe('the holds of a process that died', () => {
  it('are free again after its lease and the grace time, without a charge, and somebody is told', async () => {
    await using test = await twoProcesses()
    const { first, second, clock, held, hold, budget, recovered } = test
    first.crash()
    clock.advance(LATE)
    await beat(second)
    clock.advance(BY_HAND.graceMs - 1)
    await beat(second)
    expect(held()).toBe(600)
    clock.advance(1)
    await beat(second)
    expect(stateOf(second, budget)).toMatchObject({ held: { nano: 0 }, spent: { nano: 0 } })
    expect(recovered).toMatchObject([{ calls: [hold.id], amounts: [{ budgetId: budget.id, nano: 600 }] }])
    expect(second.budgets.verify().problems).toEqual([])
    await second.store.write(() => undefined)
    expect(second.audit.entries()[0]).toMatchObject({ action: 'budget_holds_freed', details: { calls: [hold.id] } })
  })

  it('are looked after by a call that would be refused because of them', async () => {
    await using test = await twoProcesses()
    const { first, second, clock } = test
    first.crash()
    clock.advance(LATE)
    await expect(reserve(second, 700)).rejects.toMatchObject({ code: 'BUDGET_HELD' })
    clock.advance(BY_HAND.graceMs)
    await reserve(second, 700)
  })

  it('are freed by short-lived processes that never see it live', async () => {
    await using dir = await tempDir()
    const crashed = openBooks(dir.at('books.db'))
    const { clock } = crashed
    const budget = await crashed.budgets.set(provider({ window: 'total', limitNano: 1_000 }))
    await reserve(crashed, 600)
    crashed.crash()
    for (let visits = 0; visits < 2; visits++) {
      clock.advance(YEAR)
      await using visitor = openBooks(dir.at('books.db'), clock)
      await visitor.budgets.beat()
    }
    await using last = openBooks(dir.at('books.db'), clock)
    expect(stateOf(last, budget).held.nano).toBe(0)
  })

  it('are freed also when its lease was written before the clock was set back by a year', async () => {
    await using test = await twoProcesses()
    const { first, second, clock, held } = test
    first.crash()
    clock.jump(-YEAR)
    await beat(second)
    clock.advance(BY_HAND.graceMs)
    await beat(second)
    expect(held()).toBe(0)
  })

  it('are freed also when the clock is set back after it was doubted', async () => {
    await using test = await twoProcesses()
    const { first, second, clock, held } = test
    first.crash()
    clock.advance(LATE)
    await beat(second)
    clock.jump(-YEAR)
    await beat(second)
    clock.advance(BY_HAND.graceMs)
    await beat(second)
    expect(held()).toBe(0)
  })

  it('are given back at once when it ends in order', async () => {
    await using test = await twoProcesses()
    await test.first[Symbol.asyncDispose]()
    expect(test.held()).toBe(0)
  })
})

describe('the holds of a process that lives', () => {
  it.each([
    ['forward', YEAR],
    ['back', -YEAR],
  ])('stay when the clock is set %s', async (_way, jump) => {
    await using test = await twoProcesses()
    const { first, second, clock, held } = test
    clock.jump(jump)
    await beat(second, first)
    clock.advance(BY_HAND.graceMs)
    await beat(second, first, second)
    clock.jump(jump)
    await beat(second, first)
    clock.advance(BY_HAND.graceMs)
    await beat(second)
    expect(held()).toBe(600)
  })

  it('stay when it was doubted just before it held anything', async () => {
    await using test = await twoProcesses()
    const { first, second, clock, held } = test
    await first.budgets.release(test.hold)
    clock.jump(-YEAR)
    await beat(second)
    await reserve(first, 300)
    clock.jump(YEAR / 2)
    await beat(second)
    expect(held()).toBe(300)
  })

  it('stay for as long as it beats', async () => {
    await using test = await twoProcesses()
    for (let passed = 0; passed < 10 * BY_HAND.leaseMs; passed += 5_000) {
      test.clock.advance(5_000)
      await beat(test.second, test.first)
    }
    expect(test.held()).toBe(600)
  })

  it('are charged truthfully when it was taken for dead, and its next call holds under a new lease', async () => {
    await using test = await twoProcesses()
    const { first, second, clock, held, hold, budget } = test
    const overshoots: unknown[] = []
    first.budgets.on('overshoot', (overshoot) => overshoots.push(overshoot))
    clock.advance(LATE)
    await beat(second)
    clock.advance(BY_HAND.graceMs)
    await beat(second)
    const other = await reserve(second, 900)
    await settle(first, hold, 500)
    expect(stateOf(second, budget)).toMatchObject({ spent: { nano: 500 }, held: { nano: 900 } })
    expect(overshoots).toHaveLength(1)
    await expect(reserve(first, 1)).rejects.toMatchObject({ code: 'BUDGET_HELD' })
    await second.budgets.release(other)
    await reserve(first, 500)
    expect(first.budgets.verify().problems).toEqual([])
    expect(held()).toBe(500)
  })
})
