import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'

const FILE = join(import.meta.dirname, '../../../../../shared/specs/openai/openapi.json')

export const hasSchema = existsSync(FILE)

/** What OpenAI's own API description says against a value; empty when it is fine. */
export function schemaErrors(schema: string): (value: unknown) => readonly string[] {
  const spec = JSON.parse(readFileSync(FILE, 'utf8'), (_name, value: unknown) => withoutNullable(value)) as object
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  ajv.addSchema({ $id: 'openai', ...spec })
  const validate = ajv.getSchema(`openai#/components/schemas/${schema}`)
  if (validate === undefined) throw new Error(`OpenAI has no schema "${schema}"`)
  return (value) => {
    void validate(value)
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
  }
}

/** The description mixes in a keyword of OpenAPI 3.0, which JSON Schema does not have. */
function withoutNullable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('nullable' in value) || value.nullable !== true) return value
  const { nullable: _, ...schema } = value
  return { anyOf: [schema, { type: 'null' }] }
}
