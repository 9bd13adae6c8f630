import type { Batch } from '@plugboard/sdk'
import type { Call } from './call.ts'

/** An answer that has begun. */
export interface Reply {
  readonly provider: string
  readonly model: string
  readonly batches: AsyncIterator<Batch>
}

/** Resolves when the first batch is here, so that a failure before the first byte is an ordinary rejection. */
export type Next = (call: Call) => Promise<Reply>

/**
 * Wraps a call once. It never sees a delta: to watch the stream it taps, to book the result it waits for `settled`. Whoever
 * must change the stream replaces `batches`, and pays for that itself.
 */
export type Interceptor = (call: Call, next: Next) => Promise<Reply>

/** Done once when the pipeline is built, never per request. */
export const compose = (interceptors: readonly Interceptor[], terminal: Next): Next =>
  interceptors.reduceRight<Next>((next, intercept) => (call) => intercept(call, next), terminal)
