// The one file that knows ajv.
import { createRequire } from 'node:module'
import type addFormats from 'ajv-formats'
import type { Ajv2020, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import { distance } from 'fastest-levenshtein'
import { plainTest, type PlainSchema } from './plain-test.ts'

export interface SchemaFinding {
  /** JSON pointer of the value concerned; the empty string is the whole document. */
  readonly pointer: string
  readonly message: string
  readonly didYouMean?: string
}

interface Checked<T> {
  readonly value: T
  readonly findings: readonly SchemaFinding[]
}

/** Checks a value and fills in defaults. The value itself is changed when defaults are on. */
export type Check<T> = (value: unknown) => Checked<T>

export interface SchemaOptions {
  /** Fills in the schema's defaults. Default false. */
  readonly useDefaults?: boolean
  /** Stands for a value that cannot be looked at and counts as right. A compiled schema complains of it all the same. */
  readonly unread?: symbol
}

interface Compiler {
  readonly Ajv: typeof Ajv2020
  readonly addFormats: typeof addFormats.default
  /** Holds schemas to the rules for schemas. To compile those is most of what a schema costs, so all share them. */
  readonly rules: Ajv2020
}

let compiler: Compiler | undefined

/** Loaded when it is first needed: where all is well, and most of it plain, nothing is ever compiled. */
function loadCompiler(): Compiler {
  const require = createRequire(import.meta.url)
  const { Ajv2020: Ajv } = require('ajv/dist/2020.js') as { readonly Ajv2020: typeof Ajv2020 }
  const { default: formats } = require('ajv-formats') as typeof addFormats
  return { Ajv, addFormats: formats, rules: new Ajv() }
}

/**
 * Compiles a schema; throws when it breaks the rules for schemas. Each call makes its own ajv instance, so that all of it can
 * be collected with its last user: one shared instance would keep every schema of every plugin version for ever.
 */
export function compileSchema<T>(schema: object, options: SchemaOptions = {}): Check<T> {
  compiler ??= loadCompiler()
  void compiler.rules.validateSchema(schema, true)
  return compile(schema, options)
}

/**
 * Checks by a schema that is known to be right and has defaults at its top level alone. It is compiled when a value does not
 * plainly hold to it: then only the compiled one can say what is wrong, or that nothing is.
 */
export function lazyCheck<T>(schema: PlainSchema, options: SchemaOptions = {}): Check<T> {
  let check: Check<T> | undefined
  let holds: ReturnType<typeof plainTest> | undefined
  const { useDefaults = false, unread } = options
  return (value) => {
    if (useDefaults) fillIn(value as Record<string, unknown>, schema)
    holds ??= plainTest(schema)
    if (holds(unread === undefined ? value : withoutValue(value as object, unread)))
      return { value: value as T, findings: [] }
    check ??= compile<T>(schema, options)
    return check(value)
  }
}

function fillIn(value: Record<string, unknown>, schema: PlainSchema): void {
  const properties = schema['properties'] as Readonly<Record<string, PlainSchema>> | undefined
  for (const [key, { default: usual }] of Object.entries(properties ?? {}))
    if (usual !== undefined && value[key] === undefined) value[key] = usual
}

const withoutValue = (from: object, value: unknown): object =>
  Object.fromEntries(Object.entries(from).filter(([, each]) => each !== value))

function compile<T>(schema: object, { useDefaults = false }: SchemaOptions): Check<T> {
  const { Ajv, addFormats } = (compiler ??= loadCompiler())
  const ajv = new Ajv({
    strict: true,
    allErrors: true,
    verbose: true,
    useDefaults,
    strictRequired: false,
    strictTypes: false,
    validateSchema: false,
    // What is compiled runs a few times; to make it shorter costs more than it saves.
    code: { optimize: false },
  })
  addFormats(ajv)
  const validate: ValidateFunction = ajv.compile(schema)
  return (value) =>
    validate(value)
      ? { value: value as T, findings: [] }
      : { value: value as T, findings: readable(validate.errors ?? []) }
}

function readable(errors: readonly ErrorObject[]): SchemaFinding[] {
  const telling = errors.filter((error) => !isConsequence(error, errors))
  const findings = telling.map(finding)
  const seen = new Set<string>()
  return findings.filter(({ pointer, message }) => {
    const key = `${pointer} ${message}`
    return !seen.has(key) && seen.add(key)
  })
}

/** "Must match one of" only repeats what the branches below it say in plain words. */
const isConsequence = (error: ErrorObject, all: readonly ErrorObject[]): boolean =>
  (error.keyword === 'anyOf' || error.keyword === 'oneOf' || error.keyword === 'if') &&
  all.some(
    (other) =>
      other !== error &&
      other.instancePath.startsWith(error.instancePath) &&
      other.schemaPath.startsWith(error.schemaPath),
  )

function finding(error: ErrorObject): SchemaFinding {
  const pointer = error.instancePath
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty'])
      const known = nearest(
        key,
        Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {}),
      )
      return {
        pointer: `${pointer}/${escape(key)}`,
        message: `unknown key "${key}"`,
        ...(known === undefined ? {} : { didYouMean: known }),
      }
    }
    case 'required':
      return { pointer: `${pointer}/${escape(String(params['missingProperty']))}`, message: 'is required' }
    case 'const':
      return { pointer, message: `must be ${JSON.stringify(params['allowedValue'])}` }
    case 'enum': {
      const allowed = params['allowedValues'] as unknown[]
      return { pointer, message: `must be one of ${allowed.map((value) => JSON.stringify(value)).join(', ')}` }
    }
    case 'type':
      return { pointer, message: `must be of type ${String(params['type'])}` }
    case 'pattern':
      return { pointer, message: `must match ${String(params['pattern'])}` }
    case 'format':
      return { pointer, message: `must be a ${String(params['format'])}` }
    default:
      return { pointer, message: error.message ?? `breaks the rule "${error.keyword}"` }
  }
}

/** The candidate that a typing error most likely meant, if any is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits)
  const best = ranked[0]
  return best !== undefined && best.edits <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined
}

const escape = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')
