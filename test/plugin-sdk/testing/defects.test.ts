import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { assertConforms, rules, testProvider, type Report } from '@plugboard/sdk/testing'
import { behaviourDefects } from './defects/behaviour.ts'
import { contractDefects } from './defects/contract.ts'
import type { Defect } from './defects/defect.ts'
import { errorDefects } from './defects/errors.ts'
import { streamDefects } from './defects/stream.ts'
import { toolAndUsageDefects } from './defects/tools-and-usage.ts'

const defects = [...contractDefects, ...streamDefects, ...toolAndUsageDefects, ...errorDefects, ...behaviourDefects]

/** Many faults share one good twin. */
const twins = defects.filter(({ good }, index) => defects.findIndex((other) => other.good === good) === index)

// The kit mostly waits.
vi.setConfig({ maxConcurrency: 10 })

// One of them writes to it on purpose.
beforeAll(() => void vi.spyOn(console, 'debug').mockReturnValue())
afterAll(() => void vi.restoreAllMocks())

const failedRules = ({ failed }: Report): string[] => [...new Set(failed.map(({ rule }) => rule))]

async function expectToFail({ rule, where, bad, options }: Defect): Promise<void> {
  const report = await testProvider(bad, options)
  expect(failedRules(report)).toEqual([rule])
  if (where !== undefined) expect(report.failed.map((result) => result.where.fixture)).toContain(where)
}

describe('a provider with a fault fails for it, and for nothing else', () => {
  test.concurrent.for(defects.filter(({ alone }) => alone !== true))('$rule: $what', expectToFail)
  test.for(defects.filter(({ alone }) => alone === true))('$rule: $what', expectToFail)
})

describe('the same provider without the fault passes', () => {
  test.concurrent.for(twins)('$rule: $what', async ({ rule, good, goodOptions }) => {
    const report = await testProvider(good, goodOptions)
    assertConforms(report)
    expect(report.passed.map((result) => result.rule)).toContain(rule)
  })
})

test('every rule has caught somebody', () => {
  expect(Object.keys(rules).filter((id) => !defects.some(({ rule }) => rule === id))).toEqual([])
})
