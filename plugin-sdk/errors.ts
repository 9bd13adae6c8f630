/** Why a call failed, in the words every provider's errors are sorted into. */
export type ErrorClass =
  | 'auth'
  | 'invalid_request'
  | 'not_found'
  | 'context_overflow'
  | 'content_filter'
  | 'rate_limit'
  | 'quota'
  | 'overloaded'
  | 'server'
  | 'network'
  | 'timeout'
  | 'aborted'
  | 'unsupported'
  | 'plugin'

/** A failed call as plain JSON: what stands on a message, in an event and in a log. Holds no secret. */
export interface LlmError {
  readonly class: ErrorClass
  readonly message: string
  /** What the reader should do next. One sentence. */
  readonly hint?: string
  /** HTTP status the provider gave, also when it stood inside a stream that began with 200. */
  readonly status?: number
  readonly providerCode?: string
  /** With the class `unsupported`: what the model cannot do, with the id of the hand-off rule where there is one. */
  readonly features?: readonly string[]
  readonly retryable: boolean
  readonly retryAfterMs?: number
  /** The provider's id of the request, for its support. */
  readonly requestId?: string
  /** The provider's answer, at most 4,000 characters. */
  readonly body?: string
  readonly provider?: string
  readonly model?: string
}

const marker = Symbol.for('plugboard.error')

export interface PlugboardErrorOptions {
  /** What the reader should do next. One sentence. */
  readonly hint?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/** Every error Plugboard raises on purpose. Recognise it with `isPlugboardError`: two copies of this package may meet. */
export class PlugboardError extends Error {
  readonly [marker] = true
  /** Stable name of the failure, for programs. */
  readonly code: string
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, message: string, options: PlugboardErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'PlugboardError'
    this.code = code
    this.hint = options.hint
    this.details = options.details ?? {}
  }
}

export const isPlugboardError = (error: unknown): error is PlugboardError =>
  typeof error === 'object' && error !== null && (error as { [marker]?: unknown })[marker] === true

/** Classes where the same call may well succeed a little later. */
const RETRYABLE: ReadonlySet<ErrorClass> = new Set<ErrorClass>([
  'rate_limit',
  'overloaded',
  'server',
  'network',
  'timeout',
])

export type ProviderErrorInit = Partial<Omit<LlmError, 'class' | 'message'>> & { readonly cause?: unknown }

/** A call to a provider that failed. Providers throw it; its class decides retry, fallback and the caller's HTTP status. */
export class ProviderError extends PlugboardError {
  readonly info: LlmError

  constructor(errorClass: ErrorClass, message: string, init: ProviderErrorInit = {}) {
    const { cause, ...rest } = init
    const { hint } = rest
    super(`PROVIDER_${errorClass.toUpperCase()}`, message, {
      ...(cause === undefined ? {} : { cause }),
      ...(hint === undefined ? {} : { hint }),
    })
    this.name = 'ProviderError'
    this.info = { class: errorClass, message, retryable: RETRYABLE.has(errorClass), ...rest }
  }
}

/** True also for a ProviderError made by another copy of this package. */
export const isProviderError = (error: unknown): error is ProviderError =>
  isPlugboardError(error) && typeof (error as Partial<ProviderError>).info === 'object'

/** The error of ours that a client library wrapped in its own, for example what `fetchOver` threw. */
export function ownErrorIn(error: unknown): PlugboardError | undefined {
  let current = error
  for (let depth = 0; depth < 8 && typeof current === 'object' && current !== null; depth++) {
    if (isPlugboardError(current)) return current
    current = (current as { readonly cause?: unknown }).cause
  }
  return undefined
}

/** "fetch failed" hides the reason some causes down; this is the deepest one. */
export function deepestCause(error: unknown): unknown {
  let current = error
  for (let depth = 0; depth < 8; depth++) {
    const next: unknown =
      current instanceof AggregateError ? current.errors[0] : (current as { cause?: unknown } | undefined)?.cause
    if (next === undefined || next === null || next === current) break
    current = next
  }
  return current
}
