import type { DoorError } from '../protocol.ts'
import type { JsonObject } from './json.ts'

const STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'RESOURCE_EXHAUSTED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

const TYPE_URL = 'type.googleapis.com/google.rpc.'

/** Google's error body. What our own words add stands in `details`, in the forms its clients already read. */
export function errorBody(error: DoorError): JsonObject {
  const { status, message, code, param, provider, requestId } = error
  const word = STATUS[status] ?? (status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL')
  return {
    error: {
      code: status,
      message,
      status: word,
      details: [
        {
          '@type': `${TYPE_URL}ErrorInfo`,
          reason: code.toUpperCase(),
          domain: 'plugboard',
          metadata: { type: error.type, ...(provider === null ? {} : { provider }) },
        },
        { '@type': `${TYPE_URL}RequestInfo`, requestId },
        ...(param === null
          ? []
          : [{ '@type': `${TYPE_URL}BadRequest`, fieldViolations: [{ field: param, description: message }] }]),
      ],
    },
  }
}
