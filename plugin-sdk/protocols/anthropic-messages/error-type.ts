/** The status each error type stands for: inside a stream, and in the hands of a proxy, the type is all there is. */
const STATUS: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
}

export const statusOf = (type: unknown): number | undefined => (typeof type === 'string' ? STATUS[type] : undefined)

/** The type for a status, `invalid_request_error` for other 4xx and `api_error` for the rest. */
export function typeOf(status: number): string {
  if (status === 503) return 'overloaded_error'
  const exact = Object.keys(STATUS).find((type) => STATUS[type] === status)
  return exact ?? (status >= 400 && status < 500 ? 'invalid_request_error' : 'api_error')
}
