import type { Batch } from '@plugboard/sdk'
import { llmErrorOf, stopError, truncated } from './call-error.ts'
import type { LiveCall, Outcome } from './call.ts'
import type { Next, Reply } from './compose.ts'
import { leave } from './leave.ts'

/**
 * The only code between a provider and a surface that runs per batch. It settles the call exactly once: before the batch
 * that completes the answer is given out, when the stream fails, or when the reader leaves.
 *
 * A class and not a generator: a generator that was never started skips its `finally`, and a client may leave before the
 * first read.
 */
class Pump implements AsyncIterator<Batch> {
  readonly #call: LiveCall
  readonly #from: AsyncIterator<Batch>
  #over = false
  #reading = false
  /** What the next read is told, when the call was stopped while nobody read. */
  #stopped: Promise<never> | undefined

  constructor(call: LiveCall, from: AsyncIterator<Batch>) {
    this.#call = call
    this.#from = from
    if (call.stopped === undefined) call.whenStopped((reason) => this.#stop(reason))
    else this.#stop(call.stopped.reason)
  }

  async next(): Promise<IteratorResult<Batch>> {
    if (this.#stopped !== undefined) return this.#stopped
    if (this.#over) return { done: true, value: undefined }
    this.#reading = true
    try {
      const step = await this.#from.next()
      if (step.done === true) throw truncated()
      this.#call.saw(step.value)
      const last = step.value.at(-1)
      if (last?.type === 'finish') {
        this.#over = true
        await this.#call.settle({ status: 'completed', finish: last })
        leave(this.#from)
      }
      return step
    } catch (error) {
      return await this.#fail(error)
    } finally {
      this.#reading = false
    }
  }

  async return(): Promise<IteratorResult<Batch>> {
    if (!this.#over) {
      this.#over = true
      this.#call.stop('the reader left')
      leave(this.#from)
      await this.#call.settle({ status: 'cancelled' })
    }
    return { done: true, value: undefined }
  }

  /** A read that is under way sees the stop itself. A reader that never comes must not keep the call running for ever. */
  #stop(reason: unknown): void {
    if (this.#over || this.#reading) return
    this.#stopped = this.#fail(stopError(reason))
    this.#stopped.catch(() => undefined)
  }

  async #fail(error: unknown): Promise<never> {
    this.#over = true
    leave(this.#from)
    await this.#call.settle(outcomeOf(error, this.#call))
    throw error
  }
}

function outcomeOf(error: unknown, call: LiveCall): Outcome {
  const info = llmErrorOf(error, call)
  return info.class === 'aborted' ? { status: 'cancelled' } : { status: 'failed', error: info, cause: error }
}

/** Sends a call down the chain. Rejects when it fails before the first batch; the call is settled then. */
export async function run(call: LiveCall, chain: Next): Promise<Reply> {
  try {
    const { provider, model, batches } = await chain(call)
    return { provider, model, batches: new Pump(call, batches) }
  } catch (error) {
    await call.settle(outcomeOf(error, call))
    throw error
  }
}
