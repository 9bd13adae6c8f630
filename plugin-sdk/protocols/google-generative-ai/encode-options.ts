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
