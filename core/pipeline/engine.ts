import { token } from '../kernel/scope.ts'
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
  readonly #running = new Set<LiveCall>()
  #idle: (() => void) | undefined

  constructor(chain: Next, clock: Clock) {
    this.#chain = chain
    this.#clock = clock
  }

  /** Calls that are not settled yet. */
  get running(): number {
    return this.#running.size
  }

  begin(request: CallRequest): RunningCall {
    const call = new LiveCall(callId(this.#clock.now()), request, this.#clock.monotonic())
    this.#running.add(call)
    // Registered first, so it runs last: a call counts as running until everything about it is booked.
    call.settled(() => this.#over(call))
    return { call, reply: run(call, this.#chain) }
  }

  /** Resolves when no call is running. */
  idle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#idle = resolve
    })
  }

  stopAll(reason: unknown): void {
    for (const call of this.#running) call.stop(reason)
  }

  #over(call: LiveCall): void {
    this.#running.delete(call)
    if (this.#running.size === 0) this.#idle?.()
  }
}

export const EngineToken = token<Engine>('engine')
