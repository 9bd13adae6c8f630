import type { Context } from '../messages.ts'
import type { GenerationOptions } from '../options.ts'
import type { Expected } from './expected.ts'
import { jsonReply, type Reply } from './host/reply.ts'
import type { Exchange } from './host/upstream.ts'
import { isObject, type Loose } from './checks/verdict.ts'

/** A recorded exchange with a host, what was asked for it, and what must come of it. */
export interface Cassette {
  /** Default: a streamed answer to "Hello" by the default model. */
  readonly ask?: CassetteAsk
  /** What the provider must send. Default: anything. */
  readonly request?: CassetteRequest
  /** Left out: the provider answers without a host. */
  readonly response?: CassetteResponse
  /** In the place of `request` and `response`: several exchanges of one call, for example a sign-in before it. */
  readonly exchanges?: readonly { readonly request?: CassetteRequest; readonly response: CassetteResponse }[]
  readonly expect: CassetteExpect
}

export interface CassetteAsk {
  readonly model?: string
  /** The user's message, in the place of a whole `context`. */
  readonly text?: string
  readonly context?: Context
  readonly options?: GenerationOptions
  /** Default true. */
  readonly stream?: boolean
  /** Asks for the list of models instead of an answer. */
  readonly listModels?: boolean
}

export interface CassetteRequest {
  readonly method?: string
  /** Without the query, unless it has one here. */
  readonly path?: string
  /** Fields the JSON body must have; others do not matter. */
  readonly body?: unknown
}

export interface CassetteResponse {
  /** Default 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** The body in one piece: a text as it is, everything else as JSON. */
  readonly body?: unknown
  /** The body in the pieces in which it came. `{{secret}}` stands for the key of the test, here and in `body`. */
  readonly chunks?: readonly (string | { readonly base64: string })[]
}

export interface CassetteExpect extends Expected {
  /** Ids, where `ask.listModels` is set. */
  readonly models?: readonly string[]
}

export interface CassetteExchange {
  readonly request: CassetteRequest
  readonly response: CassetteResponse
}

type Kind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'any'

const SHAPES: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  '': { $schema: 'string', ask: 'object', request: 'object', response: 'object', exchanges: 'array', expect: 'object' },
  ask: {
    model: 'string',
    text: 'string',
    context: 'object',
    options: 'object',
    stream: 'boolean',
    listModels: 'boolean',
  },
  request: { method: 'string', path: 'string', body: 'any' },
  response: { status: 'number', headers: 'object', body: 'any', chunks: 'array' },
  expect: {
    text: 'string',
    thinking: 'string',
    toolCalls: 'array',
    usage: 'object',
    stopReason: 'string',
    errorClass: 'any',
    retryAfterMs: 'number',
    models: 'array',
  },
}

/** What keeps a value from being a cassette, as one sentence; undefined when it is one. */
export function cassetteProblem(value: unknown): string | undefined {
  if (!isObject(value)) return 'is not a JSON object'
  if (!isObject(value['expect'])) return 'has no "expect"'
  if (value['exchanges'] !== undefined && (value['request'] ?? value['response']) !== undefined)
    return 'has "exchanges" beside "request" or "response"'
  const parts: [string, unknown][] = [
    ['', value],
    ...['ask', 'request', 'response', 'expect'].map((name): [string, unknown] => [name, value[name]]),
  ]
  for (const exchange of Array.isArray(value['exchanges']) ? (value['exchanges'] as unknown[]) : []) {
    if (!isObject(exchange) || !isObject(exchange['response'])) return 'has an exchange without a response'
    parts.push(['request', exchange['request']], ['response', exchange['response']])
  }
  for (const [name, part] of parts) {
    const problem = part === undefined ? undefined : misfit(part, SHAPES[name] ?? {})
    if (problem !== undefined) return `has ${name === '' ? '' : `in "${name}" `}${problem}`
  }
  return undefined
}

function misfit(part: unknown, shape: Readonly<Record<string, Kind>>): string | undefined {
  if (!isObject(part)) return 'something that is not an object'
  for (const [name, value] of Object.entries(part)) {
    const kind = shape[name]
    if (kind === undefined) return `the unknown field "${name}"`
    if (kind !== 'any' && kindOf(value) !== kind) return `a "${name}" that is not of type ${kind}`
  }
  return undefined
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value)

export function exchangesOf({ request = {}, response, exchanges }: Cassette): readonly CassetteExchange[] {
  if (exchanges !== undefined) return exchanges.map((each) => ({ request: {}, ...each }))
  return response === undefined ? [] : [{ request, response }]
}

export function isMeant({ method, path, body }: CassetteRequest, exchange: Exchange): boolean {
  if (method !== undefined && method.toUpperCase() !== exchange.method) return false
  const sent = path?.includes('?') === true ? exchange.path : exchange.path.split('?', 1)[0]
  return (path === undefined || path === sent) && (body === undefined || isPart(body, parsed(exchange.body)))
}

/** Whether every field of `part` is in `whole`; lists must be alike in length. */
function isPart(part: unknown, whole: unknown): boolean {
  if (Array.isArray(part))
    return (
      Array.isArray(whole) && part.length === whole.length && part.every((each, index) => isPart(each, whole[index]))
    )
  if (!isObject(part)) return part === whole
  return isObject(whole) && Object.entries(part).every(([name, value]) => isPart(value, (whole as Loose)[name]))
}

export function replyOf({ status = 200, headers = {}, body, chunks }: CassetteResponse, secret: string): Reply {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const filled = (text: string): Buffer => Buffer.from(text.replaceAll('{{secret}}', secret))
  if (chunks !== undefined)
    return {
      status,
      headers: { 'content-type': 'text/event-stream', ...lower },
      chunks: chunks.map((chunk) => (typeof chunk === 'string' ? filled(chunk) : Buffer.from(chunk.base64, 'base64'))),
      end: 'end',
    }
  if (typeof body === 'string')
    return { status, headers: { 'content-type': 'text/plain', ...lower }, chunks: [filled(body)], end: 'end' }
  const reply = jsonReply(status, body ?? {}, lower)
  return { ...reply, chunks: reply.chunks.map((chunk) => filled(Buffer.from(chunk).toString())) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
