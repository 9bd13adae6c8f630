import { Bag, type Slot } from '../kernel/bag.ts'

/** Counts how long somebody has not been heard. */
export interface Silence {
  /** Something was heard. */
  restart(): void
  end(): void
}

/** Whoever waits for somebody's words. */
export interface Listener {
  silent(limitMs: number): void
}

/** Limits below this are kept to the millisecond. */
const COARSE_FROM_MS = 5_000
const TICK_MS = 500

/**
 * Tells when nothing was heard for `limitMs`. Long limits are kept by one timer for all, up to a second late: a timer
 * for each call, set anew with every piece of its answer, costs more than all else that guards it.
 */
export const watchSilence = (limitMs: number, listener: Listener): Silence =>
  limitMs < COARSE_FROM_MS ? new OwnTimer(limitMs, listener) : new SharedTimer(limitMs, listener)

class OwnTimer implements Silence {
  readonly #timer: NodeJS.Timeout

  constructor(limitMs: number, listener: Listener) {
    this.#timer = setTimeout(() => listener.silent(limitMs), limitMs)
  }

  restart(): void {
    this.#timer.refresh()
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

const watched = new Bag<SharedTimer>()
let ticking: NodeJS.Timeout | undefined

class SharedTimer implements Silence {
  readonly #limitMs: number
  readonly #listener: Listener
  readonly #slot: Slot<SharedTimer>
  #silentMs = 0

  constructor(limitMs: number, listener: Listener) {
    this.#limitMs = limitMs
    this.#listener = listener
    this.#slot = watched.add(this)
    ticking ??= setInterval(tick, TICK_MS)
    if (watched.size === 1) ticking.ref()
  }

  restart(): void {
    this.#silentMs = 0
  }

  end(): void {
    watched.remove(this.#slot)
    // It goes on for the next call, but nobody has to wait for it.
    if (watched.size === 0) ticking?.unref()
  }

  /** The first tick comes at any moment of the half second, so it counts for nothing. */
  tick(): void {
    if (this.#silentMs === this.#limitMs + TICK_MS) return
    this.#silentMs = Math.min(this.#silentMs + TICK_MS, this.#limitMs + TICK_MS)
    if (this.#silentMs === this.#limitMs + TICK_MS) this.#listener.silent(this.#limitMs)
  }
}

function tick(): void {
  for (const silence of watched.items) silence.tick()
  if (watched.size > 0) return
  clearInterval(ticking)
  ticking = undefined
}
