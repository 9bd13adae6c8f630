import { isProviderError, type ErrorClass } from '../../errors.ts'
import { classesOf, type Expected } from '../expected.ts'
import type { RuleId } from '../rules.ts'
import { shown, type Violation } from './verdict.ts'

const CLASSES: Readonly<Record<ErrorClass, true>> = {
  auth: true,
  invalid_request: true,
  not_found: true,
  context_overflow: true,
  content_filter: true,
  rate_limit: true,
  quota: true,
  overloaded: true,
  server: true,
  network: true,
  timeout: true,
  aborted: true,
  unsupported: true,
  plugin: true,
}

export const errorText = (error: unknown): string =>
  isProviderError(error)
    ? `${error.info.class}: ${error.message}`
    : error instanceof Error
      ? `${error.name}: ${error.message}`
      : shown(error)

/** Whether a failure is told as the contract wants it, and as what was expected. `rule` is the one it stands for. */
export function wrongFailure(error: unknown, expected: Expected, rule: RuleId): Violation | undefined {
  const classes = classesOf(expected) ?? []
  const wanted = `a ProviderError of class ${classes.join(' or ')}`
  if (!isProviderError(error) || error.info === null || !Object.hasOwn(CLASSES, error.info.class))
    return { rule: 'errors.typed', expected: wanted, actual: errorText(error) }
  const { info } = error
  if (!classes.includes(info.class)) return { rule, expected: wanted, actual: errorText(error) }
  const { retryAfterMs } = expected
  if (retryAfterMs === undefined || info.retryAfterMs === retryAfterMs) return undefined
  return { rule, expected: `retryAfterMs ${retryAfterMs}`, actual: `retryAfterMs ${String(info.retryAfterMs)}` }
}
