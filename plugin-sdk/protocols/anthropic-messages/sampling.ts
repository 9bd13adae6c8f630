import type { GenerationOptions } from '../../options.ts'
import type { JsonObject } from './json.ts'
import type { Target } from './target.ts'

/** Below this the provider refuses `top_p` together with thinking. */
const LEAST_TOP_P_WHILE_THINKING = 0.95

/** `temperature`, `top_p` and `top_k`, as far as the model takes them. */
export function encodeSampling(
  options: GenerationOptions,
  thinking: boolean,
  { model, compat, warn }: Target,
): JsonObject {
  const never = compat.supportsTemperature ? undefined : `${model.id} does not take it`
  const refusal = never ?? (thinking ? 'it cannot be set while the model thinks' : undefined)
  const accepted = (feature: string, value: number | undefined, harmless: boolean): number | undefined => {
    if (value === undefined || refusal === undefined || harmless) return value
    warn({ type: 'unsupported', feature, message: `"${feature}" was left out: ${refusal}.` })
    return undefined
  }
  // 1 is the default of both, and taken even where nothing else is.
  const topPIsHarmless = never === undefined ? (options.topP ?? 0) >= LEAST_TOP_P_WHILE_THINKING : options.topP === 1
  let temperature = accepted('temperature', options.temperature, options.temperature === 1)
  let topP = accepted('topP', options.topP, topPIsHarmless)
  const topK = accepted('topK', options.topK, false)

  if (temperature !== undefined && temperature > 1) {
    warn({ type: 'compatibility', feature: 'temperature', message: 'The provider takes at most temperature 1.' })
    temperature = 1
  }
  // Newer models refuse the two together, and clients of other protocols send both at their defaults.
  if (temperature !== undefined && topP === 1) topP = undefined
  else if (temperature === 1 && topP !== undefined) temperature = undefined
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(topK === undefined ? {} : { top_k: topK }),
  }
}
