import { PlugboardError } from '../../errors.ts'
import { isObject, type JsonObject } from './json.ts'

export function invalid(param: string, message: string): PlugboardError {
  return new PlugboardError('REQUEST_INVALID', `${param}: ${message}`, {
    hint: "Correct the field; it follows the request body of OpenAI's Responses API.",
    details: { param },
  })
}

export interface Fields<K extends string> {
  /** `null` is the same as absent. */
  readonly known: Partial<Readonly<Record<K, unknown>>>
  /** Everything else, as it came. */
  readonly rest: JsonObject
}

/** Splits an object into the fields we read and the others. */
export function split<K extends string>(value: unknown, param: string, names: readonly K[]): Fields<K> {
  const known: Partial<Record<K, unknown>> = {}
  const rest: Record<string, unknown> = {}
  for (const [key, field] of Object.entries(requiredObject(value, param))) {
    const name = names.find((candidate) => candidate === key)
    if (name === undefined) rest[key] = field
    else if (field !== null) known[name] = field
  }
  return { known, rest }
}

export function requiredObject(value: unknown, param: string): JsonObject {
  if (isObject(value)) return value
  throw invalid(param, 'must be an object')
}

export function optionalObject(value: unknown, param: string): JsonObject | undefined {
  return value === undefined || value === null ? undefined : requiredObject(value, param)
}

export function optionalText(value: unknown, param: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
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

export function optionalBoolean(value: unknown, param: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  throw invalid(param, 'must be true or false')
}
