import { describe, expect, it } from 'vitest'
import type { Alert, AlertType } from 'plugboard'
import { openBooks, provider, request, reserve, settle, spend, stateOf, type Books } from '../budget/support.ts'

const DOLLAR = 1_000_000_000

/** All that is told, in its order. */
function listen({ alerts }: Books): Alert[] {
  const heard: Alert[] = []
  for (const type of ['cost_alert', 'budget_exhausted'] satisfies AlertType[])
    alerts.on(type, (alert) => heard.push(alert as Alert))
  return heard
}

const types = (heard: readonly Alert[]): string[] => heard.map(({ type }) => type)

describe('cost_alert of a budget', () => {
  it('says which budget it is and where it stands, in dollars', async () => {
    await using books = openBooks()
    const heard = listen(books)
    const scope = { kind: 'user', value: 'ann' } as const
    const budget = await books.budgets.set(provider({ scope, limitNano: 50 * DOLLAR, alertThreshold: 0.8 }))
    const other = await reserve(books, 2 * DOLLAR)
    const hold = await reserve(books, 46 * DOLLAR)
    await settle(books, hold, 45.67 * DOLLAR, 1_200)
    expect(heard).toEqual([
      {
        type: 'cost_alert',
        kind: 'budget',
        id: expect.stringMatching(/^evt_[0-9a-f]{24}$/),
        timestamp: '2026-03-14T12:00:00.000Z',
        user_id: 'ann',
        project_id: null,
        current_cost: 45.67,
        threshold: 40,
        threshold_tokens: null,
        period: 'day',
        budget_id: budget.id,
        scope,
        time_zone: 'UTC',
        limit: { cost: 50, tokens: null },
        spent: { cost: 45.67, tokens: 1_200 },
        held: { cost: 2, tokens: 0 },
        window_start: '2026-03-14T00:00:00.000Z',
        window_end: '2026-03-15T00:00:00.000Z',
        call_id: hold.id,
      },
    ])
    await books.budgets.release(other)
  })

  it('is told once per window, and in the next one again', async () => {
    await using books = openBooks()
    const heard = listen(books)
    await books.budgets.set(provider({ limitNano: 1_000, alertThreshold: 0.5 }))
    for (let n = 0; n < 4; n++) await settle(books, await reserve(books, 200), 200)
    expect(heard).toMatchObject([{ period: 'day', window_start: '2026-03-14T00:00:00.000Z' }])
    books.clock.advance(86_400_000)
    for (let n = 0; n < 4; n++) await settle(books, await reserve(books, 200), 200)
    expect(heard).toMatchObject([{}, { window_start: '2026-03-15T00:00:00.000Z' }])
  })

  it('names months and totals as what they are, and tells of tokens too', async () => {
    await using books = openBooks()
    const heard = listen(books)
    await books.budgets.set(provider({ window: 'monthly', limitTokens: 100 }))
    const scope = { kind: 'project', value: 'apollo' } as const
    await books.budgets.set(provider({ scope, window: 'total', limitNano: 100 }))
    await settle(books, await reserve(books, 80, { tokens: 80 }), 80, 80)
    expect(heard).toMatchObject([
      { period: 'month', threshold: null, threshold_tokens: 80, limit: { cost: null, tokens: 100 } },
      { period: 'total', project_id: 'apollo', window_start: null, window_end: null },
    ])
  })

  it('says nothing of a budget that was removed, or whose alert is off, or that pays for nothing', async () => {
    await using books = openBooks()
    const heard = listen(books)
    const { id } = await books.budgets.set(provider({ limitNano: 100 }))
    await books.budgets.set(provider({ window: 'monthly', limitNano: 1_000, alertThreshold: null }))
    await books.budgets.set(provider({ scope: { kind: 'user', value: 'ann' }, limitNano: 0 }))
    const hold = await reserve(books, 0)
    await books.budgets.remove(id)
    await settle(books, hold, 0)
    await spend(books, { nano: 90, spender: { provider: 'acme', model: 'large' } })
    expect(heard).toEqual([])
  })
})

describe('budget_exhausted', () => {
  it('is told when spending reaches the limit', async () => {
    await using books = openBooks()
    const heard = listen(books)
    await books.budgets.set(provider({ limitNano: 100, alertThreshold: null }))
    await settle(books, await reserve(books, 60), 60)
    await settle(books, await reserve(books, 40), 40)
    expect(heard).toMatchObject([{ type: 'budget_exhausted', current_cost: 1e-7, needed: null }])
  })

  it('is told with the first call that was refused for what is spent, once per window', async () => {
    await using books = openBooks()
    const heard = listen(books)
    await books.budgets.set(provider({ limitNano: 100, alertThreshold: null }))
    await settle(books, await reserve(books, 60), 60)
    const refused = request(50, { tokens: 7 })
    await expect(books.budgets.reserve(refused)).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' })
    await expect(reserve(books, 50)).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' })
    await settle(books, await reserve(books, 40), 40)
    expect(heard).toMatchObject([
      { type: 'budget_exhausted', call_id: refused.id, needed: { cost: 5e-8, tokens: 7 }, current_cost: 6e-8 },
    ])
  })

  it('is not told for a call that no window could pay, nor for one that only has to wait', async () => {
    await using books = openBooks()
    const heard = listen(books)
    await books.budgets.set(provider({ limitNano: 100, alertThreshold: null }))
    await expect(reserve(books, 101)).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' })
    const hold = await reserve(books, 60)
    await expect(reserve(books, 50)).rejects.toMatchObject({ code: 'BUDGET_HELD' })
    await books.budgets.release(hold)
    expect(heard).toEqual([])
  })

  it('is told again after the limit was raised, and not after it was only set again', async () => {
    await using books = openBooks()
    const heard = listen(books)
    const spec = provider({ limitNano: 100, alertThreshold: null })
    const budget = await books.budgets.set(spec)
    await settle(books, await reserve(books, 100), 100)
    await books.budgets.set(spec)
    await spend(books, { nano: 1 })
    expect(types(heard)).toEqual(['budget_exhausted'])
    await books.budgets.set({ ...spec, limitNano: 200 })
    await spend(books, { nano: 1 })
    expect(types(heard)).toEqual(['budget_exhausted'])
    await settle(books, await reserve(books, 98), 98)
    expect(types(heard)).toEqual(['budget_exhausted', 'budget_exhausted'])
    expect(stateOf(books, budget).spent.nano).toBe(200)
  })
})
