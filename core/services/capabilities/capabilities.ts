import type { Model, ReasoningLevel } from '@plugboard/sdk'
import type { CostService } from '../cost/cost.ts'

/** What a model can do, by what its manifest or its server says. `null`: nobody says. */
export interface Capabilities {
  readonly tools: boolean
  readonly thinking: boolean
  readonly vision: boolean
  readonly audio: boolean
  readonly files: boolean
  /** Its host holds answers to a JSON Schema. */
  readonly structuredOutput: boolean | null
  /** Of every model: a provider that answers in one piece only is no provider. */
  readonly streaming: true
  /** Its host runs the code it writes, when a request of the host's own protocol asks for that. */
  readonly codeExecution: boolean | null
  readonly contextWindow: number | null
  readonly maxTokens: number | null
  /** What `reasoning` can be; empty when it does not think. */
  readonly reasoningLevels: readonly ReasoningLevel[]
}

/** The abilities among them: what a model has, has not, or nobody says. */
export const ABILITIES = [
  'tools',
  'thinking',
  'vision',
  'audio',
  'files',
  'structuredOutput',
  'streaming',
  'codeExecution',
] as const satisfies readonly (keyof Capabilities)[]

export type Ability = (typeof ABILITIES)[number]

const LEVELS: readonly ReasoningLevel[] = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

export const capabilitiesOf = (model: Model): Capabilities => ({
  tools: model.tools,
  thinking: model.reasoning,
  vision: model.input.includes('image'),
  audio: model.input.includes('audio'),
  files: model.input.includes('file'),
  structuredOutput: model.structuredOutput ?? null,
  streaming: true,
  codeExecution: model.codeExecution ?? null,
  contextWindow: model.contextWindow ?? null,
  maxTokens: model.maxTokens ?? null,
  reasoningLevels: model.reasoning ? LEVELS.filter((level) => model.reasoningLevels?.[level] !== null) : [],
})

/** `reasoning`: it thinks before it answers. `multimodal`: it does not, and takes more than text. `general`: neither. */
export type Category = 'reasoning' | 'multimodal' | 'general'

export const categoryOf = ({ reasoning, input }: Model): Category =>
  reasoning ? 'reasoning' : input.some((kind) => kind !== 'text') ? 'multimodal' : 'general'

/**
 * What a model's tokens cost today, three of input to one of output, in dollars per million: nothing is `free`, below 1
 * `economy`, below 5 `standard`, and everything else `premium`.
 */
export type Tier = 'free' | 'economy' | 'standard' | 'premium'

const BLEND = { input: 3_000, output: 1_000, cacheRead: 0, cacheWrite: 0, totalTokens: 4_000 }
/** Nano-dollars of that many tokens at one dollar per million. */
const ONE_DOLLAR = 4_000_000

/** `null` when the price is not known. */
export function tierOf(model: Model, prices: CostService): Tier | null {
  const { total } = prices.costOf(model, BLEND)
  if (total === null) return null
  if (total === 0) return 'free'
  return total < ONE_DOLLAR ? 'economy' : total < 5 * ONE_DOLLAR ? 'standard' : 'premium'
}
