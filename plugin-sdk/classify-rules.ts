import type { ErrorClass } from './errors.ts'

export interface Verdict {
  readonly class: ErrorClass
  /** Left out: as the class says. */
  readonly retryable?: boolean
}

interface CodeRule extends Verdict {
  readonly codes: readonly string[]
  /** The rule holds only when the wording fits too. */
  readonly text?: RegExp
}

/**
 * Names that leave no doubt. `invalid_request_error` and its like are not here: providers put them on everything from a
 * typing mistake to an empty account. Where rules share a code, the one with a text comes first.
 */
const CODES: readonly CodeRule[] = [
  // It can never succeed as it is, though it carries the code of a limit that passes.
  { codes: ['rate_limit_exceeded'], text: /request too large/i, class: 'rate_limit', retryable: false },
  { codes: ['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active'], class: 'quota' },
  { codes: ['insufficient_balance', 'exceeded_current_quota_error', 'payment_required', '1113'], class: 'quota' },
  { codes: ['subscription_sharing_usage_limit_exceeded', 'GoUsageLimitError', 'FreeUsageLimitError'], class: 'quota' },
  {
    codes: [
      'context_length_exceeded',
      'string_above_max_length',
      'request_too_large',
      'too_many_prompt_tokens',
      'model_context_window_exceeded',
      'exceed_context_size_error',
    ],
    class: 'context_overflow',
  },
  {
    codes: [
      'invalid_api_key',
      'authentication_error',
      'invalid_authentication_error',
      'permission_error',
      'API_KEY_INVALID',
      'API_KEY_SERVICE_BLOCKED',
      'ACCESS_TOKEN_EXPIRED',
      'UNAUTHENTICATED',
      'UnrecognizedClientException',
      'InvalidSignatureException',
      'ExpiredTokenException',
      'IncompleteSignature',
      'wrong_api_key',
      'token_expired',
    ],
    class: 'auth',
  },
  {
    codes: ['content_filter', 'content_policy_violation', 'ResponsibleAIPolicyViolation', 'data_inspection_failed'],
    class: 'content_filter',
  },
  {
    codes: [
      'overloaded_error',
      'engine_overloaded_error',
      'engine_overloaded',
      'server_overloaded',
      'server_busy',
      'model_overloaded',
      'provider_unavailable',
      'provider_overloaded',
      'capacity_exceeded',
      'UNAVAILABLE',
      'ServiceUnavailableException',
      'ModelNotReadyException',
    ],
    class: 'overloaded',
  },
  {
    codes: [
      'rate_limit_exceeded',
      'rate_limit_error',
      'rate_limit_reached_error',
      'rate_limited',
      'too_many_requests_error',
      'too_many_tokens_error',
      'request_quota_exceeded',
      'token_quota_exceeded',
      'RESOURCE_EXHAUSTED',
      'ThrottlingException',
      'TooManyRequestsException',
      'ServiceQuotaExceededException',
    ],
    class: 'rate_limit',
  },
  {
    codes: [
      'model_not_found',
      'not_found_error',
      'resource_not_found_error',
      'DeploymentNotFound',
      'ResourceNotFoundException',
      'NOT_FOUND',
    ],
    class: 'not_found',
  },
  { codes: ['DEADLINE_EXCEEDED', 'ModelTimeoutException', 'timeout_error', 'request_timeout'], class: 'timeout' },
  {
    codes: ['InternalServerException', 'ModelErrorException', 'ModelStreamErrorException', 'INTERNAL'],
    class: 'server',
  },
]

const codeRules = new Map<string, readonly CodeRule[]>()
for (const rule of CODES) for (const code of rule.codes) codeRules.set(code, [...(codeRules.get(code) ?? []), rule])

export function byCode(codes: readonly string[], text: string): Verdict | undefined {
  for (const code of codes)
    for (const rule of codeRules.get(code) ?? [])
      if (rule.text === undefined || rule.text.test(text)) return verdictOf(rule)
  return undefined
}

