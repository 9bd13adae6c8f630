import { isPlugboardError, isProviderError, type ErrorClass, type LlmError } from '@plugboard/sdk'
import type { DoorError } from '@plugboard/sdk/protocols'

/** A failure on its way to a client: the body's facts and what belongs into headers. */
export interface Problem extends DoorError {
  readonly retryAfterMs?: number
}

type Shape = Pick<DoorError, 'status' | 'type' | 'code'>

/** What a client sees when a provider's call fails. A provider's refusal of our key is not the client's to answer for. */
const BY_CLASS: Readonly<Record<ErrorClass, Shape>> = {
  auth: { status: 502, type: 'provider_error', code: 'invalid_credentials' },
  invalid_request: { status: 400, type: 'invalid_request_error', code: 'invalid_request' },
  not_found: { status: 404, type: 'not_found_error', code: 'model_not_found' },
  context_overflow: { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded' },
  content_filter: { status: 400, type: 'invalid_request_error', code: 'content_filter' },
  rate_limit: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  quota: { status: 402, type: 'provider_error', code: 'quota_exceeded' },
  overloaded: { status: 503, type: 'provider_error', code: 'provider_overloaded' },
  server: { status: 502, type: 'provider_error', code: 'provider_failed' },
  network: { status: 502, type: 'provider_error', code: 'provider_unreachable' },
  timeout: { status: 504, type: 'provider_error', code: 'provider_timeout' },
  aborted: { status: 499, type: 'invalid_request_error', code: 'request_aborted' },
  unsupported: { status: 400, type: 'invalid_request_error', code: 'unsupported' },
  plugin: { status: 502, type: 'provider_error', code: 'plugin_failed' },
}

/** Our own errors, by their code. */
const BY_CODE: Readonly<Record<string, Shape>> = {
  REQUEST_INVALID: { status: 400, type: 'invalid_request_error', code: 'invalid_request' },
  JSON_INVALID: { status: 400, type: 'invalid_request_error', code: 'invalid_json' },
  BODY_TOO_LARGE: { status: 413, type: 'invalid_request_error', code: 'request_too_large' },
  CONTENT_TYPE_UNSUPPORTED: { status: 415, type: 'invalid_request_error', code: 'unsupported_content_type' },
  KEY_MISSING: { status: 401, type: 'authentication_error', code: 'missing_api_key' },
  KEY_INVALID: { status: 401, type: 'authentication_error', code: 'invalid_api_key' },
  ROUTE_UNKNOWN: { status: 404, type: 'not_found_error', code: 'unknown_url' },
  METHOD_UNKNOWN: { status: 405, type: 'invalid_request_error', code: 'method_not_allowed' },
  MODEL_NOT_FOUND: { status: 404, type: 'not_found_error', code: 'model_not_found' },
  MODEL_AMBIGUOUS: { status: 400, type: 'invalid_request_error', code: 'model_ambiguous' },
  MODEL_MISSING: { status: 404, type: 'not_found_error', code: 'model_not_found' },
  AGENT_UNKNOWN: { status: 404, type: 'not_found_error', code: 'agent_not_found' },
  PROVIDER_UNKNOWN: { status: 404, type: 'not_found_error', code: 'provider_not_found' },
  // 403 and not 503: clients repeat a 503 by themselves, and here somebody has decided.
  PROVIDER_DISABLED: { status: 403, type: 'permission_error', code: 'provider_disabled' },
  VAULT_LOCKED: { status: 503, type: 'server_error', code: 'vault_locked' },
  PROVIDER_UNPLUGGED: { status: 503, type: 'server_error', code: 'provider_unplugged' },
  SHUTTING_DOWN: { status: 503, type: 'server_error', code: 'shutting_down' },
  // 402 and not 429: clients repeat a 429 by themselves, and here only a new window or a higher limit helps.
  BUDGET_EXCEEDED: { status: 402, type: 'permission_error', code: 'budget_exceeded' },
  BUDGET_HELD: { status: 429, type: 'rate_limit_error', code: 'budget_exceeded' },
  PRICE_UNKNOWN: { status: 402, type: 'permission_error', code: 'price_unknown' },
  TOKEN_LIMIT: { status: 400, type: 'invalid_request_error', code: 'token_limit_exceeded' },
  COST_LIMIT: { status: 400, type: 'invalid_request_error', code: 'cost_limit_exceeded' },
  // What is not booked is not delivered, so nothing can be answered until it can be.
  STORE_WRITE_FAILED: { status: 503, type: 'server_error', code: 'ledger_unavailable' },
  HOST_DENIED: { status: 502, type: 'provider_error', code: 'host_denied' },
}

const INTERNAL: Shape = { status: 500, type: 'server_error', code: 'internal_error' }

/** Any thrown value as a client should see it. What we did not foresee says no more than that. */
export function problemOf(error: unknown, requestId: string, known?: LlmError): Problem {
  const base = { param: null, provider: known?.provider ?? null, requestId }
  if (isProviderError(error)) return fromProvider({ ...error.info, ...known }, requestId)
  if (!isPlugboardError(error)) {
    if (known !== undefined) return fromProvider(known, requestId)
    return {
      ...INTERNAL,
      ...base,
      message: 'Something went wrong inside the gateway. Its log tells more under this request id.',
    }
  }
  const shape = BY_CODE[error.code] ?? INTERNAL
  const message = error.hint === undefined ? error.message : `${error.message} ${error.hint}`
  const { param, provider, retryAfterMs } = error.details
  const code = error.details['code']
  return {
    ...shape,
    ...base,
    ...(typeof code === 'string' ? { code } : {}),
    message,
    param:
      typeof param === 'string'
        ? param
        : error.code.startsWith('MODEL_') || error.code.startsWith('PROVIDER_')
          ? 'model'
          : null,
    provider: typeof provider === 'string' ? provider : base.provider,
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
  }
}

function fromProvider(info: LlmError, requestId: string): Problem {
  return {
    ...BY_CLASS[info.class],
    message: info.hint === undefined ? info.message : `${info.message} ${info.hint}`,
    param: info.class === 'not_found' ? 'model' : null,
    provider: info.provider ?? null,
    requestId,
    ...(info.retryAfterMs === undefined ? {} : { retryAfterMs: info.retryAfterMs }),
  }
}
