import { token } from '../../kernel/scope.ts'

/** Time, so that a host and a test can bring their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number
}

export const Clock = token<Clock>('clock')

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }
