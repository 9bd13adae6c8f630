import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** What was seen from outside while calls ran, in nano-dollars. */
export interface Sampled {
  readonly looks: number
  /** The most that was spent and held at one moment. */
  readonly most: number
  /** The furthest that was beyond a limit; below zero when none was reached. */
  readonly above: number
  /** Times that less than nothing was held. */
  readonly negative: number
}

/** Watches the balances in a database file from a thread of its own until told to stop; `pauseMs` spares the machine. */
export async function sampleBalances(file: string, pauseMs = 0): Promise<() => Promise<Sampled>> {
  const worker = new Worker(new URL('./sampler.ts', import.meta.url), { workerData: { file, pauseMs } })
  await once(worker, 'message')
  return async () => {
    // Both are awaited from here on: a thread that is quick ends in the same turn in which it answers.
    const answered = once(worker, 'message') as Promise<[Sampled]>
    const gone = once(worker, 'exit')
    worker.postMessage('stop')
    const [[seen]] = await Promise.all([answered, gone])
    return seen
  }
}
