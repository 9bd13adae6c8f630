import { jsonReply } from '../host/reply.ts'
import { RETRY_AFTER_S, type FailureKind, type HostFailure } from './scripted-host.ts'

const STATUS: Readonly<Record<FailureKind, number>> = { auth: 401, overflow: 400, 'rate-limit': 429, server: 500 }

const CODE: Readonly<Record<FailureKind, string>> = {
  auth: 'invalid_api_key',
  overflow: 'context_length_exceeded',
  'rate-limit': 'rate_limit_exceeded',
  server: 'server_error',
}

const messageOf = (kind: FailureKind, secret: string): string =>
  ({
    auth: `Incorrect API key provided: ${secret}. You can find your API key in your account.`,
    overflow: `This model's maximum context length is 8192 tokens, your messages have 9001 (key ${secret}).`,
    'rate-limit': `Rate limit reached for the key ${secret} on requests per min.`,
    server: `The server had an error while processing your request with the key ${secret}.`,
  })[kind]

/** The refusals of OpenAI's API, which both of its protocols share. */
export function openaiFailure(kind: FailureKind, secret: string): HostFailure {
  const code = CODE[kind]
  const message = messageOf(kind, secret)
  const type = kind === 'server' ? 'server_error' : 'invalid_request_error'
  const headers: Readonly<Record<string, string>> =
    kind === 'rate-limit' ? { 'retry-after': String(RETRY_AFTER_S) } : {}
  return { code, message, reply: jsonReply(STATUS[kind], { error: { message, type, param: null, code } }, headers) }
}
