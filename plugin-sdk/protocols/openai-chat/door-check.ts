import { PlugboardError } from '../../errors.ts'
import { isObject, type JsonObject } from './json.ts'

/** A field of a client's request is wrong. `param` names it as OpenAI does, for example `messages[1].role`. */
export const invalid = (param: string, wanted: string, hint = 'Correct the field.'): PlugboardError =>
  new PlugboardError('REQUEST_INVALID', `"${param}" must be ${wanted}.`, { hint, details: { param } })

const OPTIONAL = 'Correct the field, or leave it out.'

/** `null` stands for "not given", as in OpenAI's API. */
export const isGiven = (value: unknown): boolean => value !== undefined && value !== null

export function objectAt(value: unknown, param: string): JsonObject {
  if (!isObject(value)) throw invalid(param, 'an object')
  return value
}

export function listAt(value: unknown, param: string, wanted = 'a list'): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(param, wanted)
  return value
}

export function nameAt(value: unknown, param: string): string {
  if (typeof value !== 'string' || value === '') throw invalid(param, 'a text that is not empty')
  return value
}

export function textAt(value: unknown, param: string): string {
  if (typeof value !== 'string') throw invalid(param, 'a text', OPTIONAL)
  return value
}

export function flagAt(value: unknown, param: string): boolean {
  if (typeof value !== 'boolean') throw invalid(param, 'true or false', OPTIONAL)
  return value
}

export function numberAt(value: unknown, param: string, min: number, max: number): number {
  if (typeof value !== 'number' || value < min || value > max)
    throw invalid(param, `a number from ${min} to ${max}`, OPTIONAL)
  return value
}

export function countAt(value: unknown, param: string, min = 1): number {
  if (!Number.isSafeInteger(value) || (value as number) < min)
    throw invalid(param, `a whole number from ${min} up`, OPTIONAL)
  return value as number
}

export const optionalText = (value: unknown, param: string): string | undefined =>
  isGiven(value) ? textAt(value, param) : undefined

export const optionalFlag = (value: unknown, param: string): boolean | undefined =>
  isGiven(value) ? flagAt(value, param) : undefined
