/** What an answer must hold to count. `deltas` is set when it must come as a stream of so many. */
export interface Expected {
  readonly text: string
  readonly deltas?: number
}

/** A number of equal requests, `connections` of them under way at any time. */
export interface Job {
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly connections: number
  readonly requests: number
  /** Milliseconds of rest on a connection after each answer. */
  readonly restMs: number
  readonly expected: Expected
}

/** Times in milliseconds. */
export interface LoadResult {
  /** From the first request to the last byte. */
  readonly windowMs: number
  readonly latency: { readonly p50: number; readonly p99: number }
  /** Until the first delta that carries text; streams only. */
  readonly firstToken?: { readonly p50: number }
}

export type LoadReply = { readonly result: LoadResult } | { readonly failure: string }
