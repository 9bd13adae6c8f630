import { parseArgs } from 'node:util'
import { scenarios } from './scenarios.ts'

/** Scenarios, the measure of the gateway at rest, and the protocols on their own. */
const NAMES = [...scenarios.map(({ name }) => name), 'idle', 'decode']

export interface BenchOptions {
  readonly names: readonly string[]
  /** Processes of each target, one after the other, that share the rounds. */
  readonly processes: number
  readonly rounds: number
  /** Requests that make a target hot for a path. */
  readonly warmUp: number
  /** Share of each scenario's requests that a round makes. */
  readonly size: number
  /** Starts of the gateway that the start time is the median of. */
  readonly starts: number
  /** Milliseconds after which scenarios make do with fewer rounds. */
  readonly budgetMs: number
  readonly gateway: boolean
  /** File for the raw figures. */
  readonly json: string | undefined
}

export const usage = `npm run bench -- [options]
  --quick            a rough look in less than a minute
  --only NAME        one part, can be repeated: ${NAMES.join(', ')}
  --processes N      processes of each target, one after the other (3; quick 1)
  --rounds N         rounds per scenario, shared by the processes (15; quick 3)
  --warm-up N        warm-up requests per target, for whole answers and for streams (30000; quick 2000)
  --without-gateway  only the upstream itself and the bare proxy
  --json FILE        write all figures to a file`

/** Throws a one-line error for arguments it does not know. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      processes: { type: 'string' },
      rounds: { type: 'string' },
      'warm-up': { type: 'string' },
      'without-gateway': { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  })
  const unknown = values.only?.find((name) => !NAMES.includes(name))
  if (unknown !== undefined) throw new Error(`There is no scenario "${unknown}"; use ${NAMES.join(', ')}.`)
  const { quick } = values
  return {
    names: values.only ?? NAMES,
    processes: count(values.processes, quick ? 1 : 3),
    rounds: count(values.rounds, quick ? 3 : 15),
    warmUp: count(values['warm-up'], quick ? 2_000 : 30_000),
    size: quick ? 0.3 : 1,
    starts: quick ? 3 : 5,
    budgetMs: quick ? 38_000 : 400_000,
    gateway: !values['without-gateway'],
    json: values.json,
  }
}

function count(text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`"${text}" is not a positive whole number.`)
  return value
}
