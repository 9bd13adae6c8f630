import type { ProviderDeclaration } from '../../provider.ts'
import { dataEvent, half, jsonReply, sseReply } from '../host/reply.ts'
import { argumentPieces, argumentText, type Told, type ToldCall } from '../host/told.ts'
import type { Exchange } from '../host/upstream.ts'
import { openaiFailure } from './openai-failures.ts'
import { jsonOf, pathOf, promptTokens, textOf, type Json, type ScriptedHost } from './scripted-host.ts'

const REASONS = { stop: 'stop', length: 'length', toolUse: 'tool_calls', contentFilter: 'content_filter' } as const

/** A host of Chat Completions, with the differences that its manifest names under `compat`. */
export function openaiChatHost({ compat = {} }: ProviderDeclaration): ScriptedHost {
  const finishes = compat['supportsFinishReason'] !== false
  const asksForUsage = compat['supportsUsageInStreaming'] !== false
  const hidesReasoning = compat['usageTotalIsTruth'] === true

  function usageOf(told: Told): Json | undefined {
    if (told.usage === undefined) return undefined
    const { output, cacheRead, cacheWrite, reasoning = 0 } = told.usage
    const prompt = promptTokens(told)
    const isBeside = compat['outputExcludesReasoning'] === true || hidesReasoning
    const completion = isBeside ? output - reasoning : output
    return {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: hidesReasoning ? prompt + output : prompt + completion,
      prompt_tokens_details: {
        cached_tokens: cacheRead,
        ...(cacheWrite === 0 ? {} : { cache_write_tokens: cacheWrite }),
      },
      ...(hidesReasoning ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } }),
    }
  }

  function stream(told: Told, body: Json): readonly string[] {
    const chunk = (choices: readonly object[], more: object = {}): string =>
      dataEvent({ ...envelope(body, 'chat.completion.chunk'), choices, ...more })
    const delta = (content: object, finish_reason: string | null = null): string =>
      chunk([{ index: 0, delta: content, logprobs: null, finish_reason }])
    const options = body['stream_options'] as { include_usage?: boolean } | undefined
    const usage = !asksForUsage || options?.include_usage === true ? usageOf(told) : undefined
    return [
      delta({ role: 'assistant', content: '' }),
      ...(told.thinking ?? []).map((piece) => delta({ reasoning_content: piece })),
      ...(told.text ?? []).map((content) => delta({ content })),
      ...(told.calls ?? []).flatMap((call, index) => callDeltas(call, index).map((piece) => delta(piece))),
      ...(finishes ? [delta({}, REASONS[told.reason])] : []),
      ...(usage === undefined ? [] : [chunk([], { usage })]),
      'data: [DONE]\n\n',
    ]
  }

  function whole(told: Told, body: Json): Json {
    const calls = (told.calls ?? []).map(wireCall)
    const message = {
      role: 'assistant',
      content: told.text?.join('') ?? null,
      ...(told.thinking === undefined ? {} : { reasoning_content: told.thinking.join('') }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      refusal: null,
    }
    const finish_reason = finishes ? REASONS[told.reason] : null
    return {
      ...envelope(body, 'chat.completion'),
      choices: [{ index: 0, message, logprobs: null, finish_reason }],
      usage: usageOf(told),
    }
  }

  return {
    auth: { type: 'bearer' },
    modelOf: (exchange) => (isChat(exchange) ? (textOf(jsonOf(exchange)['model']) ?? '') : undefined),
    answer(told, exchange) {
      const body = jsonOf(exchange)
      return body['stream'] === true ? sseReply(stream(told, body)) : jsonReply(200, whole(told, body))
    },
    breakDown(told, exchange, secret) {
      const message = `The server had an error while processing your request with the key ${secret}.`
      const error = dataEvent({ error: { message, type: 'server_error', param: null, code: null } })
      const begun = half(sseReply(stream(told, jsonOf(exchange))), 'end')
      return { ...begun, chunks: [...begun.chunks, Buffer.from(error)] }
    },
    failure: openaiFailure,
    models: (ids) => jsonReply(200, { object: 'list', data: ids.map((id) => ({ id, object: 'model', created: 1 })) }),
    hidesReasoning,
    cannot: ({ reason }) =>
      finishes || reason === 'stop' || reason === 'toolUse' ? undefined : 'the host gives no finish_reason',
  }
}

const isChat = (exchange: Exchange): boolean =>
  exchange.method === 'POST' && pathOf(exchange).endsWith('/chat/completions')

const envelope = (body: Json, object: string): Json => ({
  id: 'chatcmpl-kit',
  object,
  created: 1_760_000_000,
  model: body['model'],
  system_fingerprint: 'fp_kit',
})

const wireCall = (call: ToldCall): Json => ({
  id: call.id,
  type: 'function',
  function: { name: call.name, arguments: argumentText(call) },
})

/** A first delta with the name and then the arguments; a whole call comes in one. */
function callDeltas(call: ToldCall, index: number): readonly object[] {
  const { id, name } = call
  if (call.told === 'whole') return [{ tool_calls: [{ index, ...wireCall(call) }] }]
  const first = { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }
  const piece = (text: string): object => ({ tool_calls: [{ index, function: { arguments: text } }] })
  return [first, ...argumentPieces(call).map(piece)]
}
