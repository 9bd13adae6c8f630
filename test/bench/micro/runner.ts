import { spread, type Spread } from '../statistics.ts'
import type { MicroCase, MicroSuite } from './suite.ts'

const WARM_UP_ROUNDS = 3
const ROUNDS = 11

export interface CaseResult {
  readonly name: string
  readonly nanoseconds: Spread
  /** Time relative to the baseline's in the same round. */
  readonly ratio: Spread
}

/** Every case once per round, so that what else the machine does falls on all of them alike. */
export async function runSuite({ name, baseline, cases }: MicroSuite, count = ROUNDS): Promise<CaseResult[]> {
  const indexOf = (wanted: string): number => {
    const found = cases.findIndex((one) => one.name === wanted)
    if (found === -1) throw new Error(`The suite "${name}" has no case "${wanted}" to be its baseline.`)
    return found
  }
  const usual = indexOf(baseline)
  const bases = cases.map((one) => (one.baseline === undefined ? usual : indexOf(one.baseline)))
  for (let round = 0; round < WARM_UP_ROUNDS; round++) await oneRound(cases)
  const rounds: number[][] = []
  for (let round = 0; round < count; round++) rounds.push(await oneRound(cases))

  const valuesOf = (index: number): number[] => rounds.map((times) => times[index] ?? Number.NaN)
  return cases.map((one, index) => ({
    name: one.name,
    nanoseconds: spread(valuesOf(index)),
    ratio: spread(valuesOf(index).map((time, round) => time / (rounds[round]?.[bases[index] ?? usual] ?? Number.NaN))),
  }))
}

async function oneRound(cases: readonly MicroCase[]): Promise<number[]> {
  const times: number[] = []
  for (const one of cases) times.push(await nanosecondsPerRun(one))
  return times
}

/** The last result, out of V8's sight: what nothing keeps it may leave out. */
let kept: unknown

/** Of processor time: what other programs take meanwhile does not count. */
async function nanosecondsPerRun({ run, iterations }: MicroCase): Promise<number> {
  kept = run()
  const asynchronous = kept instanceof Promise
  if (asynchronous) await kept
  const from = process.cpuUsage()
  if (asynchronous) for (let i = 0; i < iterations; i++) kept = await run()
  else for (let i = 0; i < iterations; i++) kept = run()
  const { user, system } = process.cpuUsage(from)
  return ((user + system) * 1_000) / iterations
}
