import type { DoorError } from '../protocol.ts'
import { typeOf } from './error-type.ts'

/** The error object of this protocol; `code`, `param` and `provider` are ours. */
export function errorBody({ status, type, message, code, param, provider, requestId }: DoorError): string {
  // For these two only the status tells a client whether it should wait, pay or give up.
  const byStatus = type === 'server_error' || type === 'provider_error' || status === 413
  return JSON.stringify({
    type: 'error',
    error: { type: byStatus ? typeOf(status) : type, message, code, param, provider },
    request_id: requestId,
  })
}
