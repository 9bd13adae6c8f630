import {
  type PlugboardError,
  ProviderError,
  isPlugboardError,
  isProviderError,
  type ErrorClass,
  type LlmError,
} from '@plugboard/sdk'
import { messageOf } from '../kernel/errors.ts'
import type { Call } from './call.ts'

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

/** A plugin without types may make up classes that nobody could act on. */
const isClassified = (error: unknown): error is ProviderError =>
  isProviderError(error) && error.info !== null && Object.hasOwn(CLASSES, error.info.class)

/**
 * Any failure of a call in the words of the error table. What a plugin throws by accident is the plugin's failure. Never
 * throws itself, whatever was thrown: the call would not be settled.
 */
export function llmErrorOf(error: unknown, call: Call): LlmError {
  const target = call.facts.target
  const where = target === undefined ? {} : { provider: target.provider, model: target.id }
  // What code believes its provider is called is another thing where there are several instances of it.
  if (isClassified(error)) return { ...where, ...error.info, ...(target && { provider: target.provider }) }
  const message = messageOf(error)
  if (isPlugboardError(error) && typeof error.code === 'string') {
    const hint = error.hint === undefined ? {} : { hint: error.hint }
    const retryAfterMs = (error.details as PlugboardError['details'] | undefined)?.['retryAfterMs']
    const again = typeof retryAfterMs === 'number' ? { retryable: true, retryAfterMs } : { retryable: false }
    return { class: classOf(error.code), message, ...hint, ...again, providerCode: error.code, ...where }
  }
  const provider = target === undefined ? 'a plugin' : `the provider "${target.provider}"`
  return { class: 'plugin', message: `An error inside ${provider}: ${message}`, retryable: false, ...where }
}

/** Refusals for money's sake. What running calls hold is free again soon; the rest is for somebody to decide. */
const BY_CODE: Readonly<Record<string, LlmError['class']>> = {
  BUDGET_EXCEEDED: 'quota',
  BUDGET_HELD: 'rate_limit',
  COST_LIMIT: 'quota',
  PRICE_UNKNOWN: 'quota',
  TOKEN_LIMIT: 'quota',
}

const NOT_FOUND: ReadonlySet<string> = new Set([
  'MODEL_NOT_FOUND',
  'MODEL_AMBIGUOUS',
  'PROVIDER_DISABLED',
  'MODEL_MISSING',
  'AGENT_UNKNOWN',
  'PROVIDER_UNKNOWN',
  'PROVIDER_UNPLUGGED',
])

function classOf(code: string): LlmError['class'] {
  const known = BY_CODE[code]
  if (known !== undefined) return known
  if (NOT_FOUND.has(code)) return 'not_found'
  if (code.startsWith('STORE_') || code.startsWith('VAULT_') || code === 'SHUTTING_DOWN') return 'server'
  return code === 'REQUEST_INVALID' ? 'invalid_request' : 'plugin'
}

export const truncated = (): ProviderError =>
  new ProviderError('network', 'The answer ended before it was complete.', {
    providerCode: 'truncated',
    hint: 'What arrived is incomplete; ask again.',
  })

/** Why a call was told to stop, as the failure it ends with. */
export const stopError = (reason: unknown): PlugboardError =>
  isPlugboardError(reason) ? reason : new ProviderError('aborted', 'The call was aborted.', { cause: reason })
