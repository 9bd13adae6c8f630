/** A JSON Schema (2020-12). */
export interface PlainSchema {
  readonly [keyword: string]: unknown
}

type Test = (value: unknown) => boolean

/** What is known while the tests of one schema are made. */
interface Place {
  readonly root: PlainSchema
  /** Where the keyword stands. */
  readonly schema: PlainSchema
  /** Of the schema's `$defs` that something refers to. */
  readonly defs: Map<string, Test>
}

/** The test of a keyword; undefined where it asks for nothing. */
type Rule = (wanted: never, place: Place) => Test | undefined

/**
 * A test whether a value holds to a schema beyond doubt. It costs a thousandth of a compiled schema, and says no also where
 * nobody can tell without one. The schema itself must be right. Nothing that is understood here turns an answer round, as
 * `not` would: so a keyword that is not can only lead to a no.
 */
export const plainTest = (schema: PlainSchema): Test => testOf(schema, { root: schema, defs: new Map() })

function testOf(schema: PlainSchema, { root, defs }: Pick<Place, 'root' | 'defs'>): Test {
  const tests: Test[] = []
  for (const [keyword, wanted] of Object.entries(schema)) {
    const rule = RULES.get(keyword)
    if (rule === undefined) return () => false
    const test = rule(wanted as never, { root, schema, defs })
    if (test !== undefined) tests.push(test)
  }
  return (value) => {
    for (const test of tests) if (!test(value)) return false
    return true
  }
}

const none = (): undefined => undefined

const rules: Readonly<Record<string, Rule>> = {
  $schema: none,
  $id: none,
  $defs: none,
  title: none,
  description: none,
  default: none,
  writeOnly: none,
  $ref: (ref: string, place) => {
    const defs = place.root['$defs'] as Readonly<Record<string, PlainSchema>> | undefined
    const target = defs?.[ref.replace('#/$defs/', '')]
    if (target === undefined) return () => false
    return (value) => {
      let test = place.defs.get(ref)
      if (test === undefined) place.defs.set(ref, (test = testOf(target, place)))
      return test(value)
    }
  },
  type: (types: string | readonly string[]) => {
    const tests = [types].flat().map((type) => TYPES[type])
    const [only] = tests
    return tests.length === 1 && only !== undefined ? only : (value) => tests.some((test) => test?.(value) === true)
  },
  const: (only: unknown) => (value) => value === only,
  enum: (all: readonly unknown[]) => (value) => all.includes(value),
  anyOf: (branches: readonly PlainSchema[], place) => {
    const tests = branches.map((branch) => testOf(branch, place))
    return (value) => tests.some((test) => test(value))
  },
  // Lengths are in characters, and one may take two of what JavaScript counts.
  minLength: (least: number) => (value) => typeof value !== 'string' || value.length >= 2 * least - 1,
  maxLength: (most: number) => (value) => typeof value !== 'string' || value.length <= most,
  pattern: (source: string) => {
    const pattern = new RegExp(source, 'u')
    return (value) => typeof value !== 'string' || pattern.test(value)
  },
  format: (name: string) => (value) => typeof value !== 'string' || FORMATS[name]?.test(value) === true,
  minimum: (least: number) => (value) => typeof value !== 'number' || value >= least,
  maximum: (most: number) => (value) => typeof value !== 'number' || value <= most,
  items: (schema: PlainSchema, place) => {
    const test = testOf(schema, place)
    return (value) => !Array.isArray(value) || value.every(test)
  },
  minItems: (least: number) => (value) => !Array.isArray(value) || value.length >= least,
  uniqueItems: () => (value) =>
    !Array.isArray(value) || (value.every((item) => typeof item === 'string') && new Set(value).size === value.length),
  minProperties: (least: number) => (value) => !isObject(value) || Object.keys(value).length >= least,
  required: (keys: readonly string[]) => (value) => !isObject(value) || keys.every((key) => Object.hasOwn(value, key)),
  dependentRequired: (others: Readonly<Record<string, readonly string[]>>) => (value) =>
    !isObject(value) ||
    Object.entries(others).every(
      ([key, wanted]) => !Object.hasOwn(value, key) || wanted.every((other) => Object.hasOwn(value, other)),
    ),
  propertyNames: (schema: PlainSchema, place) => {
    const test = testOf(schema, place)
    return (value) => !isObject(value) || Object.keys(value).every(test)
  },
  properties: (schemas: Readonly<Record<string, PlainSchema>>, place) => {
    const tests = new Map(Object.entries(schemas).map(([key, schema]) => [key, testOf(schema, place)]))
    return ofEach((key, each) => tests.get(key)?.(each) ?? true)
  },
  additionalProperties: (schema: PlainSchema | boolean, place) => {
    if (schema === true) return undefined
    const known = new Set(Object.keys(place.schema['properties'] ?? {}))
    const test = schema === false ? () => false : testOf(schema, place)
    return ofEach((key, each) => known.has(key) || test(each))
  },
}

/** A map, because an object also answers to names such as `constructor`. */
const RULES = new Map(Object.entries(rules))

const ofEach =
  (test: (key: string, each: unknown) => boolean): Test =>
  (value) => {
    if (!isObject(value)) return true
    for (const key of Object.keys(value)) if (!test(key, value[key])) return false
    return true
  }

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const TYPES: Readonly<Record<string, Test>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: Number.isFinite,
  integer: Number.isInteger,
  null: (value) => value === null,
}

/** Formats that are known here, and of their texts the usual ones. */
const FORMATS: Readonly<Record<string, RegExp>> = {
  password: /^/,
  date: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$/,
  uri: /^https?:\/\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?(\/[\w.~-]*)*$/i,
}
