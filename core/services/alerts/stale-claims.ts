import type { Clock } from '../clock/clock.ts'
import type { ClaimKey } from './outbox.ts'

/**
 * Tells claims of dead processes by watching: one that has not changed for longer than any attempt takes has nobody left who
 * works on it. That needs no clock but the observer's own that never jumps.
 */
export class StaleClaims {
  readonly #clock: Clock
  readonly #staleMs: number
  readonly #own: string
  #seenAt = new Map<string, number>()

  /** Claims that begin with `own` are never stale: their process is this one. */
  constructor(clock: Clock, staleMs: number, own: string) {
    this.#clock = clock
    this.#staleMs = staleMs
    this.#own = `${own}.`
  }

  /** Of all claims there are now those that are stale. To be called again and again. */
  among(claims: readonly ClaimKey[]): readonly ClaimKey[] {
    const now = this.#clock.monotonic()
    const before = this.#seenAt
    this.#seenAt = new Map()
    return claims.filter((row) => {
      if (row.claim.startsWith(this.#own)) return false
      const key = `${row.webhookId} ${row.claim}`
      const seenAt = before.get(key) ?? now
      this.#seenAt.set(key, seenAt)
      return now - seenAt >= this.#staleMs
    })
  }
}
