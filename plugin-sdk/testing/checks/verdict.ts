import type { Failing } from '../report.ts'
import type { RuleId } from '../rules.ts'

/** A rule that was broken, and where among the events. */
export interface Violation extends Failing {
  readonly rule: RuleId
  readonly event?: number
}

export type Loose = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A value as short text, for messages. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 160 ? `${text.slice(0, 160)}...` : text
}
