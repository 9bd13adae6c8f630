import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startNode } from '../support/process.ts'
import { tempDir, type TempDir } from '../support/temp-dir.ts'

const CLI = new URL('../../core/surfaces/cli/plugboard.js', import.meta.url).pathname

let dir: TempDir

beforeAll(async () => {
  dir = await tempDir()
})
afterAll(() => dir.remove())

async function plugboard(...args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  await using cli = startNode([CLI, ...args], { env: { PLUGBOARD_HOME: dir.at('home') }, cwd: dir.path })
  const { code } = await cli.exited
  return { code, out: cli.stdout, err: cli.stderr }
}

describe('plugboard budget', () => {
  it('sets, changes, lists and removes a budget, which the next call keeps to', async () => {
    const set = await plugboard(
      'budget',
      'set',
      '--provider',
      'sandbox',
      '--window',
      'daily',
      '--limit',
      '12.50',
      '--json',
    )
    expect(set.code).toBe(0)
    const { id } = JSON.parse(set.out) as { id: string }
    await plugboard(
      'budget',
      'set',
      '--provider',
      'sandbox',
      '--window',
      'daily',
      '--hard-cap',
      '5000',
      '--alert',
      '90',
    )

    const listed = await plugboard('budget', 'list', '--json')
    expect(JSON.parse(listed.out)).toMatchObject([
      {
        id,
        limitNano: 12_500_000_000,
        hardRunTokens: 5_000,
        alertThreshold: 0.9,
        spent: { nano: 0 },
        held: { nano: 0 },
      },
    ])
    const table = await plugboard('budget', 'list')
    expect(table.out).toMatch(
      new RegExp(`${id} +provider "sandbox" +daily +\\$12.50 +\\$0.00 +\\$0.00 +hard 5,000 +\\d{4}-`),
    )

    await plugboard('budget', 'set', '--provider', 'sandbox', '--window', 'daily', '--limit', '0.00001')
    const refused = await plugboard('chat', '--model', 'sandbox:demo', 'Hello')
    expect(refused.code).toBe(1)
    expect(refused.err).toContain(`(${id}) cannot pay this call`)

    const removed = await plugboard('budget', 'remove', id)
    expect(removed.out).toContain('is removed')
    expect((await plugboard('chat', '--model', 'sandbox:demo', 'Hello')).code).toBe(0)
    expect((await plugboard('budget', 'remove', id)).err).toContain(`There is no budget "${id}"`)
  })

  it.each([
    [['--limit', '5'], 'whose calls'],
    [['--global', '--user', 'ann', '--limit', '5'], 'one scope'],
    [['--global', '--limit', 'five'], '"five" is no amount for --limit'],
    [['--global', '--limit', '0.0000000001'], 'is no amount for --limit'],
    [['--global'], 'at least one limit'],
    [['--key', 'nobody', '--limit', '5'], 'no API keys "nobody"'],
    [['--global', '--limit', '5', '--time-zone', 'Berlin'], '"Berlin" is not a time zone'],
  ])('refuses %j and says why', async (args, why) => {
    const { code, err } = await plugboard('budget', 'set', ...args)
    expect(code).toBe(1)
    expect(err).toContain(why)
  })

  it('points out a provider that is not there', async () => {
    const { code, err } = await plugboard('budget', 'set', '--provider', 'opnai', '--limit', '5')
    expect(code).toBe(0)
    expect(err).toContain('There is no provider "opnai" now')
  })
})

describe('plugboard ledger verify', () => {
  it('says that the books are right, and fails with what is wrong when they are not', async () => {
    await plugboard('budget', 'set', '--global', '--limit', '5')
    await plugboard('chat', '--model', 'sandbox:demo', 'Hello')
    const right = await plugboard('ledger', 'verify')
    expect([right.code, right.out]).toEqual([0, expect.stringContaining('The books are right.')])

    using db = new DatabaseSync(dir.at('home', 'plugboard.db'))
    db.exec('UPDATE budget_balance SET spent_nano = spent_nano + 1 WHERE window_start > 0 AND spent_nano > 0')
    const wrong = await plugboard('ledger', 'verify', '--json')
    expect(wrong.code).toBe(1)
    expect(JSON.parse(wrong.out)).toMatchObject({ ok: false, problems: [{ code: 'SPENT_WRONG' }] })
  })
})
