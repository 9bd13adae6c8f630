import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { percentile } from '../statistics.ts'
import { exchange, type Exchange } from './exchange.ts'
import type { Job, LoadReply } from './job.ts'
import { flawOf } from './verify.ts'

/** Does the job, then checks every answer. */
export async function drive(job: Job): Promise<LoadReply> {
  const pool = new Pool(job.origin, { connections: job.connections })
  await using _closing = { [Symbol.asyncDispose]: () => pool.destroy() }
  const exchanges: Exchange[] = []
  let started = 0
  const worker = async (): Promise<void> => {
    while (started < job.requests) {
      started++
      exchanges.push(await exchange(pool, job))
      if (job.restMs > 0) await sleep(job.restMs)
    }
  }
  const from = performance.now()
  try {
    await Promise.all(Array.from({ length: job.connections }, worker))
  } catch (error) {
    return { failure: `a request failed after ${exchanges.length} good ones: ${String(error)}` }
  }
  const windowMs = performance.now() - from
  for (const [index, done] of exchanges.entries()) {
    const flaw = flawOf(done, job.expected)
    if (flaw !== undefined) return { failure: `answer ${index} is wrong: ${flaw}` }
  }
  const latencies = exchanges.map(({ startedAt, endedAt }) => endedAt - startedAt)
  const firstTokens = exchanges.map(({ startedAt, firstTokenAt, endedAt }) => (firstTokenAt ?? endedAt) - startedAt)
  return {
    result: {
      windowMs,
      latency: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
      ...(job.expected.deltas === undefined ? {} : { firstToken: { p50: percentile(firstTokens, 0.5) } }),
    },
  }
}
