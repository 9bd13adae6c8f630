import { ProviderError, type Batch, type ProviderEvent } from '@plugboard/sdk'
import { stopError, truncated } from './call-error.ts'
import type { Call } from './call.ts'
import { watchSilence, type Silence } from './silence.ts'
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

class Guarded implements AsyncIterator<Batch> {
  readonly #from: AsyncIterator<ProviderEvent | Batch>
  readonly #limits: Limits
  readonly #checked = new WellFormed()
  #silence: Silence
  #first: IteratorResult<Batch> | undefined
  /** Of the read that waits for the provider; the second is there only while it waits. */
  #resolvePending: ((step: IteratorResult<Batch>) => void) | undefined
  #rejectPending: ((error: unknown) => void) | undefined
  #interrupted: unknown
  #begun = false
  #released = false

  constructor(from: AsyncIterator<ProviderEvent | Batch>, call: Pick<Call, 'stopped' | 'whenStopped'>, limits: Limits) {
    this.#from = from
    this.#limits = limits
    this.#silence = this.#after(limits.firstMs)
    if (call.stopped === undefined) call.whenStopped((reason) => this.#interrupt(stopError(reason)))
    else this.#interrupted = stopError(call.stopped.reason)
  }

  async begin(): Promise<this> {
    try {
      const step = await this.#pull()
      if (step.done === true) throw truncated()
      this.#first = { done: false, value: begun(step.value) }
      this.#begun = true
      if (this.#limits.idleMs !== this.#limits.firstMs) {
        this.#silence.end()
        this.#silence = this.#after(this.#limits.idleMs)
      }
      return this
    } catch (error) {
      this.#release()
      this.#leave()
      throw error
    }
  }

  async next(): Promise<IteratorResult<Batch>> {
    const first = this.#first
    if (first !== undefined) {
      this.#first = undefined
      return first
    }
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

  async return(): Promise<IteratorResult<Batch>> {
    this.#release()
    this.#leave()
    return { done: true, value: undefined }
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

  /** Counts only while the provider is waited for: a reader who takes its time is not the provider's silence. */
  #after(ms: number): Silence {
    return watchSilence(ms, () => {
      if (this.#rejectPending === undefined) return
      this.#interrupt(silent(this.#begun ? 'fell silent' : 'did not begin to answer', ms))
    })
  }

  #interrupt(error: unknown): void {
    if (this.#released) return
    this.#interrupted ??= error
    this.#rejectPending?.(error)
    this.#leave()
  }

  /** Not awaited: a plugin that ignores being told to stop keeps nobody waiting; nor is its failing now of interest. */
  #leave(): void {
    const leaving = async (): Promise<unknown> => this.#from.return?.()
    leaving().catch(() => undefined)
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

const silent = (what: string, ms: number): ProviderError =>
  new ProviderError('timeout', `The provider ${what} for ${ms / 1000} s.`)
