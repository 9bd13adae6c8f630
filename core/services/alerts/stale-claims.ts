import type { Clock } from '../clock/clock.ts'
import type { ClaimKey } from './outbox.ts'

/**
 * Tells claims of dead processes by watching: one that has not changed for longer than any attempt takes has nobody left who
 * works on it. That needs no clock but the observer's own that never jumps.
 */
export class StaleClaims {
  readonly #clock: Clock
  readonly #staleMs: number
  #seenAt = new Map<string, number>()

  constructor(clock: Clock, staleMs: number) {
    this.#clock = clock
    this.#staleMs = staleMs
  }

  /** Of all claims of others there are now those that are stale. To be called again and again. */
  among(claims: readonly ClaimKey[]): readonly ClaimKey[] {
    const now = this.#clock.monotonic()
    const before = this.#seenAt
    this.#seenAt = new Map()
    return claims.filter((row) => {
      const key = `${row.webhookId} ${row.claim}`
      const seenAt = before.get(key) ?? now
      this.#seenAt.set(key, seenAt)
      return now - seenAt >= this.#staleMs
    })
  }
}
