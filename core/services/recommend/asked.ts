import { PlugboardError, type Context } from '@plugboard/sdk'
import { ABILITIES, type Ability } from '../capabilities/capabilities.ts'
import type { Nano } from '../cost/money.ts'
import { TASK_TYPES, type RecommendRequest } from './recommend.ts'
import { TASKS, type Task } from './tasks.ts'

/** A request for a recommendation, checked and with its defaults filled in. */
export interface Asked {
  readonly request: RecommendRequest
  readonly task: Task
  readonly needs: readonly Ability[]
  /** Tokens in place of a context, and of the answer. */
  readonly call: { readonly context: Context | undefined; readonly input: number; readonly output: number }
  readonly maxNano: Nano | undefined
}

/** Throws PlugboardError `RECOMMEND_INVALID`. */
export function asked(request: RecommendRequest): Asked {
  const { taskType, maxCost, maxLatencyMs, tokens = {}, needs = {}, context } = request
  if (!TASK_TYPES.includes(taskType)) throw invalid(`"${String(taskType)}" is no type of task`, TASK_TYPES)
  const strange = Object.keys(needs).find((name) => !ABILITIES.includes(name as Ability))
  if (strange !== undefined) throw invalid(`"${strange}" is no ability`, ABILITIES)
  for (const [name, value] of Object.entries({ maxCost, maxLatencyMs }))
    if (value !== undefined && !(Number.isFinite(value) && value >= 0))
      throw invalid(`${name} is not a number from 0: ${String(value)}`)
  for (const value of Object.values(tokens))
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0))
      throw invalid(`${String(value)} is not a number of tokens`)
  const task = TASKS[taskType]
  const wanted = new Set<Ability>([
    ...task.needs,
    ...ABILITIES.filter((name) => needs[name] === true),
    ...neededBy(context),
  ])
  return {
    request,
    task,
    needs: ABILITIES.filter((name) => wanted.has(name)),
    call: { context, input: tokens.input ?? task.input, output: tokens.output ?? task.output },
    maxNano: maxCost === undefined ? undefined : Math.floor(maxCost * 1e9 + 1e-3),
  }
}

function neededBy(context: Context | undefined): Ability[] {
  if (context === undefined) return []
  const hasImage = context.messages.some(
    ({ content }) => typeof content !== 'string' && content.some(({ type }) => type === 'image'),
  )
  return [...((context.tools ?? []).length > 0 ? ['tools' as const] : []), ...(hasImage ? ['vision' as const] : [])]
}

const invalid = (what: string, allowed?: readonly string[]): PlugboardError =>
  new PlugboardError('RECOMMEND_INVALID', `Nothing can be recommended: ${what}.`, {
    hint: allowed === undefined ? 'Correct it and ask again.' : `Use one of: ${allowed.join(', ')}.`,
  })
