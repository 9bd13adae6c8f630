import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ABILITIES, capabilitiesOf, type Ability } from '../../../core/services/capabilities/capabilities.ts'
import { asked } from '../../../core/services/recommend/asked.ts'
import { rank } from '../../../core/services/recommend/rank.ts'
import { TASK_TYPES, type Candidate, type RecommendRequest } from '../../../core/services/recommend/recommend.ts'
import { TASKS } from '../../../core/services/recommend/tasks.ts'
import { model } from '../cost/support.ts'

const TODAY = Date.parse('2026-10-01T00:00:00Z')

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })

const about = fc.record(
  {
    tools: fc.boolean(),
    reasoning: fc.boolean(),
    input: fc.constantFrom(['text'] as const, ['text', 'image'] as const, ['text', 'image', 'audio', 'file'] as const),
    structuredOutput: fc.boolean(),
    codeExecution: fc.boolean(),
    contextWindow: fc.constantFrom(1_000, 128_000, 1_000_000, 1_000_000),
    maxTokens: fc.constantFrom(256, 4_096, 64_000, 64_000),
    simulated: fc.constant(true as const),
    deprecated: fc.constantFrom('2026-09-01', '2027-01-01', '2027-01-01', '2027-01-01'),
    provider: fc.constantFrom('acme', 'other'),
  },
  { requiredKeys: ['tools', 'reasoning', 'input', 'provider'] },
)

const measurement = fc.record({
  calls: fc.integer({ min: 1, max: 20 }),
  meanMs: fc.constant(1),
  medianMs: fc.option(fc.integer({ min: 1, max: 5_000 })),
  medianTtfbMs: fc.constant(null),
  tokensPerSecond: fc.constant(null),
  errorShare: fc.constantFrom(null, 0, 0.1, 0.5),
})

const priced = fc.oneof(
  fc.constant({ tier: null, cost: null }),
  fc.constant({ tier: 'free' as const, cost: 0 }),
  fc.record({ tier: fc.constantFrom('economy', 'standard', 'premium'), cost: fc.integer({ min: 1, max: 60_000_000 }) }),
)

const candidates: fc.Arbitrary<Candidate[]> = fc
  .array(fc.tuple(about, priced, maybe(measurement)), { minLength: 6, maxLength: 16, size: 'max' })
  .map((all) =>
    all.map(([facts, price, measured], index) => ({
      model: model(undefined, { ...facts, id: `m${index}` }),
      ...price,
      measured,
      inputTokens: 1_000,
      outputTokens: 500,
    })),
  )

const request: fc.Arbitrary<RecommendRequest> = fc.record(
  {
    taskType: fc.constantFrom(...TASK_TYPES),
    maxCost: fc.constantFrom(0, 0.03, 1, 1),
    maxLatencyMs: fc.constantFrom(1_000, 4_000, 4_000),
    needs: fc
      .subarray([...ABILITIES], { maxLength: 2 })
      .map((all) => Object.fromEntries(all.map((ability) => [ability, true]))),
    providers: fc.constantFrom(['acme'], ['other', 'acme'], ['other', 'acme']),
  },
  { requiredKeys: ['taskType'] },
)

interface Judged {
  readonly ranked: readonly Candidate[]
  readonly names: readonly string[]
  readonly all: readonly Candidate[]
  readonly asked: RecommendRequest
}

const nameOf = (candidate: Candidate): string => `${candidate.model.provider}:${candidate.model.id}`

/** Runs the ranking on many worlds. */
const always = (holds: (judged: Judged) => void): void =>
  fc.assert(
    fc.property(candidates, request, (all, wanted) => {
      const { ranked } = rank(all, asked(wanted), TODAY)
      const names = ranked.map(({ model: name }) => name)
      const byName = new Map(all.map((candidate) => [nameOf(candidate), candidate]))
      holds({ ranked: names.map((name) => byName.get(name) as Candidate), names, all, asked: wanted })
    }),
    { numRuns: 1_000 },
  )

