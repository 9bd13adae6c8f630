import { isObject, listOf, type JsonObject } from './json.ts'

const CHILDREN = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames']
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems']
const MAPS = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']

/** Copies a schema with each direct sub-schema replaced; what only looks like one (`default`, `enum`) is left alone. */
function mapChildren(schema: JsonObject, change: (child: JsonObject) => JsonObject): Record<string, unknown> {
  const mapped: Record<string, unknown> = { ...schema }
  const changed = (child: unknown): unknown => (isObject(child) ? change(child) : child)
  for (const key of CHILDREN) if (key in mapped) mapped[key] = changed(mapped[key])
  for (const key of LISTS) {
    const list = mapped[key]
    if (Array.isArray(list)) mapped[key] = list.map(changed)
  }
  for (const key of MAPS) {
    const map = mapped[key]
    if (isObject(map))
      mapped[key] = Object.fromEntries(Object.entries(map).map(([name, child]) => [name, changed(child)]))
  }
  return mapped
}

/** `const` is not among the keywords Google's JSON Schema reader knows; `enum` with one value says the same. */
export function withoutConst(schema: JsonObject): JsonObject {
  const { const: only, ...rest } = mapChildren(schema, withoutConst)
  return 'const' in schema ? { ...rest, enum: [only] } : rest
}

/** Google's schema object (`type: "STRING"`, `nullable`) as JSON Schema. */
export function toJsonSchema(schema: JsonObject): JsonObject {
  const { nullable, type, ...rest } = mapChildren(schema, toJsonSchema)
  const name = typeof type === 'string' ? type.toLowerCase() : type
  return {
    ...(name === undefined || name === 'type_unspecified' ? {} : { type: nullable === true ? [name, 'null'] : name }),
    ...rest,
    // int64 fields are text in protobuf's JSON.
    ...Object.fromEntries(COUNTS.filter((key) => typeof rest[key] === 'string').map((key) => [key, Number(rest[key])])),
  }
}

const COUNTS = ['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties']
const TEXTS = ['title', 'description', 'pattern', 'default', 'example']
const STRUCTURE = ['nullable', 'items', 'properties', 'propertyOrdering', 'required', 'anyOf', 'minimum', 'maximum']
const KEPT = [...TEXTS, ...STRUCTURE, ...COUNTS]
const FORMATS = new Set(['enum', 'date-time', 'float', 'double', 'int32', 'int64'])

/** JSON Schema as Google's schema object. Keywords outside its subset are left out: the host refuses a schema that has them. */
export function toGoogleSchema(schema: JsonObject): JsonObject {
  return reduce(schema, schema, [])
}

function reduce(schema: JsonObject, root: JsonObject, path: readonly string[]): JsonObject {
  const ref = schema['$ref']
  if (typeof ref === 'string') {
    const target = path.includes(ref) ? undefined : resolve(ref, root)
    // A schema that contains itself cannot be written out; any object is then allowed in that place.
    if (target === undefined) return { type: 'OBJECT' }
    const { $ref: _, ...beside } = schema
    return reduce({ ...target, ...beside }, root, [...path, ref])
  }
  const { allOf, oneOf, ...own } = schema
  const whole: JsonObject = Object.assign({}, ...listOf(allOf).filter(isObject), own)
  const alternatives = whole['anyOf'] ?? oneOf
  const mapped = mapChildren({ ...whole, ...(alternatives === undefined ? {} : { anyOf: alternatives }) }, (child) =>
    reduce(child, root, path),
  )

  const kept = Object.fromEntries(KEPT.filter((key) => mapped[key] !== undefined).map((key) => [key, mapped[key]]))
  const types = listOf(whole['type']).filter((type) => type !== 'null')
  const values = 'const' in whole ? [whole['const']] : whole['enum']
  const format = whole['format']
  return {
    ...(types.length === 1 ? { type: String(types[0]).toUpperCase() } : {}),
    ...(types.length > 1 ? { anyOf: types.map((type) => ({ type: String(type).toUpperCase() })) } : {}),
    ...(listOf(whole['type']).includes('null') ? { nullable: true } : {}),
    ...(typeof format === 'string' && FORMATS.has(format) ? { format } : {}),
    ...kept,
    // Only texts can be enumerated there; other values are refused.
    ...(Array.isArray(values) && values.every((value) => typeof value === 'string') ? { enum: values } : {}),
  }
}

function resolve(ref: string, root: JsonObject): JsonObject | undefined {
  let found: unknown = root
  for (const step of ref.split('/').slice(1)) found = isObject(found) ? found[step] : undefined
  return ref.startsWith('#') && isObject(found) ? found : undefined
}
