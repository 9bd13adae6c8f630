import type { DoorError } from '../protocol.ts'
import type { JsonObject } from './json.ts'

export const errorObject = (error: DoorError): JsonObject => ({
  message: error.message,
  type: error.type,
  param: error.param,
  code: error.code,
  provider: error.provider,
  request_id: error.requestId,
})

/** The official schema knows few words for why a response failed; the `error` event tells the rest. */
export const failedResponseError = ({ type, message }: DoorError): JsonObject => ({
  code:
    type === 'rate_limit_error'
      ? 'rate_limit_exceeded'
      : type === 'invalid_request_error'
        ? 'invalid_prompt'
        : 'server_error',
  message,
})
