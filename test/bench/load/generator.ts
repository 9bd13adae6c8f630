import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Job, LoadReply, LoadResult } from './job.ts'

export interface LoadGenerator extends AsyncDisposable {
  /** One job at a time. Rejects when a request fails or an answer is wrong. */
  run(job: Job): Promise<LoadResult>
}

/** A process of its own, so that its work does not count as anyone else's. */
export function startLoadGenerator(): LoadGenerator {
  const child = fork(new URL('../processes/load.ts', import.meta.url), { serialization: 'advanced' })
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`the load generator exited with ${String(code)}`)
  })
  gone.catch(() => {})
  return {
    async run(job) {
      child.send(job)
      const [reply] = (await Promise.race([once(child, 'message'), gone])) as [LoadReply]
      if ('failure' in reply) throw new Error(reply.failure)
      return reply.result
    },
    async [Symbol.asyncDispose]() {
      child.kill()
      await gone.catch(() => {})
    },
  }
}
