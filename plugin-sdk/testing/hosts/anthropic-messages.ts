import { half, jsonReply, sseReply, typedEvent } from '../host/reply.ts'
import { argumentPieces, type Told, type ToldCall } from '../host/told.ts'
import {
  RETRY_AFTER_S,
  jsonOf,
  pathOf,
  textOf,
  type FailureKind,
  type HostFailure,
  type Json,
  type ScriptedHost,
} from './scripted-host.ts'

const REASONS = { stop: 'end_turn', length: 'max_tokens', toolUse: 'tool_use', contentFilter: 'refusal' } as const

const SIGNATURE = 'RXhhbXBsZVNpZ25hdHVyZU9mVGhlS2l0'

const FAILURES: Readonly<Record<FailureKind, readonly [status: number, type: string, message: string]>> = {
  auth: [401, 'authentication_error', 'invalid x-api-key'],
  overflow: [400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'],
  'rate-limit': [429, 'rate_limit_error', 'This request would exceed the rate limit of your organization'],
  server: [500, 'api_error', 'Internal server error'],
}

export const anthropicMessagesHost: ScriptedHost = {
  auth: { type: 'header', header: 'x-api-key' },
  modelOf: (exchange) =>
    exchange.method === 'POST' && pathOf(exchange).endsWith('/messages')
      ? (textOf(jsonOf(exchange)['model']) ?? '')
      : undefined,
  answer(told, exchange) {
    const body = jsonOf(exchange)
    return body['stream'] === true ? sseReply(stream(told, body)) : jsonReply(200, whole(told, body))
  },
  breakDown(told, exchange, secret) {
    const error = typedEvent({ type: 'error', error: { type: 'overloaded_error', message: `Overloaded (${secret})` } })
    const begun = half(sseReply(stream(told, jsonOf(exchange))), 'end')
    return { ...begun, chunks: [...begun.chunks, Buffer.from(error)] }
  },
  failure(kind, secret): HostFailure {
    const [status, code, words] = FAILURES[kind]
    const message = `${words} (${secret})`
    const body = { type: 'error', error: { type: code, message }, request_id: 'req_kit' }
    const headers: Readonly<Record<string, string>> =
      kind === 'rate-limit' ? { 'retry-after': String(RETRY_AFTER_S) } : {}
    return { code, message, reply: jsonReply(status, body, headers) }
  },
  models: (ids) =>
    jsonReply(200, {
      data: ids.map((id) => ({ type: 'model', id, display_name: id, created_at: '2025-01-01T00:00:00Z' })),
      has_more: false,
      first_id: ids[0] ?? null,
      last_id: ids.at(-1) ?? null,
    }),
}

function stream(told: Told, body: Json): readonly string[] {
  const { input = 0, output = 0, cacheRead = 0, cacheWrite = 0, reasoning } = told.usage ?? {}
  const prompt = { input_tokens: input, cache_creation_input_tokens: cacheWrite, cache_read_input_tokens: cacheRead }
  const details = reasoning === undefined ? {} : { output_tokens_details: { thinking_tokens: reasoning } }
  const message = { ...envelope(body), content: [], stop_reason: null, usage: { ...prompt, output_tokens: 1 } }
  return [
    typedEvent({ type: 'message_start', message }),
    typedEvent({ type: 'ping' }),
    ...blocks(told).flatMap(({ start, deltas }, index) => [
      typedEvent({ type: 'content_block_start', index, content_block: start }),
      ...deltas.map((delta) => typedEvent({ type: 'content_block_delta', index, delta })),
      typedEvent({ type: 'content_block_stop', index }),
    ]),
    typedEvent({
      type: 'message_delta',
      delta: { stop_reason: REASONS[told.reason], stop_sequence: null },
      usage: { output_tokens: output, ...details },
    }),
    typedEvent({ type: 'message_stop' }),
  ]
}

function whole(told: Told, body: Json): Json {
  const { input = 0, output = 0, cacheRead = 0, cacheWrite = 0 } = told.usage ?? {}
  const { thinking, text, calls = [] } = told
  return {
    ...envelope(body),
    content: [
      ...(thinking === undefined ? [] : [{ type: 'thinking', thinking: thinking.join(''), signature: SIGNATURE }]),
      ...(text === undefined ? [] : [{ type: 'text', text: text.join('') }]),
      ...calls.map((call) => ({ ...openCall(call), input: call.told === 'none' ? {} : call.arguments })),
    ],
    stop_reason: REASONS[told.reason],
    usage: {
      input_tokens: input,
      output_tokens: output,
      cache_creation_input_tokens: cacheWrite,
      cache_read_input_tokens: cacheRead,
    },
  }
}

interface Block {
  readonly start: Json
  readonly deltas: readonly Json[]
}

const blocks = ({ thinking, text, calls = [] }: Told): readonly Block[] => [
  ...(thinking === undefined
    ? []
    : [
        {
          start: { type: 'thinking', thinking: '', signature: '' },
          deltas: [
            ...thinking.map((piece) => ({ type: 'thinking_delta', thinking: piece })),
            { type: 'signature_delta', signature: SIGNATURE },
          ],
        },
      ]),
  ...(text === undefined
    ? []
    : [{ start: { type: 'text', text: '' }, deltas: text.map((piece) => ({ type: 'text_delta', text: piece })) }]),
  ...calls.map((call) => ({
    start: openCall(call),
    deltas: ['', ...argumentPieces(call)].map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
  })),
]

const openCall = ({ id, name }: ToldCall): Json => ({ type: 'tool_use', id, name, input: {} })

const envelope = (body: Json): Json => ({
  id: 'msg_kit',
  type: 'message',
  role: 'assistant',
  model: body['model'],
  stop_sequence: null,
})
