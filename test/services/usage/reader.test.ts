import { expect, it } from 'vitest'
import { startNode } from '../../support/process.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { openUsage } from './support.ts'

const NOON = Date.UTC(2026, 2, 14, 12)

it('what is asked at once is answered from one moment, while another process goes on booking', async () => {
  await using dir = await tempDir()
  const file = dir.at('plugboard.db')
  await using books = openUsage(file)
  const support = new URL('./support.ts', import.meta.url).href
  const script = `
    const { openUsage } = await import(${JSON.stringify(support)})
    const books = openUsage(${JSON.stringify(file)})
    console.log('ready')
    for (let n = 0; ; n++) await books.book({ began: ${NOON} + n, nano: 3, userId: 'user' + n % 7 })`
  await using other = startNode(['--input-type=module', '--eval', script])
  await other.line(/^ready$/)
  const seen = new Set<number>()
  while (seen.size < 20) {
    const [[totals] = [], users = [], [again] = []] = await books.usage.rowsOf([{}, { by: 'user' }, { since: 0 }])
    const [calls, nano] = [totals?.calls ?? -1, totals?.cost?.total ?? -1n]
    expect(nano).toBe(3n * BigInt(calls))
    expect(users.reduce((sum, row) => sum + row.calls, 0)).toBe(calls)
    expect(again?.calls).toBe(calls)
    seen.add(calls)
  }
})

it('a query does not keep this process from its work', async () => {
  await using dir = await tempDir()
  await using books = openUsage(dir.at('plugboard.db'))
  for (let n = 0; n < 20; n++)
    await books.book(...Array.from({ length: 1_000 }, (_, m) => ({ began: NOON + n * 1_000 + m, nano: 1 })))
  let turns = 0
  const counting = setInterval(() => turns++, 1)
  const { calls } = await books.usage.totals()
  clearInterval(counting)
  expect(calls).toBe(20_000)
  expect(turns).toBeGreaterThan(3)
})

it('is over with its service: a question that is not answered yet fails, and none is taken any more', async () => {
  await using dir = await tempDir()
  const books = openUsage(dir.at('plugboard.db'))
  await books.book({ began: NOON })
  expect((await books.usage.totals()).calls).toBe(1)
  const [asked] = await Promise.allSettled([books.usage.totals(), books[Symbol.asyncDispose]()])
  expect(asked).toMatchObject({ status: 'rejected', reason: { code: 'USAGE_READ_FAILED' } })
  await expect(books.usage.totals()).rejects.toMatchObject({ code: 'USAGE_READ_FAILED' })
})
