import type { ResponseFormat } from '../../options.ts'
import type { JsonObject } from './json.ts'
import { strictSchema } from './strict-schema.ts'
import type { Target } from './target.ts'

/** The field that holds an answer to a JSON Schema, where the host has one. */
export function encodeFormat(format: ResponseFormat | undefined, { compat, warn }: Target): JsonObject {
  if (format?.type !== 'json') return {}
  const where = compat.structuredOutput
  if (format.schema === undefined || where === 'none') {
    const what = format.schema === undefined ? 'JSON without a schema' : 'a schema'
    warn({
      type: 'unsupported',
      feature: 'responseFormat',
      message: `The provider cannot be held to ${what}; "responseFormat" was left out.`,
    })
    return {}
  }
  const { schema, removed } = strictSchema(format.schema)
  if (removed.length > 0)
    warn({
      type: 'compatibility',
      feature: 'responseFormat',
      message: `The provider cannot enforce ${removed.join(', ')}; the answer's schema was sent without.`,
    })
  const sent = { type: 'json_schema', schema }
  return where === 'output_format' ? { output_format: sent } : { output_config: { format: sent } }
}