describe('a recommendation, whatever the models', () => {
  it('names nothing that lacks a needed ability', () => {
    always(({ ranked, asked: { taskType, needs = {} } }) => {
      const needed = [...TASKS[taskType].needs, ...ABILITIES.filter((ability: Ability) => needs[ability])]
      for (const { model: named } of ranked)
        for (const ability of needed) expect(capabilitiesOf(named)[ability]).toBe(true)
    })
  })

  it('names nothing that costs more than it may, or whose cost is not known then', () => {
    always(({ ranked, asked: { maxCost } }) => {
      if (maxCost === undefined) return
      for (const { cost } of ranked) expect(cost ?? Infinity).toBeLessThanOrEqual(maxCost * 1e9)
    })
  })

  it('names nothing that is too slow, too small, deprecated or of another provider', () => {
    always(({ ranked, asked: { maxLatencyMs, providers } }) => {
      for (const { model: named, measured } of ranked) {
        expect(measured?.medianMs ?? 0).toBeLessThanOrEqual(maxLatencyMs ?? Infinity)
        expect(named.maxTokens ?? Infinity).toBeGreaterThanOrEqual(500)
        expect(named.contextWindow ?? Infinity).toBeGreaterThanOrEqual(1_500)
        expect(named.deprecated).not.toBe('2026-09-01')
        if (providers !== undefined) expect(providers).toContain(named.provider)
      }
    })
  })

  it('puts a lower cost first among models of equal quality, and a known price before an unknown one', () => {
    const quality = ({ model: { simulated }, tier, measured }: Candidate, taskType: RecommendRequest['taskType']) =>
      JSON.stringify([
        simulated,
        taskType === 'cheap' ? '' : tier,
        measured !== undefined && measured.calls >= 5 && (measured.errorShare ?? 0) >= 0.2,
      ])
    always(({ ranked, asked: { taskType, maxLatencyMs } }) => {
      for (const [index, one] of ranked.entries())
        for (const other of ranked.slice(index + 1)) {
          if (one.model.simulated === other.model.simulated && other.cost !== null) expect(one.cost).not.toBeNull()
          const prefers = TASKS[taskType].prefers.every(
            (ability) => capabilitiesOf(one.model)[ability] === capabilitiesOf(other.model)[ability],
          )
          const equal = prefers && maxLatencyMs === undefined && quality(one, taskType) === quality(other, taskType)
          if (equal && one.cost !== null && other.cost !== null) expect(one.cost).toBeLessThanOrEqual(other.cost)
        }
    })
  })

  it('judges every model once, and the same in whatever order they come', () => {
    fc.assert(
      fc.property(candidates, request, (all, wanted) => {
        const result = rank(all, asked(wanted), TODAY)
        const names = [...result.ranked, ...result.ruledOut].map(({ model: name }) => name)
        expect(names.toSorted()).toEqual(all.map(nameOf).toSorted())
        expect(rank(all.toReversed(), asked(wanted), TODAY)).toEqual(result)
        for (const { why } of [...result.ranked, ...result.ruledOut]) expect(why).toMatch(/^\S.*\.$/)
      }),
      { numRuns: 300 },
    )
  })

  it('leaves out nothing that fits, and finds something often enough for the rest to mean anything', () => {
    let fitting = 0
    always(({ names, ranked, all, asked: { taskType, needs = {}, maxCost, maxLatencyMs, providers } }) => {
      fitting += ranked.length
      for (const candidate of all) {
        const { model: named, cost, measured } = candidate
        const has = capabilitiesOf(named)
        const needed = [...TASKS[taskType].needs, ...ABILITIES.filter((ability) => needs[ability])]
        const fits =
          needed.every((ability) => has[ability] === true) &&
          (maxCost === undefined || (cost !== null && cost <= maxCost * 1e9)) &&
          (measured?.medianMs ?? 0) <= (maxLatencyMs ?? Infinity) &&
          (providers ?? [named.provider]).includes(named.provider) &&
          named.deprecated !== '2026-09-01' &&
          (named.maxTokens ?? Infinity) >= 500 &&
          (named.contextWindow ?? Infinity) >= 1_500 &&
          (taskType !== 'long-context' || named.contextWindow !== undefined)
        expect(names.includes(nameOf(candidate))).toBe(fits)
      }
    })
    expect(fitting).toBeGreaterThan(1_000)
  })
})
