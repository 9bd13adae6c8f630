import { readErrorBody, type ErrorBody } from './classify-body.ts'
import {
  byCode,
  byLimitText,
  byStatus,
  hints,
  isOverflow,
  isRefusedKey,
  isTooBusy,
  type Verdict,
} from './classify-rules.ts'
import { explicitDelayMs, resetDelayMs } from './classify-retry-after.ts'
import { ProviderError, type ErrorClass } from './errors.ts'
import type { ErrorRule } from './provider.ts'
import { redact, type Secret } from './secret.ts'

type FailureHeaders = Readonly<Record<string, string | string[] | undefined>>

export interface Failure {
  /** Of the answer. Below 400 (an error inside a stream that began well) the body's own status counts instead. */
  readonly status?: number
  readonly headers?: FailureHeaders
  /** The answer's text, or the text of the error object inside a stream. */
  readonly body: string
  /** The manifest's own rules; they come first. */
  readonly rules?: readonly ErrorRule[]
  readonly provider: string
  readonly model: string
  /** Masked wherever the provider echoes them. */
  readonly secrets?: readonly Secret[]
}

const MESSAGE_CHARS = 1_000
const BODY_CHARS = 4_000

/** Sorts a provider's failure into one of our classes. */
export function classifyFailure(failure: Failure): ProviderError {
  const { headers = {}, provider, model, secrets = [] } = failure
  const body = readErrorBody(failure.body)
  const status = statusOf(failure.status, body)
  const amazonError = header(headers, 'x-amzn-errortype')?.split(':')[0]
  const codes = amazonError === undefined ? body.codes : [amazonError, ...body.codes]
  const asked = explicitDelayMs(headers, body)
  const verdict = judge({ status, body, codes, asked, rules: failure.rules ?? [] })
  // Some providers know that waiting will not help; the class alone does not.
  const retryable = header(headers, 'x-should-retry') === 'false' ? false : verdict.retryable
  const waits = WAITING.has(verdict.class) && retryable !== false
  const retryAfterMs = waits ? (asked ?? resetDelayMs(headers)) : undefined
  const requestId = requestIdOf(headers) ?? body.requestId
  const [providerCode] = codes
  const clean = redact(failure.body, secrets).slice(0, BODY_CHARS)
  const hint = hints[verdict.class]

  return new ProviderError(verdict.class, redact(messageOf(body, status), secrets).slice(0, MESSAGE_CHARS), {
    provider,
    model,
    ...(status === undefined ? {} : { status }),
    ...(providerCode === undefined ? {} : { providerCode }),
    ...(retryable === undefined ? {} : { retryable }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(clean === '' ? {} : { body: clean }),
    ...(hint === undefined ? {} : { hint }),
  })
}

/** Classes for which the provider's word on when to come back means something. */
const WAITING: ReadonlySet<ErrorClass> = new Set<ErrorClass>(['rate_limit', 'overloaded', 'server', 'timeout'])

interface Evidence {
  readonly status: number | undefined
  readonly body: ErrorBody
  readonly codes: readonly string[]
  readonly asked: number | undefined
  readonly rules: readonly ErrorRule[]
}

/** What is surest comes first: the manifest, then codes, then a stated delay, then wording, and the status last. */
function judge({ status, body, codes, asked, rules }: Evidence): Verdict {
  const { text } = body
  return (
    byRule(rules, status, codes, text) ??
    byCode(codes, text) ??
    byDelay(asked, status, text) ??
    (isOverflow(text) ? { class: 'context_overflow' } : undefined) ??
    byLimitText(text) ??
    (isRefusedKey(text) && (status === undefined || status < 500) ? { class: 'auth' } : undefined) ??
    byStatus(status, codes, text)
  )
}

function byRule(
  rules: readonly ErrorRule[],
  status: number | undefined,
  codes: readonly string[],
  text: string,
): Verdict | undefined {
  const rule = rules.find(
    (candidate) =>
      (candidate.status === undefined || candidate.status === status) &&
      (candidate.code === undefined || codes.includes(candidate.code)) &&
      (candidate.match === undefined || text.toLowerCase().includes(candidate.match.toLowerCase())),
  )
  if (rule === undefined) return undefined
  return rule.retryable === undefined ? { class: rule.class } : { class: rule.class, retryable: rule.retryable }
}

/** Who names a delay means "later", whatever else the text says. A delay beside a plain refusal says nothing. */
function byDelay(asked: number | undefined, status: number | undefined, text: string): Verdict | undefined {
  if (asked === undefined) return undefined
  if (status !== undefined && status !== 429 && status !== 503 && status !== 529) return undefined
  const busy = status === 503 || status === 529 || isTooBusy(text)
  return { class: busy ? 'overloaded' : 'rate_limit', retryable: true }
}

function statusOf(outer: number | undefined, body: ErrorBody): number | undefined {
  return outer !== undefined && outer >= 300 ? outer : body.status
}

function messageOf(body: ErrorBody, status: number | undefined): string {
  if (body.message !== '') return body.message
  return status === undefined ? 'The provider gave no reason.' : `HTTP ${status} without a reason.`
}

const REQUEST_IDS = ['x-request-id', 'request-id', 'x-amzn-requestid', 'apim-request-id', 'cf-ray']

function requestIdOf(headers: FailureHeaders): string | undefined {
  for (const name of REQUEST_IDS) {
    const value = header(headers, name)
    if (value !== undefined && value !== '') return value
  }
  return undefined
}

function header(headers: FailureHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
