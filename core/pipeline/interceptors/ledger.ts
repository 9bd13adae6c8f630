import type { Clock } from '../../services/clock/clock.ts'
import type { Ledger } from '../../services/ledger/ledger.ts'
import type { Interceptor } from '../compose.ts'

/** Writes down every call that reached a provider, before its last byte goes out. */
export const ledger =
  (book: Ledger, clock: Clock): Interceptor =>
  (call, next) => {
    call.settled((outcome) => {
      const { facts, request } = call
      facts.latencyMs = clock.monotonic() - call.startedAt
      // Without a version of a plugin nobody was asked, so there is nothing to book.
      if (
        facts.target === undefined ||
        facts.generation === undefined ||
        facts.usage === undefined ||
        facts.cost === undefined
      )
        return undefined
      return book.record({
        id: call.id,
        at: clock.now(),
        keyId: request.caller.keyId,
        trackingId: request.caller.trackingId,
        userId: request.caller.userId,
        projectId: request.caller.projectId,
        provider: facts.target.provider,
        model: facts.target.id,
        generation: facts.generation,
        attempt: facts.attempt,
        outcome: outcome.status,
        errorClass: outcome.status === 'failed' ? outcome.error.class : undefined,
        usage: facts.usage,
        cost: facts.cost,
        pricedAt: facts.pricedAt,
        latencyMs: Math.round(facts.latencyMs),
        ttfbMs: facts.ttfbMs === undefined ? undefined : Math.round(facts.ttfbMs),
        streamed: request.stream,
      })
    })
    return next(call)
  }
