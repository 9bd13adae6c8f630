import { ProviderError, type Batch, type ProviderEvent } from '@plugboard/sdk'
import { stopError, truncated } from './call-error.ts'
import type { Call } from './call.ts'
import { leave } from './leave.ts'
import { watchSilence, type Listener, type Silence } from './silence.ts'
import { WellFormed } from './well-formed.ts'

export interface Limits {
  /** Milliseconds until the first batch. */
  readonly firstMs: number
  /** Milliseconds between batches. */
  readonly idleMs: number
}

/**
 * Makes of whatever a provider yields a well-behaved stream of batches: begun (its first batch is here), well-formed,
 * stopped by the signal and by silence even when the plugin ignores both. Resolves with the first batch waiting.
 */
export function committed(
  source: AsyncIterable<ProviderEvent | Batch>,
  call: Pick<Call, 'stopped' | 'whenStopped'>,
  limits: Limits,
): Promise<AsyncIterator<Batch>> {
  const begin = (source as Partial<typeof source> | null | undefined)?.[Symbol.asyncIterator]
  if (typeof begin !== 'function')
    return Promise.reject(new ProviderError('plugin', 'stream() of the provider did not return an async iterable.'))
  return new Guarded(begin.call(source), call, limits).begin()
}

const ENDED: Promise<IteratorResult<Batch>> = Promise.resolve({ done: true, value: undefined })

class Guarded implements AsyncIterator<Batch>, Listener {
  readonly #from: AsyncIterator<ProviderEvent | Batch>
  readonly #limits: Limits
  readonly #checked = new WellFormed()
  #silence: Silence
  #first: Batch | undefined
  /** Of the read that waits for the provider; the second is there only while it waits. */
  #resolvePending: ((step: IteratorResult<Batch>) => void) | undefined
  #rejectPending: ((error: unknown) => void) | undefined
  #interrupted: unknown
  #begun = false
  #released = false

  constructor(from: AsyncIterator<ProviderEvent | Batch>, call: Pick<Call, 'stopped' | 'whenStopped'>, limits: Limits) {
    this.#from = from
    this.#limits = limits
    this.#silence = watchSilence(limits.firstMs, this)
    if (call.stopped === undefined) call.whenStopped((reason) => this.#interrupt(stopError(reason)))
    else this.#interrupted = stopError(call.stopped.reason)
  }

  async begin(): Promise<this> {
    try {
      const step = await this.#pull()
      if (step.done === true) throw truncated()
      this.#first = begun(step.value)
      this.#begun = true
      if (this.#limits.idleMs !== this.#limits.firstMs) {
        this.#silence.end()
        this.#silence = watchSilence(this.#limits.idleMs, this)
      }
      return this
    } catch (error) {
      this.#release()
      leave(this.#from)
      throw error
    }
  }

  next(): Promise<IteratorResult<Batch>> {
    const first = this.#first
    if (first === undefined) return this.#next()
    this.#first = undefined
    return Promise.resolve({ done: false, value: first })
  }

  return(): Promise<IteratorResult<Batch>> {
    this.#release()
    leave(this.#from)
    return ENDED
  }

  /** A reader who takes its time is not the provider's silence. */
  silent(limitMs: number): void {
    if (this.#rejectPending === undefined) return
    const what = this.#begun ? 'fell silent' : 'did not begin to answer'
    this.#interrupt(new ProviderError('timeout', `The provider ${what} for ${limitMs / 1000} s.`))
  }

  async #next(): Promise<IteratorResult<Batch>> {
    try {
      this.#silence.restart()
      const step = await this.#pull()
      if (step.done === true) this.#release()
      return step
    } catch (error) {
      this.#release()
      throw error
    }
  }

  #pull(): Promise<IteratorResult<Batch>> {
    if (this.#interrupted !== undefined) return Promise.reject(this.#interrupted)
    return new Promise((resolve, reject) => {
      this.#resolvePending = resolve
      this.#rejectPending = reject
      this.#from.next().then(this.#told, this.#failed)
    })
  }

  readonly #told = (step: IteratorResult<ProviderEvent | Batch>): void => {
    const [resolve, reject] = [this.#resolvePending, this.#rejectPending]
    this.#rejectPending = undefined
    try {
      resolve?.(
        step.done === true ? { done: true, value: undefined } : { done: false, value: this.#checked.batch(step.value) },
      )
    } catch (error) {
      reject?.(error)
    }
  }

  readonly #failed = (error: unknown): void => {
    const reject = this.#rejectPending
    this.#rejectPending = undefined
    reject?.(error)
  }

  #interrupt(error: unknown): void {
    if (this.#released) return
    this.#interrupted ??= error
    this.#rejectPending?.(error)
    leave(this.#from)
  }

  #release(): void {
    this.#released = true
    this.#silence.end()
  }
}

/** Every answer begins with `start`, also when the provider leaves it out. */
function begun(batch: Batch): Batch {
  if (batch[0]?.type === 'start') return batch
  const withStart: readonly ProviderEvent[] = [{ type: 'start' }, ...batch]
  return batch.wire === undefined ? withStart : Object.assign(withStart, { wire: batch.wire })
}
