import { Bag, type Slot } from '../kernel/bag.ts'
import type { Clock } from '../services/clock/clock.ts'
import { callId } from './call-id.ts'
import { LiveCall, type CallRequest } from './call.ts'
import type { Next, Reply } from './compose.ts'
import { run } from './pump.ts'

export interface RunningCall {
  readonly call: LiveCall
  /** Rejects when the call fails before its first batch. Whoever gets the reply must read it to the end or `return()` it. */
  readonly reply: Promise<Reply>
}

/** Where every surface starts a call: the one way to a provider. */
export class Engine {
  readonly #chain: Next
  readonly #clock: Clock
  readonly #running = new Bag<LiveCall>()
  #whenIdle: (() => void)[] = []

  constructor(chain: Next, clock: Clock) {
    this.#chain = chain
    this.#clock = clock
  }

  /** Calls that are not settled yet. */
  get running(): number {
    return this.#running.size
  }

  /** `signal` stops the call, also before it has begun. */
  begin(request: CallRequest, signal?: AbortSignal): RunningCall {
    const call = new LiveCall(callId(this.#clock.now()), request, this.#clock.monotonic())
    const running = this.#running.add(call)
    // Registered first, so it runs last: a call counts as running until everything about it is booked.
    call.settled(() => this.#over(running))
    if (signal !== undefined) follow(signal, call)
    return { call, reply: run(call, this.#chain) }
  }

  /** Resolves when no call is running. */
  idle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve)
    })
  }

  stopAll(reason: unknown): void {
    for (const call of this.#running.items) call.stop(reason)
  }

  #over(call: Slot<LiveCall>): void {
    this.#running.remove(call)
    if (this.#running.size > 0) return
    for (const tell of this.#whenIdle.splice(0)) tell()
  }
}

/** Without holding on to the signal after the call is over. */
function follow(signal: AbortSignal, call: LiveCall): void {
  if (signal.aborted) return call.stop(signal.reason)
  const stop = (): void => call.stop(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  call.settled(() => signal.removeEventListener('abort', stop))
}
