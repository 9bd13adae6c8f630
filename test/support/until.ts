import { setTimeout as sleep } from 'node:timers/promises'

export interface UntilOptions {
  /** What is awaited, for the failure message. Default: the condition's source. */
  readonly what?: string
  /** Milliseconds until it gives up. Default 5,000. */
  readonly deadlineMs?: number
  /** Milliseconds between two looks. Default 5. */
  readonly everyMs?: number
}

/**
 * The first truthy value of `condition`; rejects at the deadline. For facts that announce themselves in no other way:
 * where there is an event or a promise, await that.
 */
export async function until<T>(condition: () => T | Promise<T>, options: UntilOptions = {}): Promise<NonNullable<T>> {
  const { what = condition.toString(), deadlineMs = 5_000, everyMs = 5 } = options
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const value = await condition()
    if (value) return value
    if (performance.now() >= deadline) throw new Error(`Not so within ${deadlineMs} ms: ${what}`)
    await sleep(everyMs)
  }
}
