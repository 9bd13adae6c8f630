import type { ErrorObject } from './plan.ts'

/** An error the API itself raises, before any plan is asked for. */
export interface Refusal {
  readonly status: number
  readonly error: ErrorObject
}

export function invalidRequest(message: string, param: string | null = null, code: string | null = null): Refusal {
  return { status: 400, error: { message, type: 'invalid_request_error', param, code } }
}

export const wrongKey: Refusal = {
  status: 401,
  error: {
    message: 'Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.',
    type: 'invalid_request_error',
    param: null,
    code: 'invalid_api_key',
  },
}

export const unknownModel = (model: string): Refusal => ({
  status: 404,
  error: {
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
    type: 'invalid_request_error',
    param: null,
    code: 'model_not_found',
  },
})

export const unknownUrl = (method: string, path: string): Refusal => ({
  status: 404,
  error: { message: `Invalid URL (${method} ${path})`, type: 'invalid_request_error', param: null, code: null },
})

const BY_STATUS: Readonly<Record<number, ErrorObject>> = {
  400: { message: 'Invalid request.', type: 'invalid_request_error', param: null, code: null },
  401: wrongKey.error,
  403: {
    message: 'You are not allowed to sample from this model.',
    type: 'invalid_request_error',
    param: null,
    code: null,
  },
  429: {
    message: 'Rate limit reached for this model on requests per min (RPM): Limit 500, Used 500, Requested 1.',
    type: 'requests',
    param: null,
    code: 'rate_limit_exceeded',
  },
  503: {
    message: 'That model is currently overloaded with other requests. You can retry your request.',
    type: 'server_error',
    param: null,
    code: null,
  },
}

const SERVER_ERROR: ErrorObject = {
  message: 'The server had an error while processing your request. Sorry about that!',
  type: 'server_error',
  param: null,
  code: null,
}

/** What OpenAI says with that status when nothing more special is wrong. */
export const errorForStatus = (status: number): ErrorObject => BY_STATUS[status] ?? SERVER_ERROR
