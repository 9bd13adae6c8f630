import { Bag, type Slot } from './bag.ts'

/** A hold on one version of a plugin: while it is held, the version is not disposed. Release it exactly once or more. */
export interface Lease extends Disposable {
  readonly generation: string
}

/** A class, because an object literal with a symbol among its names takes V8 as long as the rest of a lease, per call. */
class HeldLease implements Lease {
  readonly generation: string
  readonly #release: () => void

  constructor(generation: string, release: () => void) {
    this.generation = generation
    this.#release = release
  }

  [Symbol.dispose](): void {
    this.#release()
  }
}

export interface Drained {
  /** Calls that were still running when the drain time was up. */
  readonly cut: number
  /** What went wrong while it was disposed; it is gone all the same. */
  readonly error: unknown
}

/**
 * One loaded version of a plugin, alive as long as it serves or somebody holds a lease on it. Calls that run when it is
 * replaced finish on it; after the drain time what still runs is told to stop.
 */
export class Generation {
  readonly id: string
  readonly #dispose: () => Promise<void>
  readonly #leases = new Bag<() => void>()
  #idle: (() => void) | undefined

  constructor(id: string, dispose: () => Promise<void>) {
    this.id = id
    this.#dispose = dispose
  }

  get leases(): number {
    return this.#leases.size
  }

  /** `revoke` is called when the holder must stop because the drain time is up. */
  acquire(revoke: () => void): Lease {
    const held = this.#leases.add(revoke)
    return new HeldLease(this.id, () => this.#giveBack(held))
  }

  #giveBack(held: Slot<() => void>): void {
    this.#leases.remove(held)
    if (this.#leases.size === 0) this.#idle?.()
  }

  /** Waits until nobody holds it, at most `drainMs`, and disposes it. Call once, after it stopped serving. */
  async retire(drainMs: number): Promise<Drained> {
    await this.#drained(drainMs)
    const cut = this.#leases.size
    for (const revoke of this.#leases.items) revoke()
    try {
      await this.#dispose()
      return { cut, error: undefined }
    } catch (error) {
      return { cut, error }
    }
  }

  /** Ends the drain time now. */
  hurry(): void {
    this.#idle?.()
  }

  #drained(drainMs: number): Promise<void> {
    if (this.#leases.size === 0 || drainMs === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, drainMs)
      // A draining plugin must not keep a process alive that has nothing else to do.
      timer.unref()
      this.#idle = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
