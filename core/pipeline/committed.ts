import { ProviderError, type Batch, type ProviderEvent } from '@plugboard/sdk'

export interface Limits {
  /** Milliseconds until the first batch. */
  readonly firstMs: number
  /** Milliseconds between batches. */
  readonly idleMs: number
}

/**
 * Makes of whatever a provider yields a well-behaved stream of batches: begun (its first batch is here), stopped by the
 * signal and by silence even when the plugin ignores both. Resolves with the first batch waiting.
 */
export async function committed(
  source: AsyncIterable<ProviderEvent | Batch>,
  signal: AbortSignal,
  limits: Limits,
): Promise<AsyncIterator<Batch>> {
  const stream = new Guarded(source[Symbol.asyncIterator](), signal, limits)
  await stream.begin()
  return stream
}

class Guarded implements AsyncIterator<Batch> {
  readonly #from: AsyncIterator<ProviderEvent | Batch>
  readonly #signal: AbortSignal
  readonly #limits: Limits
  readonly #onAbort = (): void => this.#interrupt(reasonOf(this.#signal))
  #timer: NodeJS.Timeout
  #first: IteratorResult<Batch> | undefined
  #rejectPending: ((error: unknown) => void) | undefined
  #interrupted: unknown

  constructor(from: AsyncIterator<ProviderEvent | Batch>, signal: AbortSignal, limits: Limits) {
    this.#from = from
    this.#signal = signal
    this.#limits = limits
    this.#timer = setTimeout(() => this.#interrupt(silence('did not begin to answer', limits.firstMs)), limits.firstMs)
    if (signal.aborted) this.#interrupted = reasonOf(signal)
    else signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  async begin(): Promise<void> {
    try {
      const step = await this.#pull()
      this.#first = step.done === true ? step : { done: false, value: begun(step.value) }
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#interrupt(silence('fell silent', this.#limits.idleMs)), this.#limits.idleMs)
    } catch (error) {
      this.#release()
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
      const step = await this.#pull()
      if (step.done === true) this.#release()
      else this.#timer.refresh()
      return step
    } catch (error) {
      this.#release()
      throw error
    }
  }

  async return(): Promise<IteratorResult<Batch>> {
    this.#release()
    await this.#from.return?.()
    return { done: true, value: undefined }
  }

  #pull(): Promise<IteratorResult<Batch>> {
    if (this.#interrupted !== undefined) return Promise.reject(this.#interrupted)
    return new Promise((resolve, reject) => {
      this.#rejectPending = reject
      this.#from.next().then((step) => {
        this.#rejectPending = undefined
        try {
          resolve(step.done === true ? { done: true, value: undefined } : { done: false, value: batchOf(step.value) })
        } catch (error) {
          reject(error)
        }
      }, reject)
    })
  }

  #interrupt(error: unknown): void {
    this.#interrupted ??= error
    this.#rejectPending?.(error)
    this.#from.return?.()?.catch(() => undefined)
  }

  #release(): void {
    clearTimeout(this.#timer)
    this.#signal.removeEventListener('abort', this.#onAbort)
  }
}

function batchOf(value: ProviderEvent | Batch): Batch {
  if (Array.isArray(value)) {
    if (value.length > 0) return value as Batch
  } else if (typeof (value as ProviderEvent | undefined)?.type === 'string') return [value as ProviderEvent]
  throw new ProviderError('plugin', 'The provider yielded something that is neither an event nor a batch of events.')
}

/** Every answer begins with `start`, also when the provider leaves it out. */
function begun(batch: Batch): Batch {
  if (batch[0]?.type === 'start') return batch
  const withStart: readonly ProviderEvent[] = [{ type: 'start' }, ...batch]
  return batch.wire === undefined ? withStart : Object.assign(withStart, { wire: batch.wire })
}

const silence = (what: string, ms: number): ProviderError =>
  new ProviderError('timeout', `The provider ${what} within ${ms / 1000} s.`)

const reasonOf = (signal: AbortSignal): unknown =>
  signal.reason instanceof ProviderError
    ? signal.reason
    : new ProviderError('aborted', 'The call was aborted.', { cause: signal.reason })
