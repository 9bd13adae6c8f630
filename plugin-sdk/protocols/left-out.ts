import type { Tool } from '../messages.ts'
import type { GenerationOptions, ReasoningLevel } from '../options.ts'
import type { Model, ProviderRequest } from '../provider.ts'
import type { Report } from '../hand-off/index.ts'

type Warn = Pick<Report, 'warn'>

/** Options that a protocol has no field for: each that asks for something is named in a warning. */
export function warnWithoutField(
  options: GenerationOptions,
  names: readonly (keyof GenerationOptions)[],
  { warn }: Warn,
): void {
  for (const feature of names)
    if (asksForSomething(feature, options[feature]))
      warn({ type: 'unsupported', feature, message: `This protocol has no field for "${feature}"; it was left out.` })
}

function asksForSomething(name: string, value: GenerationOptions[keyof GenerationOptions]): boolean {
  if (typeof value === 'object') return Object.keys(value).length > 0
  // A penalty of 0 is none.
  return value !== undefined && !(value === 0 && name.endsWith('Penalty'))
}

/** The tools of a request, none for a model that cannot call them. `others`: tools of kinds without a unified form. */
export function callableTools({ model, context }: ProviderRequest, others: boolean, { warn }: Warn): readonly Tool[] {
  const { tools = [] } = context
  if (model.tools || (tools.length === 0 && !others)) return tools
  warn({ type: 'unsupported', feature: 'tools', message: `${model.id} cannot call tools; they were left out.` })
  return []
}

/** For a request without tools: hosts refuse a choice among none, and one that forces a call cannot be done. */
export function warnOfForcedChoice({ toolChoice }: GenerationOptions, { warn }: Warn): void {
  if (toolChoice === undefined || toolChoice === 'auto' || toolChoice === 'none') return
  warn({ type: 'unsupported', feature: 'toolChoice', message: 'There are no tools; "toolChoice" was left out.' })
}

export const LEVELS: readonly ReasoningLevel[] = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/**
 * The level itself, or the nearest one the model has, with a warning: less thought before more. Undefined, with a warning,
 * where it has none.
 */
export function nearestLevel(level: ReasoningLevel, model: Model, { warn }: Warn): ReasoningLevel | undefined {
  const start = LEVELS.indexOf(level)
  const others = [...LEVELS.slice(1, Math.max(start, 1)).toReversed(), ...LEVELS.slice(start + 1)]
  const chosen = [level, ...others].find((name) => model.reasoningLevels?.[name] !== null)
  if (chosen === undefined) {
    const message = `${model.id} has no reasoning level like "${level}"; its own default applies.`
    warn({ type: 'unsupported', feature: 'reasoning', message })
  } else if (chosen !== level) {
    const message = `${model.id} has no reasoning level "${level}"; "${chosen}" was used.`
    warn({ type: 'compatibility', feature: 'reasoning', message })
  }
  return chosen
}
