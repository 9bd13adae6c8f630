import { Heat } from './heat.ts'
import { measure, type Bed } from './measure.ts'
import type { BenchOptions } from './options.ts'
import type { Figures, ScenarioResult } from './results.ts'
import type { Scenario } from './scenarios.ts'
import type { Target } from './targets.ts'

const MIN_ROUNDS = 3

type Say = (text: string) => void

/** Measures all scenarios with one set of processes, in about the milliseconds that the options leave. */
export async function measureSet(
  bed: Bed,
  targets: readonly Target[],
  scenarios: readonly Scenario[],
  options: BenchOptions,
  say: Say,
): Promise<ScenarioResult[]> {
  const endsAt = performance.now() + options.budgetMs
  const heat = new Heat(bed, options.warmUp, say)
  const results: ScenarioResult[] = []
  for (const [index, scenario] of scenarios.entries()) {
    const share = (endsAt - performance.now()) / (scenarios.length - index)
    const measured = targets.filter(({ name }) => scenario.targets.includes(name))
    await heat.even(measured, scenario)
    const result = await runScenario(bed, measured, scenario, options, performance.now() + share, say)
    for (const target of measured)
      heat.add(target, scenario.path, result.requests * (result.rounds[target.name]?.length ?? 0))
    results.push(result)
  }
  return results
}

/** Target after target in every round, and back in the next: what else the machine does falls on all of them alike. */
async function runScenario(
  bed: Bed,
  targets: readonly Target[],
  scenario: Scenario,
  { rounds: wanted, processes, size, warmUp }: BenchOptions,
  endsAt: number,
  say: Say,
): Promise<ScenarioResult> {
  const requests = Math.ceil(scenario.requests * size)
  const most = Math.max(MIN_ROUNDS, Math.ceil(wanted / processes))
  const rounds: Record<string, Figures[]> = {}
  for (let round = 1; round <= most; round++) {
    const from = performance.now()
    say(`${scenario.name}: round ${round} of ${most}`)
    for (const target of round % 2 === 1 ? targets : targets.toReversed())
      (rounds[target.name] ??= []).push(await measure(bed, target, scenario, requests))
    const nextEndsAt = 2 * performance.now() - from
    if (round >= MIN_ROUNDS && nextEndsAt > endsAt) break
  }
  const { name, about, shows } = scenario
  return { name, about, shows, warmUp, requests, rounds }
}
