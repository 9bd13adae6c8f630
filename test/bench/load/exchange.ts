import type { Pool } from 'undici'
import type { Job } from './job.ts'

/** One request and all that came back. Times are `performance.now()`. */
export interface Exchange {
  readonly startedAt: number
  readonly endedAt: number
  readonly firstTokenAt: number | undefined
  readonly status: number
  readonly chunks: readonly Buffer[]
}

const FIRST_TEXT = /"content":\s*"[^"]/

/** Keeps the bytes unread: what the load generator does while it measures takes time from what it measures. */
export function exchange(pool: Pool, { path, headers, body, expected }: Job): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const chunks: Buffer[] = []
    const streamed = expected.deltas !== undefined
    let status = 0
    let firstTokenAt: number | undefined
    pool.dispatch(
      { path, method: 'POST', headers, body },
      {
        onRequestStart() {},
        onResponseStart(_controller, statusCode) {
          status = statusCode
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk)
          if (streamed && firstTokenAt === undefined && FIRST_TEXT.test(chunk.toString('latin1')))
            firstTokenAt = performance.now()
        },
        onResponseEnd() {
          resolve({ startedAt, endedAt: performance.now(), firstTokenAt, status, chunks })
        },
        onResponseError(_controller, error) {
          reject(error)
        },
      },
    )
  })
}
