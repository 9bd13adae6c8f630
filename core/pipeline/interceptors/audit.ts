import type { AuditLog } from '../../services/audit/audit.ts'
import type { Interceptor } from '../compose.ts'

/** Notes calls that were refused before any provider was asked; the others stand in the ledger. */
export const audit =
  (log: AuditLog): Interceptor =>
  (call, next) => {
    const { model, caller } = call.request
    call.settled((outcome) => {
      if (outcome.status !== 'failed' || call.facts.generation !== undefined) return undefined
      return log.record({
        action: 'call_refused',
        subject: call.id,
        actor: caller.keyId ?? 'system',
        details: {
          model: typeof model === 'string' ? model.slice(0, 200) : `${model.provider}:${model.id}`,
          class: outcome.error.class,
        },
      })
    })
    return next(call)
  }
