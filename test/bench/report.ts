import { decodeReport } from './decode/report.ts'
import { usageIsReadable } from './process-usage.ts'
import type { BenchResult, IdleResult, Measure, ScenarioResult } from './results.ts'
import { spread, type Spread } from './statistics.ts'
import { table } from './table.ts'
import type { TargetName } from './targets.ts'

const HEAD = ['', 'direct', 'bare', 'gateway', 'gateway / bare', 'goal']

const MEASURES: readonly {
  readonly measure: Measure
  readonly label: string
  readonly write: (value: number) => string
}[] = [
  { measure: 'cpu', label: 'CPU per request', write: (us) => `${us.toFixed(0)} us` },
  { measure: 'rps', label: 'requests', write: (rate) => `${whole(rate)} /s` },
  { measure: 'deltas', label: 'deltas', write: (rate) => `${whole(rate)} /s` },
  { measure: 'firstToken', label: 'first token, p50', write: milliseconds },
  { measure: 'p50', label: 'whole answer, p50', write: milliseconds },
  { measure: 'p99', label: 'whole answer, p99', write: milliseconds },
]

/** Highest processor time per request, as a multiple of the bare proxy's. */
const CPU_GOALS: Readonly<Record<string, number>> = {
  json: 1.2,
  'stream-burst': 1.2,
  'stream-joined': 1.2,
}
const ADDED_FIRST_TOKEN_GOAL_MS = 1
const ADDED_BY_BUDGETS_GOAL_US = 60
const IDLE_GOAL_MB = 150
const START_GOAL_MS = 1_000

/** All figures as one table: medians over the rounds, ratios with their quartiles. */
export function report({ machine, processes, scenarios, idle, decode }: BenchResult): string {
  const rows = [...scenarios.flatMap(scenarioRows), ...(idle === undefined ? [] : idleRows(idle))]
  return [
    `Node ${machine.node} on ${machine.platform}, ${machine.cores} cores (${machine.cpu})`,
    `Medians over interleaved rounds [quartiles]${processes === 1 ? '' : ` of ${processes} processes of each`}; ratios are taken within each round.`,
    ...(usageIsReadable
      ? []
      : ['Processor time and memory of another process cannot be read on this system: left out.']),
    ...(rows.length === 0 ? [] : ['', table([HEAD, ...rows])]),
    ...(decode === undefined ? [] : ['', decodeReport(decode)]),
  ].join('\n')
}

function scenarioRows(scenario: ScenarioResult): string[][] {
  const rounds = Object.values(scenario.rounds)[0]?.length ?? 0
  const title = `${scenario.name}: ${scenario.about} (${rounds} x ${scenario.requests} requests)`
  const measured = MEASURES.filter(
    ({ measure }) => scenario.shows.includes(measure) && valuesOf(scenario, 'bare', measure).length > 0,
  )
  return [
    [],
    [title],
    ...measured.map(({ measure, label, write }) => {
      const absolute = (target: TargetName): string => median(valuesOf(scenario, target, measure), write)
      const ratio = pairwise(scenario, 'gateway', 'bare', measure, (gateway, bare) => gateway / bare)
      const limit = measure === 'cpu' ? CPU_GOALS[scenario.name] : undefined
      const goal =
        limit === undefined || ratio === undefined ? '' : verdict(ratio.median, limit, `${limit.toFixed(2)} x`)
      return [`  ${label}`, absolute('direct'), absolute('bare'), absolute('gateway'), range(ratio), goal]
    }),
    ...(scenario.name === 'ttft' ? [addedRow(scenario)] : []),
    ...(scenario.name === 'budgets' ? budgetRows(scenario) : []),
  ]
}

function addedRow(scenario: ScenarioResult): string[] {
  const added = (target: TargetName): Spread | undefined =>
    pairwise(scenario, target, 'direct', 'firstToken', (value, direct) => value - direct)
  const [bare, gateway] = [added('bare'), added('gateway')]
  const write = (value: Spread | undefined): string => (value === undefined ? '' : milliseconds(value.median))
  const overBare = pairwise(scenario, 'gateway', 'bare', 'firstToken', (value, yardstick) => value - yardstick)
  const goal = overBare === undefined ? '' : verdict(overBare.median, ADDED_FIRST_TOKEN_GOAL_MS, 'bare + 1 ms')
  return ['  added to direct', '', write(bare), write(gateway), '', goal]
}

/** What reserving before a call and settling after it take, together. */
function budgetRows(scenario: ScenarioResult): string[][] {
  const added = pairwise(scenario, 'budgeted', 'gateway', 'cpu', (on, off) => on - off)
  if (added === undefined) return []
  const write = (us: number): string => `${us.toFixed(0)} us`
  const goal = verdict(added.median, ADDED_BY_BUDGETS_GOAL_US, `${ADDED_BY_BUDGETS_GOAL_US} us`)
  const quartiles = `[${added.q1.toFixed(0)}-${added.q3.toFixed(0)}]`
  return [
    ['  CPU with budgets', '', '', median(valuesOf(scenario, 'budgeted', 'cpu'), write), '', ''],
    ['  added by budgets', '', '', write(added.median), quartiles, goal],
  ]
}

function idleRows({ startMs, gatewayBytes, bareBytes }: IdleResult): string[][] {
  const [bare, gateway] = [bareBytes, gatewayBytes].map((bytes) => (bytes === undefined ? undefined : bytes / 2 ** 20))
  const megabytes = (value: number | undefined): string => (value === undefined ? '' : `${value.toFixed(1)} MB`)
  const ratio = bare === undefined || gateway === undefined ? '' : (gateway / bare).toFixed(2)
  const memoryGoal = gateway === undefined ? '' : verdict(gateway, IDLE_GOAL_MB, `${IDLE_GOAL_MB} MB`)
  const rows = [
    [],
    ['idle: before any request'],
    ['  resident memory', '', megabytes(bare), megabytes(gateway), ratio, memoryGoal],
  ]
  if (startMs.length === 0) return rows
  const start = spread(startMs).median
  const label = `  start to first answer, median of ${startMs.length}`
  return [...rows, [label, '', '', `${start.toFixed(0)} ms`, '', verdict(start, START_GOAL_MS, '1 s')]]
}

const valuesOf = ({ rounds }: ScenarioResult, target: TargetName, measure: Measure): number[] =>
  (rounds[target] ?? []).flatMap((figures) => figures[measure] ?? [])

/** Both values of a round were measured one right after the other, so their relation is steadier than either. */
function pairwise(
  scenario: ScenarioResult,
  one: TargetName,
  other: TargetName,
  measure: Measure,
  relate: (one: number, other: number) => number,
): Spread | undefined {
  const others = valuesOf(scenario, other, measure)
  const related = valuesOf(scenario, one, measure).map((value, round) => relate(value, others[round] ?? Number.NaN))
  return related.length === 0 ? undefined : spread(related)
}

const median = (values: readonly number[], write: (value: number) => string): string =>
  values.length === 0 ? '' : write(spread(values).median)

const range = (ratio: Spread | undefined): string =>
  ratio === undefined ? '' : `${ratio.median.toFixed(2)} [${ratio.q1.toFixed(2)}-${ratio.q3.toFixed(2)}]`

const verdict = (value: number, limit: number, text: string): string => `<= ${text}  ${value <= limit ? 'ok' : 'miss'}`

const whole = (value: number): string => Math.round(value).toLocaleString('en')

function milliseconds(value: number): string {
  return `${value.toFixed(2)} ms`
}
