import { half, jsonReply, sseReply, typedEvent } from '../host/reply.ts'
import { argumentPieces, argumentText, type Told, type ToldCall } from '../host/told.ts'
import { openaiFailure } from './openai-failures.ts'
import { jsonOf, pathOf, promptTokens, textOf, type Json, type ScriptedHost } from './scripted-host.ts'

export const openaiResponsesHost: ScriptedHost = {
  auth: { type: 'bearer' },
  modelOf: (exchange) =>
    exchange.method === 'POST' && pathOf(exchange).endsWith('/responses')
      ? (textOf(jsonOf(exchange)['model']) ?? '')
      : undefined,
  answer(told, exchange) {
    const body = jsonOf(exchange)
    return body['stream'] === true ? sseReply(numbered(stream(told, body))) : jsonReply(200, finished(told, body))
  },
  breakDown(told, exchange, secret) {
    const message = `The server had an error while processing your request with the key ${secret}.`
    const begun = half(sseReply(numbered(stream(told, jsonOf(exchange)))), 'end')
    const error = typedEvent({ type: 'error', code: 'server_error', message, param: null, sequence_number: 99 })
    return { ...begun, chunks: [...begun.chunks, Buffer.from(error)] }
  },
  failure: openaiFailure,
  models: (ids) => jsonReply(200, { object: 'list', data: ids.map((id) => ({ id, object: 'model', created: 1 })) }),
}

const numbered = (events: readonly Json[]): readonly string[] =>
  events.map((event, index) => typedEvent({ ...event, sequence_number: index }))

function stream(told: Told, body: Json): readonly Json[] {
  const begun = { ...envelope(body), status: 'in_progress', output: [], usage: null }
  const end = finished(told, body)
  return [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...outputs(told).flatMap(({ item, open, deltas }, output_index) => [
      { type: 'response.output_item.added', output_index, item: open },
      ...deltas.map((delta) => ({ ...delta, output_index, item_id: item['id'] })),
      { type: 'response.output_item.done', output_index, item },
    ]),
    { type: end['status'] === 'incomplete' ? 'response.incomplete' : 'response.completed', response: end },
  ]
}

/** One item of the output: when it begins, while it grows, and when it is complete. */
interface Output {
  readonly open: Json
  readonly deltas: readonly Json[]
  readonly item: Json
}

function outputs({ thinking, text, calls = [] }: Told): readonly Output[] {
  return [
    ...(thinking === undefined ? [] : [thoughtOutput(thinking)]),
    ...(text === undefined ? [] : [textOutput(text)]),
    ...calls.map(callOutput),
  ]
}

function thoughtOutput(pieces: readonly string[]): Output {
  const empty = { id: 'rs_kit', type: 'reasoning', summary: [] }
  const part = { type: 'summary_text', text: pieces.join('') }
  return {
    open: empty,
    deltas: [
      { type: 'response.reasoning_summary_part.added', summary_index: 0, part: { type: 'summary_text', text: '' } },
      ...pieces.map((delta) => ({ type: 'response.reasoning_summary_text.delta', summary_index: 0, delta })),
      { type: 'response.reasoning_summary_text.done', summary_index: 0, text: part.text },
      { type: 'response.reasoning_summary_part.done', summary_index: 0, part },
    ],
    item: { ...empty, summary: [part], encrypted_content: 'Z0FBQUFBRXhhbXBsZU9mVGhlS2l0' },
  }
}

function textOutput(pieces: readonly string[]): Output {
  const message = { id: 'msg_kit', type: 'message', role: 'assistant', status: 'in_progress', content: [] }
  const part = (text: string): Json => ({ type: 'output_text', text, annotations: [], logprobs: [] })
  const text = pieces.join('')
  return {
    open: message,
    deltas: [
      { type: 'response.content_part.added', content_index: 0, part: part('') },
      ...pieces.map((delta) => ({ type: 'response.output_text.delta', content_index: 0, delta, logprobs: [] })),
      { type: 'response.output_text.done', content_index: 0, text, logprobs: [] },
      { type: 'response.content_part.done', content_index: 0, part: part(text) },
    ],
    item: { ...message, status: 'completed', content: [part(text)] },
  }
}

function callOutput(call: ToldCall): Output {
  const { id, name } = call
  const args = argumentText(call)
  const item = (status: string, text: string): Json => ({
    id: `fc_${id}`,
    type: 'function_call',
    status,
    call_id: id,
    name,
    arguments: text,
  })
  // A host that tells a call in one piece has no deltas for it.
  const pieces = call.told === 'whole' ? [] : argumentPieces(call)
  return {
    open: item('in_progress', ''),
    deltas: [
      ...pieces.map((delta) => ({ type: 'response.function_call_arguments.delta', delta })),
      { type: 'response.function_call_arguments.done', arguments: args },
    ],
    item: item('completed', args),
  }
}

function finished(told: Told, body: Json): Json {
  const reason = { length: 'max_output_tokens', contentFilter: 'content_filter', stop: null, toolUse: null }[
    told.reason
  ]
  return {
    ...envelope(body),
    status: reason === null ? 'completed' : 'incomplete',
    incomplete_details: reason === null ? null : { reason },
    output: outputs(told).map(({ item }) => item),
    usage: usageOf(told),
  }
}

function usageOf(told: Told): Json | null {
  if (told.usage === undefined) return null
  const { output, cacheRead, reasoning = 0 } = told.usage
  return {
    input_tokens: promptTokens(told),
    input_tokens_details: { cached_tokens: cacheRead },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: promptTokens(told) + output,
  }
}

const envelope = (body: Json): Json => ({
  id: 'resp_kit',
  object: 'response',
  created_at: 1_760_000_000,
  model: body['model'],
  error: null,
  incomplete_details: null,
})
