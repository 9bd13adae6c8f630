import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPlugboard } from 'plugboard'
import { startNode } from '../support/process.ts'
import { tempDir, type TempDir } from '../support/temp-dir.ts'
import { DAY, entry } from '../services/usage/support.ts'

const CLI = new URL('../../core/surfaces/cli/plugboard.js', import.meta.url).pathname

let dir: TempDir

async function plugboard(...args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  await using cli = startNode([CLI, ...args], { env: { PLUGBOARD_HOME: dir.at('home') }, cwd: dir.path })
  const { code } = await cli.exited
  return { code, out: cli.stdout, err: cli.stderr }
}

const january = ['--since', '2026-01-01', '--until', '2026-02-01'] as const

/** Two calls of January that are known to the cent, four full days before today, and one call of this very moment. */
beforeAll(async () => {
  dir = await tempDir()
  await using host = await createPlugboard({ dataDir: dir.at('home'), hostDir: false, watch: false, env: {} })
  const key = host.keys.add('laptop').key.id
  const known = { provider: 'openai', model: 'gpt-4o', keyId: key, userId: 'ann', latencyMs: 1_500 }
  const calls = [
    entry({ ...known, began: '2026-01-10T12:00:00Z', nano: 1_250_000_000, usage: { input: 1_000, output: 500 } }),
    entry({ ...known, began: '2026-01-11T12:00:00Z', nano: 750_000_000, usage: { input: 500, cacheRead: 1_500 } }),
    entry({ began: '2026-01-12T12:00:00Z', provider: 'lab', model: 'new', nano: null, usage: { input: 3 } }),
    ...[1, 2, 3, 4].map((day) =>
      entry({ began: Date.now() - day * DAY, provider: 'lab', model: 'old', nano: 1_000_000_000 }),
    ),
  ]
  for (const call of calls) await host.ledger.record(call)
  await host.complete('sandbox:demo', { messages: [{ role: 'user', content: 'Hello' }] })
})
afterAll(() => dir.remove())

describe('plugboard usage', () => {
  it('tells this month and where it is heading', async () => {
    const { code, out } = await plugboard('usage')
    expect(code).toBe(0)
    expect(out).toMatch(/^\d{4}-\d\d-01 00:00:00 to \d{4}-\d\d-01 00:00:00 \(UTC\)$/m)
    expect(out).toMatch(/^You're on track for \$\d+\.\d\d this month\.$/m)
    expect(out).toMatch(/^ {2}\$\d+\.\d\d to \$\d+\.\d\d, from the mean of .* of the last 28 full days/m)
    expect(out).toMatch(/^PROVIDER +CALLS +FAILED +TOKENS IN +CACHED +TOKENS OUT +COST +SHARE +MEAN TIME$/m)
    expect(out).toMatch(/^sandbox +1 .* \$0\.00001 /m)
  })

  it('gives the same as JSON', async () => {
    expect(JSON.parse((await plugboard('usage', '--json')).out)).toMatchObject({
      period: 'month',
      currency: 'nano-USD',
      projection: { days: 28, unpriced: 0 },
    })
  })

  it('adds up by what is asked, dearest first, with a line for all', async () => {
    const { out } = await plugboard('usage', 'by', 'provider', ...january)
    const lines = out.trimEnd().split('\n')
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^openai +2 +3,000 +1,500 +500 +\$2\.00 +100\.0 % +1\.5 s$/),
      expect.stringMatching(/^lab +1 +3 +0 +unknown +0\.0 s$/),
      expect.stringMatching(/^all +3 +3,003 +1,500 +500 +\$2\.00 +100\.0 % +1\.0 s +and 1 without a known price$/),
    ])
  })

  it('names keys as their owner does, and calls without any', async () => {
    const { out } = await plugboard('usage', 'by', 'key', ...january)
    expect(out).toMatch(/^laptop \(key_\w+\) +2 /m)
    expect(out).toMatch(/^\(none\) +1 /m)
  })

  it('gives days as JSON, nano-dollars as text', async () => {
    const rows = JSON.parse((await plugboard('usage', 'by', 'day', '--json', ...january)).out) as object[]
    expect(rows).toMatchObject([
      { key: '2026-01-10', cost: { total: '1250000000' } },
      { key: '2026-01-11', cost: { total: '750000000' } },
      { key: '2026-01-12', cost: null, unpriced: 1 },
    ])
  })

  it('says that there is nothing to add up', async () => {
    const { code, out } = await plugboard('usage', 'by', 'model', '--since', '2025-01-01', '--until', '2025-01-02')
    expect([code, out]).toEqual([0, 'There are no calls in that time.\n'])
  })

  it('shows the models that are used most', async () => {
    const { out } = await plugboard('usage', 'top', '--limit', '1', ...january)
    expect(out).toMatch(/^openai:gpt-4o +2 /m)
    expect(out).not.toContain('lab:new')
  })

  it('advises', async () => {
    const { out } = await plugboard('usage', 'advice', ...january)
    expect(out).toMatch(/^- The price of 1 call to lab:new \(3 tokens\) is not known/m)
    expect(out).toContain('What this cannot know:')
  })

  it.each([
    [['usage', '--since', 'yesterday'], '"yesterday" is not a date'],
    [['usage', 'by', 'planet'], 'Allowed choices are provider'],
    [['usage', 'by', 'day', '--time-zone', 'Berlin'], '"Berlin" is not a time zone'],
    [['usage', 'top', '--limit', 'all'], 'whole number'],
    [['usage', 'rerte'], 'too many arguments'],
  ])('refuses %j and says why', async (args, why) => {
    const { code, err } = await plugboard(...args)
    expect(code).toBe(1)
    expect(err).toContain(why)
  })

  it('counts a provider from its reset on, which the next process keeps to', async () => {
    const { out } = await plugboard('usage', 'reset', '--provider', 'openai')
    expect(out).toMatch(/^Usage of "openai" counts from \d{4}-/)
    expect((await plugboard('usage', 'by', 'provider', ...january)).out).not.toContain('openai')
    expect((await plugboard('usage', 'by', 'provider', '--all', ...january)).out).toMatch(/^openai +2 /m)
  })

  it('starts at nothing after a reset of all', async () => {
    expect(JSON.parse((await plugboard('usage', 'reset', '--json')).out)).toMatchObject({ scope: {}, actor: 'cli' })
    const { out } = await plugboard('usage')
    expect(out).toMatch(/^0 calls, 0 tokens in, 0 out: \$0\.00$/m)
    expect(out).toContain('Counted since the reset of')
  })
})