/** The conversation does not fit. Every provider says it in its own words, most of them with a plain 400. */
const OVERFLOW: readonly RegExp[] = [
  /prompt (is )?too long/i,
  /prompt exceeds max length/i,
  /request_too_large/i,
  /input is too long for requested model/i,
  /exceeds? the context window/i,
  /exceeds? (the )?(model'?s )?maximum context length/i,
  /context window exceeded/i,
  /context window exceeds limit/i,
  /input token count.*exceeds the maximum/i,
  /maximum prompt length is \d+/i,
  /reduce the length of the messages/i,
  /maximum context length is \d+ tokens/i,
  /exceeds (the )?maximum allowed input length of \d+ tokens/i,
  /input \(\d+ tokens\) is longer than the model'?s context length/i,
  /exceeds the limit of \d+/i,
  /exceeds the available context size/i,
  /greater than the context length/i,
  /exceeded model token limit/i,
  /too large for model with \d+ maximum context length/i,
  /prompt has [\d,]+ tokens, but the configured context size/i,
  /model_context_window_exceeded/i,
  /range of input length should be/i,
  /context[_ ]length[_ ]exceeded/i,
  /too[_ ]many[_ ]tokens/i,
  /token limit exceeded/i,
  /size limit exceeded by/i,
  /input length and .?max_tokens.? exceed context limit/i,
  /input tokens exceeded/i,
  /the total length of all messages is too long/i,
]

/** Limits per time that share words with the patterns above: Bedrock throttles with "Too many tokens, please wait". */
const NOT_OVERFLOW: readonly RegExp[] = [
  /^(throttling error|service unavailable):/i,
  /rate.?limit/i,
  /too many requests/i,
  /tokens? per (minute|min|hour|day)/i,
  /please wait before/i,
]

export const isOverflow = (text: string): boolean =>
  OVERFLOW.some((pattern) => pattern.test(text)) && !NOT_OVERFLOW.some((pattern) => pattern.test(text))

/** Money or a plan's allowance is gone: waiting does not bring it back. */
const LIMITS: readonly RegExp[] = [
  /insufficient[_ ](quota|balance|credits?|funds)/i,
  /credit balance is too low/i,
  /(used|exhausted) all (of your )?(available )?credits/i,
  /(doesn't|does not|don't|do not) have (any|enough|sufficient) credits/i,
  /requires more credits/i,
  /(purchase|add|buy) (more )?credits/i,
  /available balance/i,
  /out of (budget|credits)/i,
  /monthly (usage|spending) limit/i,
  /exceeded your current quota/i,
  /billing (hard limit|is not active|not active)/i,
  /account is (not active|suspended|in arrears)/i,
]

export const byLimitText = (text: string): Verdict | undefined =>
  LIMITS.some((pattern) => pattern.test(text)) ? { class: 'quota' } : undefined

/** Google and xAI answer a wrong key with 400. */
const REFUSED_KEY =
  /(incorrect|invalid|wrong|expired|missing) (api|subscription) key|api key (not valid|expired|is invalid)/i

export const isRefusedKey = (text: string): boolean => REFUSED_KEY.test(text)

const TOO_BUSY =
  /overloaded|capacity exceeded|at capacity|server[_ ]busy|servers are (currently )?busy|high demand|no available (instance|capacity)/i

export const isTooBusy = (text: string): boolean => TOO_BUSY.test(text)

const MISSING_MODEL =
  /model identifier is invalid|model .{0,100}(does not exist|not found)|no (such|endpoints found for) model|unknown model/i

const STATUSES: Readonly<Record<number, Verdict>> = {
  401: { class: 'auth' },
  402: { class: 'quota' },
  403: { class: 'auth' },
  404: { class: 'not_found' },
  408: { class: 'timeout' },
  // "Conflict": another request was in the way; the same one passes later.
  409: { class: 'server' },
  410: { class: 'not_found' },
  413: { class: 'context_overflow' },
  429: { class: 'rate_limit' },
  // Groq's flexible tier has no room.
  498: { class: 'overloaded' },
  501: { class: 'unsupported' },
  503: { class: 'overloaded' },
  504: { class: 'timeout' },
  522: { class: 'timeout' },
  524: { class: 'timeout' },
  529: { class: 'overloaded' },
}

/** Whose fault it was, for errors inside an answer that have no status. */
const BLAMES_REQUEST: ReadonlySet<string> = new Set([
  'invalid_request_error',
  'invalid_request',
  'INVALID_ARGUMENT',
  'BadRequestError',
  'ValidationException',
  'validation_error',
])

export function byStatus(status: number | undefined, codes: readonly string[], text: string): Verdict {
  if (status === undefined) {
    if (codes.some((code) => BLAMES_REQUEST.has(code))) return { class: 'invalid_request' }
    return { class: isTooBusy(text) ? 'overloaded' : 'server' }
  }
  if (isTooBusy(text) && (status === 429 || status >= 500)) return { class: 'overloaded' }
  const known = STATUSES[status]
  if (known !== undefined) return known
  if (status >= 500) return { class: 'server' }
  // A redirect is not followed, and the next try would meet it again.
  if (status < 400) return { class: 'server', retryable: false }
  return { class: MISSING_MODEL.test(text) ? 'not_found' : 'invalid_request' }
}

/** What to do next, where the message itself rarely says it. */
export const hints: Partial<Readonly<Record<ErrorClass, string>>> = {
  auth: 'Check the API key of this provider, and that it may use the model.',
  quota: 'Add credit or raise the limit at this provider, or use another one.',
  context_overflow: 'Shorten the conversation, or use a model with a larger context window.',
  not_found: 'Check the name of the model and the base URL.',
}

const verdictOf = ({ class: errorClass, retryable }: Verdict): Verdict =>
  retryable === undefined ? { class: errorClass } : { class: errorClass, retryable }
