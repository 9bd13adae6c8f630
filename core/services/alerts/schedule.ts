const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** Waits between attempts: eight attempts within some 31 hours. */
const DELAYS_MS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR]
const LONGEST_MS = 24 * HOUR
/** Endpoints that come back must not be met by all that waited for them in one moment. */
const JITTER = 0.2

/**
 * Milliseconds until the next attempt after so many that failed, up to a fifth more or less; longer when the endpoint asked
 * for it, a day at most. Undefined when that was the last one.
 */
export function delayAfter(attempts: number, retryAfterMs = 0, random = Math.random): number | undefined {
  const delay = DELAYS_MS[attempts - 1]
  if (delay === undefined) return undefined
  const spread = delay * (1 + JITTER * (2 * random() - 1))
  return Math.round(Math.max(spread, Math.min(retryAfterMs, LONGEST_MS)))
}
