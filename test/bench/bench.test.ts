import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deltaText, JSON_TEXT, streamEvents, streamText } from './answers.ts'
import { startLoadGenerator, type LoadGenerator } from './load/generator.ts'
import { flawOf } from './load/verify.ts'
import { measure, type Bed } from './measure.ts'
import { runSuite } from './micro/runner.ts'
import { cpuMicroseconds, residentBytes, usageIsReadable } from './process-usage.ts'
import { report } from './report.ts'
import type { Figures } from './results.ts'
import { scenarios, type Scenario } from './scenarios.ts'
import { percentile } from './statistics.ts'
import { startServer, type Target } from './targets.ts'

const scenario = (name: string): Scenario => {
  const found = scenarios.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no scenario ${name}`)
  return found
}

describe('the bench, with its real processes', () => {
  const stack = new AsyncDisposableStack()
  let targets: Target[]
  let bed: Bed
  let load: LoadGenerator

  beforeAll(async () => {
    const upstream = await startServer('upstream.ts')
    stack.use(upstream.process)
    const bare = await startServer('bare-proxy.ts', upstream.origin)
    stack.use(bare.process)
    load = stack.use(startLoadGenerator())
    const common = { model: 'gpt-4o', headers: {} }
    targets = [
      { name: 'direct', pid: undefined, origin: upstream.origin, ...common },
      { name: 'bare', pid: bare.process.pid, origin: bare.origin, ...common },
    ]
    bed = { load, served: async () => Number(await (await fetch(`${upstream.origin}/served`)).text()) }
  })

  afterAll(() => stack.disposeAsync())

  it.each(scenarios.map(({ name }) => name))('measures %s directly and through the bare proxy', async (name) => {
    for (const target of targets) {
      const figures = await measure(bed, target, scenario(name), 20)
      const shown = scenario(name).shows.filter((one) => one !== 'cpu')
      expect(shown.filter((one) => !((figures[one] ?? 0) > 0))).toEqual([])
    }
  })

  it.runIf(usageIsReadable)('counts the processor time of the proxy', async () => {
    const [, bare] = targets as [Target, Target]
    expect((await measure(bed, bare, scenario('json'), 500)).cpu).toBeGreaterThan(1)
    expect(cpuMicroseconds(process.pid)).toBeGreaterThan(1_000)
    expect(residentBytes(process.pid)).toBeGreaterThan(10 * 2 ** 20)
  })

  it('fails on a wrong answer, a missing server, and requests that never reach the upstream', async () => {
    const [direct] = targets as [Target, Target]
    const wrong = { ...scenario('json'), expected: { text: 'something else' } }
    await expect(measure(bed, direct, wrong, 2)).rejects.toThrow(
      'json through direct: answer 0 is wrong: wrong content',
    )
    const nowhere = { ...direct, origin: 'http://127.0.0.1:9' }
    await expect(measure(bed, nowhere, scenario('json'), 2)).rejects.toThrow('a request failed')
    const deaf: Bed = { load, served: () => Promise.resolve(0) }
    await expect(measure(deaf, direct, scenario('json'), 2)).rejects.toThrow('2 requests became 0 at the upstream')
  })
})

describe('checking an answer', () => {
  const expected = { text: streamText(3), deltas: 3 }
  const { role, deltas, tail } = streamEvents(3)
  const flaw = (body: string, status = 200): string | undefined =>
    flawOf({ startedAt: 0, endedAt: 0, firstTokenAt: 0, status, chunks: [Buffer.from(body)] }, expected)

  it('accepts the stream whole, and nothing less', () => {
    expect(flaw(role + deltas.join('') + tail)).toBeUndefined()
    expect(flaw(role + deltas.slice(1).join('') + tail)).toBe('2 deltas instead of 3')
    expect(flaw(role + deltas.toReversed().join('') + tail)).toContain(`wrong content: ${deltaText(2)}`)
    expect(flaw(role + deltas.join(''))).toBe('the stream does not end with [DONE]')
    expect(flaw(`${role}${deltas.join('')}data: [DONE]\n\n`)).toBe('the stream tells no usage')
    expect(flaw(`data: {\n\n${tail}`)).toContain('unreadable')
    expect(flaw('no', 503)).toBe('status 503: no')
  })

  it('reads an answer in one piece', () => {
    const body = JSON.stringify({ choices: [{ message: { content: JSON_TEXT } }] })
    const exchange = { startedAt: 0, endedAt: 0, firstTokenAt: undefined, status: 200, chunks: [Buffer.from(body)] }
    expect(flawOf(exchange, { text: JSON_TEXT })).toBeUndefined()
    expect(flawOf(exchange, { text: 'other' })).toContain('wrong content')
  })
})

describe('the report', () => {
  it('relates the rounds pairwise and marks the goals', () => {
    const cpu = (...values: number[]): Figures[] => values.map((value) => ({ cpu: value }))
    const rounds = { direct: [], bare: cpu(100, 200, 400), gateway: cpu(110, 260, 440) }
    const json = { name: 'json', about: 'small', shows: ['cpu'] as const, warmUp: 1, requests: 9, rounds }
    const added = [{ firstToken: 1 }]
    const ttft = {
      ...json,
      name: 'ttft',
      shows: ['firstToken'] as const,
      rounds: { direct: added, bare: [{ firstToken: 1.5 }], gateway: [{ firstToken: 3.25 }] },
    }
    const budgets = {
      ...json,
      name: 'budgets',
      rounds: { bare: cpu(50, 50, 50), gateway: cpu(100, 200, 300), budgeted: cpu(150, 240, 370) },
    }
    const text = report({
      machine: { node: 'v0', platform: 'any', cpu: 'any', cores: 2 },
      processes: 3,
      scenarios: [
        json,
        { ...json, name: 'stream-burst', rounds: { ...rounds, gateway: cpu(130, 260, 520) } },
        ttft,
        budgets,
      ],
      idle: { startMs: [900, 1_100, 1_200], gatewayBytes: 140 * 2 ** 20, bareBytes: 70 * 2 ** 20 },
      decode: undefined,
    })
    const line = (start: string, nth = 0): string =>
      text
        .split('\n')
        .filter((one) => one.startsWith(start))
        [nth]?.replaceAll(/ +/g, ' ') ?? ''
    expect(line('  CPU')).toBe(' CPU per request 200 us 260 us 1.10 [1.10-1.20] <= 1.20 x ok')
    expect(line('  CPU', 1)).toContain('1.30 [1.30-1.30] <= 1.20 x miss')
    expect(line('  added')).toBe(' added to direct 0.50 ms 2.25 ms <= bare + 1 ms miss')
    expect(line('  CPU with')).toBe(' CPU with budgets 240 us')
    expect(line('  added by')).toBe(' added by budgets 50 us [45-60] <= 60 us ok')
    expect(line('  resident')).toBe(' resident memory 70.0 MB 140.0 MB 2.00 <= 150 MB ok')
    expect(line('  start')).toBe(' start to first answer, median of 3 1100 ms <= 1 s miss')
  })

  it('takes percentiles between values', () => {
    expect(percentile([4, 1, 3, 2], 0.5)).toBe(2.5)
    expect(percentile([10], 0.99)).toBe(10)
    expect(percentile([1, 2, 3, 4, 5], 0.25)).toBe(2)
  })
})

describe('the micro runner', () => {
  it('relates every case to the baseline, also where a case is asynchronous', async () => {
    const spin = (steps: number): number => {
      let sum = 0
      for (let i = 0; i < steps; i++) sum += Math.sqrt(i)
      return sum
    }
    const results = await runSuite({
      name: 'spinning',
      baseline: 'short',
      cases: [
        { name: 'short', iterations: 50, run: () => spin(2_000) },
        { name: 'long', iterations: 50, run: () => spin(20_000) },
        { name: 'later', iterations: 50, run: () => Promise.resolve(spin(20_000)) },
      ],
    })
    expect(results.map(({ name }) => name)).toEqual(['short', 'long', 'later'])
    expect(results[0]?.ratio.median).toBe(1)
    expect(results[1]?.ratio.median).toBeGreaterThan(3)
    expect(results[2]?.ratio.median).toBeGreaterThan(3)
  })

  it('refuses a baseline that is not there', async () => {
    await expect(runSuite({ name: 'x', baseline: 'y', cases: [] })).rejects.toThrow('no case "y"')
  })
})
