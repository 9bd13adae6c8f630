import { isObject, type JsonObject } from './json.ts'

/** Keywords the provider's grammar compiler refuses. */
const REFUSED = new Set(
  (
    'minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength maxItems uniqueItems contains ' +
    'minContains maxContains minProperties maxProperties patternProperties propertyNames dependentRequired ' +
    'dependentSchemas unevaluatedProperties unevaluatedItems prefixItems not if then else'
  ).split(' '),
)
const FORMATS = new Set('date-time time date duration email hostname uri ipv4 ipv6 uuid'.split(' '))
/** Keywords whose value is data, not a schema. */
const DATA = new Set(['enum', 'required', 'const', 'default', 'examples'])
/** Keywords whose value maps names of the author's choosing to schemas. */
const NAMED = new Set(['properties', '$defs', 'definitions'])

export interface StrictSchema {
  readonly schema: JsonObject
  /** Keywords that had to go. Empty when the schema lies within the subset as it is. */
  readonly removed: readonly string[]
}

/** The schema within the subset that constrained output takes. Objects are closed, because open ones are refused. */
export function strictSchema(schema: JsonObject): StrictSchema {
  const removed = new Set<string>()
  const reduced = reduce(schema, removed)
  return { schema: reduced, removed: [...removed] }
}

function reduce(schema: JsonObject, removed: Set<string>): JsonObject {
  const kept: Record<string, unknown> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    if (isRefused(keyword, value)) removed.add(keyword)
    else if (DATA.has(keyword)) kept[keyword] = value
    else if (NAMED.has(keyword) && isObject(value))
      kept[keyword] = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, child(part, removed)]))
    else kept[keyword] = Array.isArray(value) ? value.map((part) => child(part, removed)) : child(value, removed)
  }
  if ('properties' in kept || kept['type'] === 'object') kept['additionalProperties'] = false
  return kept
}

const child = (value: unknown, removed: Set<string>): unknown => (isObject(value) ? reduce(value, removed) : value)

function isRefused(keyword: string, value: unknown): boolean {
  switch (keyword) {
    case 'format':
      return typeof value !== 'string' || !FORMATS.has(value)
    case 'minItems':
      return value !== 0 && value !== 1
    case 'additionalProperties':
      return value !== false
    case 'pattern':
      // Look-around, back-references and word boundaries have no place in the grammar.
      return typeof value !== 'string' || /\(\?[=!<]|\\[1-9bB]/.test(value)
    default:
      return REFUSED.has(keyword)
  }
}
