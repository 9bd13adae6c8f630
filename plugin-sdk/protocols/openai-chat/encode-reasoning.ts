import type { ReasoningLevel } from '../../options.ts'
import type { Model } from '../../provider.ts'
import type { OpenAIChatCompat } from './compat.ts'
import type { JsonObject } from './json.ts'
import { compatibility, unsupported, type Warn } from './warnings.ts'

const ORDER: readonly ReasoningLevel[] = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

export interface ReasoningAsked {
  readonly level: ReasoningLevel | undefined
  readonly model: Model
  readonly compat: OpenAIChatCompat
  /** Whether the manifest describes the model. What is asked of an unknown one is passed on. */
  readonly isDescribed: boolean
  readonly warn: Warn
}

/** The body fields that ask for a level of reasoning. */
export function encodeReasoning({ level, model, compat, isDescribed, warn }: ReasoningAsked): JsonObject {
  if (level === undefined) return {}
  if (!model.reasoning && isDescribed) {
    if (level !== 'off') warn(unsupported('reasoning', `${model.id} does not reason; "reasoning" was left out.`))
    return {}
  }
  const chosen = supported(level, model)
  if (chosen === undefined) {
    warn(unsupported('reasoning', `${model.id} has no reasoning level like "${level}"; its own default applies.`))
    return {}
  }
  if (chosen !== level)
    warn(compatibility('reasoning', `${model.id} has no reasoning level "${level}"; "${chosen}" was used.`))
  const fields = FORMATS[compat.thinkingFormat](chosen !== 'off', wordFor(chosen, model), compat)
  if (fields === undefined) {
    warn(unsupported('reasoning', 'This host takes no reasoning level; "reasoning" was left out.'))
    return {}
  }
  return fields
}

/** The level itself, or the nearest one the model has: less thought before more. Off is never a stand-in. */
function supported(level: ReasoningLevel, model: Model): ReasoningLevel | undefined {
  const start = ORDER.indexOf(level)
  const others = level === 'off' ? [] : [...ORDER.slice(1, start).toReversed(), ...ORDER.slice(start + 1)]
  return [level, ...others].find((name) => model.reasoningLevels?.[name] !== null)
}

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
