import { ProviderError, isPlugboardError, isProviderError, type LlmError } from '@plugboard/sdk'
import type { Call } from './call.ts'

/** Any failure of a call in the words of the error table. What a plugin throws by accident is the plugin's failure. */
export function llmErrorOf(error: unknown, call: Call): LlmError {
  const target = call.facts.target
  const where = target === undefined ? {} : { provider: target.provider, model: target.id }
  if (isProviderError(error)) return { ...where, ...error.info }
  const message = error instanceof Error ? error.message : String(error)
  if (isPlugboardError(error)) {
    const hint = error.hint === undefined ? {} : { hint: error.hint }
    return { class: classOf(error.code), message, ...hint, retryable: false, providerCode: error.code, ...where }
  }
  const provider = target === undefined ? 'a plugin' : `the provider "${target.provider}"`
  return { class: 'plugin', message: `An error inside ${provider}: ${message}`, retryable: false, ...where }
}

function classOf(code: string): LlmError['class'] {
  if (code === 'MODEL_NOT_FOUND' || code === 'MODEL_AMBIGUOUS' || code.startsWith('PROVIDER_')) return 'not_found'
  if (code.startsWith('STORE_')) return 'server'
  return code === 'REQUEST_INVALID' ? 'invalid_request' : 'plugin'
}

export const truncated = (): ProviderError =>
  new ProviderError('network', 'The answer ended before it was complete.', {
    providerCode: 'truncated',
    hint: 'What arrived is incomplete; ask again.',
  })
