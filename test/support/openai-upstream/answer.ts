import { contentDeltas, textPieces, wireToolCalls, type Delta } from './deltas.ts'
import { errorForStatus } from './errors.ts'
import type { ErrorObject, Moment, Plan } from './plan.ts'

/** A piece of a body, and the point of the answer that is reached once it has been sent. */
export interface Part {
  readonly bytes: Uint8Array
  readonly reaches: Moment | 'middle' | 'tail' | 'end'
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly parts: readonly Part[]
}

/** What an answer takes from its request. */
export interface Asked {
  readonly id: string
  readonly model: string
  readonly stream: boolean
  readonly includeUsage: boolean
  /** Characters of the request, for the default usage. */
  readonly characters: number
}

const JSON_TYPE = { 'content-type': 'application/json' }
const STREAM_TYPE = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }

const DATED_NAMES: Readonly<Record<string, string>> = {
  'gpt-4o': 'gpt-4o-2024-08-06',
  'gpt-4o-mini': 'gpt-4o-mini-2024-07-18',
}

export function answerTo(asked: Asked, plan: Plan): Answer {
  const { status = 200, body } = plan
  if (body !== undefined) return bodyAnswer(status, body)
  if (status !== 200) return errorAnswer(status, errorForStatus(status))
  return asked.stream
    ? { status, headers: STREAM_TYPE, parts: streamParts(asked, plan) }
    : { status, headers: JSON_TYPE, parts: halves(pretty(completion(asked, plan))) }
}

export const jsonAnswer = (status: number, value: unknown): Answer => ({
  status,
  headers: JSON_TYPE,
  parts: halves(pretty(value)),
})

export const errorAnswer = (status: number, error: ErrorObject): Answer => jsonAnswer(status, { error })

export const dataEvent = (value: unknown): Buffer => Buffer.from(`data: ${JSON.stringify(value)}\n\n`)

function bodyAnswer(status: number, body: NonNullable<Plan['body']>): Answer {
  return typeof body === 'string' || body instanceof Uint8Array
    ? { status, headers: { 'content-type': 'text/plain' }, parts: halves(Buffer.from(body)) }
    : jsonAnswer(status, body)
}

function streamParts(asked: Asked, plan: Plan): readonly Part[] {
  const event = (choices: readonly object[], usage: object | null = null): Buffer =>
    dataEvent({
      ...envelope(asked, plan, 'chat.completion.chunk'),
      choices,
      ...(asked.includeUsage ? { usage } : {}),
    })
  const choice = (delta: Delta, finish_reason: string | null = null): Buffer =>
    event([{ index: 0, delta, logprobs: null, finish_reason }])

  const told = asked.includeUsage ? usage(asked, plan) : undefined
  return [
    {
      bytes: choice({ role: 'assistant', content: plan.toolCalls === undefined ? '' : null, refusal: null }),
      reaches: 0,
    },
    ...contentDeltas(plan).map((delta, index) => ({ bytes: choice(delta), reaches: index + 1 })),
    { bytes: choice({}, finishReason(plan)), reaches: 'tail' },
    ...(told === undefined ? [] : [{ bytes: event([], told), reaches: 'tail' as const }]),
    { bytes: Buffer.from('data: [DONE]\n\n'), reaches: 'end' },
  ]
}

function completion(asked: Asked, plan: Plan): object {
  const calls = wireToolCalls(plan)
  const content = textPieces(plan).join('')
  const told = usage(asked, plan)
  return {
    ...envelope(asked, plan, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: content === '' && calls.length > 0 ? null : content,
          ...(calls.length > 0 ? { tool_calls: calls } : {}),
          refusal: null,
          annotations: [],
        },
        logprobs: null,
        finish_reason: finishReason(plan),
      },
    ],
    ...(told === undefined ? {} : { usage: told }),
  }
}

const envelope = (asked: Asked, plan: Plan, object: string): object => ({
  id: `chatcmpl-${asked.id}`,
  object,
  created: Math.floor(Date.now() / 1000),
  model: plan.responseModel ?? DATED_NAMES[asked.model] ?? asked.model,
  service_tier: 'default',
  system_fingerprint: 'fp_upstream',
})

const finishReason = (plan: Plan): string =>
  plan.finishReason ?? ((plan.toolCalls?.length ?? 0) > 0 ? 'tool_calls' : 'stop')

const CHARACTERS_PER_TOKEN = 4

function usage(asked: Asked, plan: Plan): object | undefined {
  if (plan.usage === 'none') return undefined
  const {
    prompt,
    completion: output,
    cached = 0,
    reasoning = 0,
  } = plan.usage ?? {
    prompt: Math.ceil(asked.characters / CHARACTERS_PER_TOKEN),
    completion: contentDeltas(plan).length,
  }
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

function halves(body: Buffer): readonly Part[] {
  const middle = Math.floor(body.length / 2)
  return [
    { bytes: body.subarray(0, middle), reaches: 'middle' },
    { bytes: body.subarray(middle), reaches: 'end' },
  ]
}

/** OpenAI writes its JSON answers with line breaks; a reader that counts on compact JSON must fail here too. */
const pretty = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`)
