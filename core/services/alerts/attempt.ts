import { deepestCause, isPlugboardError, type Secret } from '@plugboard/sdk'
import type { Webhook, WebhookTrial } from './alerts.ts'
import { post } from './post.ts'
import { signedHeaders } from './signature.ts'
import { targetOf } from './target.ts'

export interface AttemptParts {
  readonly now: () => number
  readonly version: string
  /** Of the endpoint. Throws when it cannot be had. */
  readonly secret: (webhookId: string) => Secret
  /** Milliseconds in which the endpoint must answer. */
  readonly timeoutMs: number
}

/** One attempt that came to an end. */
export interface Attempted extends WebhookTrial {
  /** Milliseconds the endpoint asks to wait; 0 when it says nothing. */
  readonly retryAfterMs: number
}

/** Sends one event to one endpoint, once. Never rejects: what went wrong is told, in words without any secret. */
export async function attempt(
  { now, version, secret, timeoutMs }: AttemptParts,
  { id, url, allowPrivate }: Webhook,
  event: { readonly id: string; readonly body: string },
  stop: AbortSignal,
): Promise<Attempted> {
  const startedAt = performance.now()
  const done = (status: number | null, error: string | null, retryAfterMs = 0): Attempted => {
    const durationMs = Math.round(performance.now() - startedAt)
    return { delivered: error === null, status, error, retryAfterMs, durationMs }
  }
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = AbortSignal.any([timeout, stop])
  try {
    const headers = { ...signedHeaders(secret(id), event.id, now(), event.body), 'user-agent': `plugboard/${version}` }
    const target = await unlessAborted(targetOf(url, allowPrivate), signal)
    const { status, retryAfter } = await post(target, headers, event.body, signal)
    const delivered = status >= 200 && status < 300
    return done(status, delivered ? null : refusalOf(status), retryAfterMs(retryAfter, now()))
  } catch (error) {
    return done(null, timeout.aborted ? `no answer within ${timeoutMs / 1_000} s` : reasonOf(error))
  }
}

const refusalOf = (status: number): string =>
  status >= 300 && status < 400 ? `answered ${status}; redirects are not followed` : `answered ${status}`

/** The code where there is one: messages of the network name addresses, and an endpoint's address may be its secret. */
function reasonOf(error: unknown): string {
  if (isPlugboardError(error)) return error.message
  const { code, name } = deepestCause(error) as { readonly code?: unknown; readonly name?: unknown }
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'failed'
}

/** The header may hold seconds or a date. */
function retryAfterMs(value: string | undefined, now: number): number {
  if (value === undefined) return 0
  const wait = /^\s*\d+\s*$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now
  return Number.isNaN(wait) ? 0 : Math.max(0, wait)
}

/** For what cannot be told to stop, as a look into the DNS. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error)
    if (signal.aborted) return leave()
    signal.addEventListener('abort', leave, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
