import type { Report } from '../../hand-off/index.ts'
import type { ReasoningLevel } from '../../options.ts'
import type { Model } from '../../provider.ts'
import { nearestLevel } from '../left-out.ts'
import type { OpenAIChatCompat } from './compat.ts'
import type { JsonObject } from './json.ts'

export interface ReasoningAsked {
  readonly level: ReasoningLevel | undefined
  readonly model: Model
  readonly compat: OpenAIChatCompat
  /** Whether the manifest describes the model. What is asked of an unknown one is passed on. */
  readonly isDescribed: boolean
  readonly report: Report
}

/** The body fields that ask for a level of reasoning. */
export function encodeReasoning({ level, model, compat, isDescribed, report }: ReasoningAsked): JsonObject {
  if (level === undefined) return {}
  const leftOut = (why: string): JsonObject => {
    report.warn({ type: 'unsupported', feature: 'reasoning', message: `${why}; "reasoning" was left out.` })
    return {}
  }
  if (!model.reasoning && isDescribed) return level === 'off' ? {} : leftOut(`${model.id} does not reason`)
  const chosen = nearestLevel(level, model, report)
  if (chosen === undefined) return {}
  const fields = FORMATS[compat.thinkingFormat](chosen !== 'off', wordFor(chosen, model), compat)
  if (fields === undefined) return leftOut('This host takes no reasoning level')
  if (chosen !== 'off' && isOnlySwitch(compat))
    report.warn({
      type: 'compatibility',
      feature: 'reasoning',
      message: `${model.id} can only be told to think or not to; the level "${level}" was not sent.`,
    })
  return fields
}

/** The fields say no more than on or off. */
const isOnlySwitch = ({ thinkingFormat, supportsReasoningEffort }: OpenAIChatCompat): boolean =>
  thinkingFormat === 'chat-template' ||
  (!supportsReasoningEffort && ['deepseek', 'zai', 'qwen', 'together'].includes(thinkingFormat))

const wordFor = (level: ReasoningLevel, model: Model): string =>
  model.reasoningLevels?.[level] ?? (level === 'off' ? 'none' : level)

type Format = (on: boolean, word: string, compat: OpenAIChatCompat) => JsonObject | undefined

/** The effort beside a switch that turns reasoning on. */
const effort = (on: boolean, word: string, { supportsReasoningEffort }: OpenAIChatCompat): JsonObject =>
  on && supportsReasoningEffort ? { reasoning_effort: word } : {}

const FORMATS: Readonly<Record<OpenAIChatCompat['thinkingFormat'], Format>> = {
  openai: (_on, word, { supportsReasoningEffort }) =>
    supportsReasoningEffort ? { reasoning_effort: word } : undefined,
  openrouter: (_on, word) => ({ reasoning: { effort: word } }),
  deepseek: (on, word, compat) => ({
    thinking: { type: on ? 'enabled' : 'disabled' },
    ...effort(on, word, compat),
  }),
  zai: (on, word, compat) => ({
    thinking: on ? { type: 'enabled', clear_thinking: false } : { type: 'disabled' },
    ...effort(on, word, compat),
  }),
  qwen: (on, word, compat) => ({ enable_thinking: on, ...effort(on, word, compat) }),
  'chat-template': (on, _word, { thinkingTemplateKey }) => ({ chat_template_kwargs: { [thinkingTemplateKey]: on } }),
  together: (on, word, compat) => ({ reasoning: { enabled: on }, ...effort(on, word, compat) }),
  'string-thinking': (_on, word) => ({ thinking: word }),
  none: () => undefined,
}
