import type { Provider, ProviderRequest } from '../provider.ts'
import type { NetworkWatch } from './network-watch.ts'

/** Reads one answer at its own pace, and never longer than it is told to. */
export interface Reader {
  /** What the provider yielded, as it came. */
  readonly items: readonly unknown[]
  readonly state: 'open' | 'ended' | 'failed'
  readonly error: unknown
  /** False: what stream() returned cannot be read. */
  readonly isIterable: boolean
  /** Reads until `enough` says so or nothing more comes; false when `ms` passed before that. */
  read(ms: number, enough?: (item: unknown) => boolean): Promise<boolean>
  /** Leaves, as a reader does who has seen enough; false when that took longer than `ms`. */
  leave(ms: number): Promise<boolean>
}

export function openReader(
  watch: NetworkWatch,
  provider: Provider,
  request: ProviderRequest,
  signal: AbortSignal,
): Reader {
  const items: unknown[] = []
  let state: Reader['state'] = 'open'
  let error: unknown
  let isIterable = true
  let iterator: AsyncIterator<unknown> | undefined
  let step: Promise<void> | undefined

  const begin = (): AsyncIterator<unknown> => {
    const stream: Partial<AsyncIterable<unknown>> | undefined = provider.stream(request, signal)
    const open = stream?.[Symbol.asyncIterator]
    isIterable = typeof open === 'function'
    if (open === undefined || !isIterable) throw new TypeError('stream() did not return an async iterable')
    return open.call(stream)
  }
  const advance = async (): Promise<void> => {
    try {
      const next = await watch.run(async () => (iterator ??= begin()).next())
      if (next.done === true) state = 'ended'
      else items.push(next.value)
    } catch (thrown) {
      state = 'failed'
      error = thrown
    } finally {
      step = undefined
    }
  }

  return {
    items,
    get state() {
      return state
    },
    get error() {
      return error
    },
    get isIterable() {
      return isIterable
    },
    async read(ms, enough = () => false) {
      const until = performance.now() + ms
      while (state === 'open') {
        const seen = items.length
        if (!(await within(until - performance.now(), (step ??= advance())))) return false
        if (items.slice(seen).some(enough)) return true
      }
      return true
    },
    async leave(ms) {
      const leaving = async (): Promise<unknown> => watch.run(async () => iterator?.return?.())
      return within(
        ms,
        leaving().catch(() => undefined),
      )
    },
  }
}

/** Whether the work is done within so many milliseconds. It must not reject. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<false>()
  const timer = setTimeout(() => late.resolve(false), Math.max(0, ms))
  try {
    return await Promise.race([work.then(() => true), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
