import { PlugboardError } from '../../errors.ts'
import { isObject, type JsonObject } from './json.ts'

/** `param` names the field, for example `messages[1].role`. */
export const invalid = (param: string, problem: string, hint?: string): PlugboardError =>
  new PlugboardError('REQUEST_INVALID', `${param}: ${problem}`, {
    details: { param },
    hint: hint ?? 'Correct this field and send the request again.',
  })

type Kinds = { string: string; number: number; boolean: boolean }

const ARTICLES: Readonly<Record<keyof Kinds, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
}

/** A field that may be missing or null. */
export function optional<K extends keyof Kinds>(value: unknown, kind: K, param: string): Kinds[K] | undefined {
  if (value === undefined || value === null) return undefined
  // NaN and Infinity have no JSON, so every number is a usable one.
  if (typeof value !== kind) throw invalid(param, `must be ${ARTICLES[kind]}`)
  return value as Kinds[K]
}

export function required<K extends keyof Kinds>(value: unknown, kind: K, param: string): Kinds[K] {
  const read = optional(value, kind, param)
  if (read === undefined) throw invalid(param, 'is required')
  return read
}

export function objectAt(value: unknown, param: string): JsonObject {
  if (!isObject(value)) throw invalid(param, 'must be an object')
  return value
}

export function listAt(value: unknown, param: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(param, 'must be a list')
  return value
}
