import type { Plan } from './plan.ts'
import type { RecordedRequest } from './recording.ts'

/** How chat requests are answered: all alike, one after the other (the last plan repeats), or as a function says. */
export type Script = Plan | readonly Plan[] | ((request: RecordedRequest) => Plan | Promise<Plan>)

export type Planner = (request: RecordedRequest) => Plan | Promise<Plan>

export function plannerOf(script: Script): Planner {
  if (typeof script === 'function') return script
  if (!isList(script)) return () => script
  let next = 0
  return () => script[Math.min(next++, script.length - 1)] ?? {}
}

const isList = (script: Plan | readonly Plan[]): script is readonly Plan[] => Array.isArray(script)
