import type { Context, Model } from '@plugboard/sdk'
import type { Ability, Category, Tier } from '../capabilities/capabilities.ts'
import type { Nano } from '../cost/money.ts'
import type { Measurement } from '../measured/measured.ts'

export const TASK_TYPES = ['chat', 'reasoning', 'coding', 'vision', 'extraction', 'long-context', 'cheap'] as const

export type TaskType = (typeof TASK_TYPES)[number]

/** What a model is wanted for. */
export interface RecommendRequest {
  readonly taskType: TaskType
  /** Dollars a call may be expected to cost at most. Models whose price is not known are out then. */
  readonly maxCost?: number
  /** What will be asked. Its tools and images make these abilities needed. */
  readonly context?: Context
  /** How large a call is; the input only where there is no context. Default: the task's usual size. */
  readonly tokens?: { readonly input?: number; readonly output?: number }
  /** Abilities it must have: what nobody says of a model, it does not have. */
  readonly needs?: Partial<Readonly<Record<Ability, boolean>>>
  /** Milliseconds a whole answer may take, by the median lately. A model that was not called lately ranks behind. */
  readonly maxLatencyMs?: number
  /** Ids of the only providers to choose from. */
  readonly providers?: readonly string[]
}

/** A model and everything it is judged by. */
export interface Candidate {
  readonly model: Model
  /** `null`: its price is not known. */
  readonly tier: Tier | null
  readonly measured: Measurement | undefined
  readonly inputTokens: number
  readonly outputTokens: number
  /** Nano-dollars the call will likely cost; `null` when the price is not known. */
  readonly cost: Nano | null
}

export interface RecommendedModel {
  /** `provider:model` */
  readonly model: string
  readonly category: Category
  readonly tier: Tier | null
  /** Nano-dollars a call will likely cost; `null` when the price is not known. */
  readonly expectedCost: Nano | null
  /** Milliseconds of a whole answer, the median lately; `null` when it was not called. */
  readonly expectedLatencyMs: number | null
  /** Sentences for people. */
  readonly why: string
}

export interface Recommendation {
  readonly taskType: TaskType
  /** Best first. */
  readonly ranked: readonly RecommendedModel[]
  readonly ruledOut: readonly { readonly model: string; readonly why: string }[]
}
