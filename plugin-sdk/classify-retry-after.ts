import type { ErrorBody } from './classify-body.ts'

type Headers = Readonly<Record<string, string | string[] | undefined>>

/**
 * Milliseconds the provider asks to wait, in its headers, its body or its wording; the longest of them, because Azure
 * sends `retry-after: 1` together with `retry-after-ms: 0`.
 */
export function explicitDelayMs(headers: Headers, body: Pick<ErrorBody, 'text' | 'retryDelay'>): number | undefined {
  const delays = [
    numberOf(text(headers['retry-after-ms'])),
    retryAfter(text(headers['retry-after'])),
    body.retryDelay === undefined ? undefined : durationMs(body.retryDelay),
    worded(body.text),
  ].filter((delay) => delay !== undefined)
  return delays.length === 0 ? undefined : Math.max(...delays)
}

/**
 * Milliseconds until a limit that is used up is filled again. Providers send these headers with every answer, so they say
 * how long to wait, but not that waiting is the cure.
 */
export function resetDelayMs(headers: Headers, now = Date.now()): number | undefined {
  let longest: number | undefined
  for (const name in headers) {
    const limit = RESET.exec(name)
    if (limit === null) continue
    const remaining = text(headers[name.replace('reset', 'remaining')])
    if (remaining !== undefined && remaining.trim() !== '0') continue
    const value = text(headers[name])
    const delay = value === undefined ? undefined : untilReset(value, now)
    if (delay !== undefined) longest = Math.max(longest ?? 0, delay)
  }
  return longest
}

/** `x-ratelimit-reset`, `x-ratelimit-reset-tokens`, `anthropic-ratelimit-input-tokens-reset`, ... */
const RESET = /^(x-ratelimit-reset(-[a-z-]+)?|anthropic-ratelimit-[a-z-]+-reset)$/

/** "Please try again in 9m38.016s", "Please retry in 48.9s", "retry after 20 seconds". */
const WORDED =
  /(?:try(?: it)? again|retry(?:ing)?)(?: your request)? (?:in|after) (?:about )?((?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|seconds?|secs?|minutes?|mins?|hours?|days?|[smhd])\s*)+)/i

function worded(message: string): number | undefined {
  const [, duration] = WORDED.exec(message) ?? []
  return duration === undefined ? undefined : durationMs(duration)
}

function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const seconds = numberOf(value)
  if (seconds !== undefined) return seconds * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}

function untilReset(value: string, now: number): number | undefined {
  const number = numberOf(value)
  if (number !== undefined) {
    if (number > 1e12) return Math.max(0, number - now)
    return number > 1e9 ? Math.max(0, number * 1000 - now) : number * 1000
  }
  const duration = durationMs(value)
  if (duration !== undefined) return duration
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
}

/** Go's notation ("2m59.5s", "12ms") and plain words ("20 seconds"). */
function durationMs(value: string): number | undefined {
  let total = 0
  let end = 0
  for (const match of value.matchAll(/\s*(\d+(?:\.\d+)?)\s*([a-z]+)/gi)) {
    const [whole, amount, unit = ''] = match
    const word = unit.toLowerCase()
    const scale = UNITS[word] ?? UNITS[word.replace(/s$/, '')]
    if (match.index !== end || scale === undefined) return undefined
    total += Number(amount) * scale
    end += whole.length
  }
  return end > 0 && value.slice(end).trim() === '' ? Math.round(total) : undefined
}

function numberOf(value: string | undefined): number | undefined {
  if (value === undefined || value.trim() === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) && number >= 0 ? number : undefined
}

const text = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)
