import { PlugboardError } from '../../errors.ts'
import { isObject, type JsonObject } from './json.ts'

export function invalid(param: string, message: string): PlugboardError {
  return new PlugboardError('REQUEST_INVALID', `${param}: ${message}`, {
    hint: "Correct the field; it follows the request body of Google's generateContent.",
    details: { param },
  })
}

export interface Fields<K extends string> {
  readonly known: Partial<Readonly<Record<K, unknown>>>
  /** Everything else, named as it came. */
  readonly rest: JsonObject
}

/** Splits an object into the fields we read, in camelCase or snake_case, and the others. `null` is the same as absent. */
export function split<K extends string>(value: unknown, param: string, names: readonly K[]): Fields<K> {
  if (!isObject(value)) throw invalid(param, 'must be an object')
  const known: Partial<Record<K, unknown>> = {}
  const rest: Record<string, unknown> = {}
  for (const [key, field] of Object.entries(value)) {
    const camel = key.replace(/(?<=[a-z0-9])_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const name = names.find((candidate) => candidate === camel)
    if (name === undefined) rest[key] = field
    else if (field !== null) known[name] = field
  }
  return { known, rest }
}

export function optionalText(value: unknown, param: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw invalid(param, 'must be a string')
}

export function requiredText(value: unknown, param: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw invalid(param, 'must be a string that is not empty')
}

export function optionalNumber(value: unknown, param: string): number | undefined {
  if (value === undefined || typeof value === 'number') return value
  throw invalid(param, 'must be a number')
}

export function optionalObject(value: unknown, param: string): JsonObject | undefined {
  if (value === undefined || isObject(value)) return value
  throw invalid(param, 'must be an object')
}

export const hasFields = (value: JsonObject): boolean => Object.keys(value).length > 0
