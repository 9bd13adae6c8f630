import type { Warning } from '../../messages.ts'
import type { GenerationOptions } from '../../options.ts'
import type { GoogleCompat } from './compat.ts'
import type { JsonObject } from './json.ts'
import { toGoogleSchema, withoutConst } from './schema.ts'

/** `generationConfig` without thinking. */
export function encodeOptions(options: GenerationOptions, compat: GoogleCompat): JsonObject {
  const { temperature, topP, topK, maxTokens, stop, seed, presencePenalty, frequencyPenalty, responseFormat } = options
  const schema = responseFormat?.type === 'json' ? responseFormat.schema : undefined
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
    ...(stop === undefined || stop.length === 0 ? {} : { stopSequences: stop }),
    ...(seed === undefined ? {} : { seed }),
    ...(presencePenalty === undefined ? {} : { presencePenalty }),
    ...(frequencyPenalty === undefined ? {} : { frequencyPenalty }),
    ...(responseFormat === undefined
      ? {}
      : { responseMimeType: responseFormat.type === 'json' ? 'application/json' : 'text/plain' }),
    ...(schema === undefined ? {} : encodeAnswerSchema(schema, compat)),
  }
}

const encodeAnswerSchema = (schema: JsonObject, compat: GoogleCompat): JsonObject =>
  compat.schemas === 'jsonSchema'
    ? { responseJsonSchema: withoutConst(schema) }
    : { responseSchema: toGoogleSchema(schema) }

/** Options that have no field in this protocol. */
export function warnUnsupported(options: GenerationOptions, hasTools: boolean, warn: (warning: Warning) => void): void {
  const missing = (feature: keyof GenerationOptions): void =>
    warn({ type: 'unsupported', feature, message: `This protocol has no field for "${feature}"; it was left out.` })
  if (options.parallelToolCalls === false && hasTools) missing('parallelToolCalls')
  if (options.user !== undefined) missing('user')
  if (options.metadata !== undefined && Object.keys(options.metadata).length > 0) missing('metadata')
}
