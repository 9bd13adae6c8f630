import { dataEvent, half, jsonReply, sseReply } from '../host/reply.ts'
import { piecesOf, type Told, type ToldCall } from '../host/told.ts'
import type { Exchange } from '../host/upstream.ts'
import {
  RETRY_AFTER_S,
  pathOf,
  promptTokens,
  type FailureKind,
  type HostFailure,
  type Json,
  type ScriptedHost,
} from './scripted-host.ts'

const REASONS = { stop: 'STOP', length: 'MAX_TOKENS', toolUse: 'STOP', contentFilter: 'SAFETY' } as const

const SIGNATURE = 'RXhhbXBsZVNpZ25hdHVyZU9mVGhlS2l0'

/** A wrong key is a bad request here. */
const FAILURES: Readonly<Record<FailureKind, readonly [status: number, name: string, message: string]>> = {
  auth: [400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'],
  overflow: [
    400,
    'INVALID_ARGUMENT',
    'The input token count (9001) exceeds the maximum number of tokens allowed (8192).',
  ],
  'rate-limit': [
    429,
    'RESOURCE_EXHAUSTED',
    'You exceeded your current quota, please check your plan and billing details.',
  ],
  server: [500, 'INTERNAL', 'An internal error has occurred.'],
}

export const googleGenerativeAiHost: ScriptedHost = {
  auth: { type: 'header', header: 'x-goog-api-key' },
  modelOf(exchange) {
    const [, model] = /\/models\/([^/:]+):(?:stream)?[gG]enerateContent$/.exec(pathOf(exchange)) ?? []
    return exchange.method === 'POST' && model !== undefined ? decodeURIComponent(model) : undefined
  },
  answer: (told, exchange) =>
    isStream(exchange) ? sseReply(chunks(told, exchange).map(dataEvent)) : jsonReply(200, whole(told, exchange)),
  breakDown(told, exchange, secret) {
    const message = `The model is overloaded. Please try again later (${secret}).`
    const begun = half(sseReply(chunks(told, exchange).map(dataEvent)), 'end')
    const error = dataEvent({ error: { code: 503, message, status: 'UNAVAILABLE' } })
    return { ...begun, chunks: [...begun.chunks, Buffer.from(error)] }
  },
  failure(kind, secret): HostFailure {
    const [status, code, words] = FAILURES[kind]
    const message = `${words} (${secret})`
    const details = [
      ...(kind === 'auth' ? [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }] : []),
      ...(kind === 'rate-limit'
        ? [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${RETRY_AFTER_S}s` }]
        : []),
    ]
    return { code, message, reply: jsonReply(status, { error: { code: status, message, status: code, details } }) }
  },
  models: (ids) =>
    jsonReply(200, {
      models: ids.map((id) => ({ name: `models/${id}`, supportedGenerationMethods: ['generateContent'] })),
    }),
}

const isStream = (exchange: Exchange): boolean => pathOf(exchange).endsWith(':streamGenerateContent')

/** Every chunk of a stream is a whole response that counts what was told so far; the last one says why it ends. */
function chunks(told: Told, exchange: Exchange): readonly Json[] {
  const parts = [...textParts(told), ...(told.calls ?? []).flatMap(callParts)]
  return parts.map((part, index) => {
    const isLast = index === parts.length - 1
    return {
      candidates: [
        {
          index: 0,
          content: { role: 'model', parts: [part] },
          ...(isLast ? { finishReason: REASONS[told.reason] } : {}),
        },
      ],
      ...(isLast ? usageOf(told) : usageSoFar(told, index)),
      ...envelope(exchange),
    }
  })
}

const whole = (told: Told, exchange: Exchange): Json => ({
  candidates: [
    {
      index: 0,
      content: {
        role: 'model',
        parts: [
          ...(told.thinking === undefined ? [] : [{ text: told.thinking.join(''), thought: true }]),
          ...(told.text === undefined ? [] : [{ text: told.text.join('') }]),
          ...(told.calls ?? []).map((call) => ({ functionCall: wholeCall(call), thoughtSignature: SIGNATURE })),
        ],
      },
      finishReason: REASONS[told.reason],
    },
  ],
  ...usageOf(told),
  ...envelope(exchange),
})

const textParts = ({ thinking = [], text = [] }: Told): readonly Json[] => [
  ...thinking.map((piece) => ({ text: piece, thought: true })),
  ...text.map((piece) => ({ text: piece })),
]

function callParts(call: ToldCall): readonly Json[] {
  if (call.told !== 'pieces') return [{ functionCall: wholeCall(call), thoughtSignature: SIGNATURE }]
  const piece = (functionCall: Json): Json => ({ functionCall: { ...functionCall, willContinue: true } })
  return [
    { ...piece({ name: call.name, id: call.id }), thoughtSignature: SIGNATURE },
    ...Object.entries(call.arguments).flatMap(([key, value]) =>
      argumentParts(key, value).map((arg) => piece({ partialArgs: [arg] })),
    ),
    { functionCall: {} },
  ]
}

/** Texts come in pieces of their own. */
function argumentParts(key: string, value: string | number): readonly Json[] {
  const jsonPath = `$.${key}`
  if (typeof value === 'number') return [{ jsonPath, numberValue: value }]
  const pieces = piecesOf(value, 2)
  return pieces.map((stringValue, index) => ({
    jsonPath,
    stringValue,
    ...(index < pieces.length - 1 ? { willContinue: true } : {}),
  }))
}

const wholeCall = ({ id, name, arguments: args, told }: ToldCall): Json => ({
  id,
  name,
  ...(told === 'none' ? {} : { args }),
})

/** Thoughts are counted beside the answer here, and cached tokens within the prompt. */
function usageOf(told: Told): Json {
  if (told.usage === undefined) return {}
  const { output, cacheRead, reasoning = 0 } = told.usage
  const prompt = promptTokens(told)
  return {
    usageMetadata: {
      promptTokenCount: prompt,
      candidatesTokenCount: output - reasoning,
      ...(cacheRead === 0 ? {} : { cachedContentTokenCount: cacheRead }),
      ...(reasoning === 0 ? {} : { thoughtsTokenCount: reasoning }),
      totalTokenCount: prompt + output,
    },
  }
}

const usageSoFar = (told: Told, candidatesTokenCount: number): Json => {
  const promptTokenCount = promptTokens(told)
  const totalTokenCount = promptTokenCount + candidatesTokenCount
  return told.usage === undefined ? {} : { usageMetadata: { promptTokenCount, candidatesTokenCount, totalTokenCount } }
}

const envelope = (exchange: Exchange): Json => ({
  modelVersion: googleGenerativeAiHost.modelOf(exchange),
  responseId: 'kit',
})
