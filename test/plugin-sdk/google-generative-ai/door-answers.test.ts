import { describe, expect, test } from 'vitest'
import type { Batch, FinishEvent, ProviderEvent, WireFrames } from '../../../plugin-sdk/events.ts'
import type { AssistantMessage, Usage } from '../../../plugin-sdk/messages.ts'
import { googleGenerativeAi } from '../../../plugin-sdk/protocols/google-generative-ai/index.ts'
import type { DoorError, StreamWriter } from '../../../plugin-sdk/protocols/protocol.ts'
import { hasProtos, violations } from './protos.ts'
import { chunk, collect, decode, last, sendSse, startUpstream, type Json } from './support.ts'

const { door } = googleGenerativeAi
const head = { id: 'answer-1', created: 1_700_000_000, model: 'fast' }
const asked = door.parseRequest({ model: 'fast', stream: true, contents: [{ parts: [{ text: 'hi' }] }] })
const usage: Usage = { input: 10, output: 9, cacheRead: 4, cacheWrite: 1, reasoning: 2, totalTokens: 24 }

const batch = (events: ProviderEvent[], wire?: WireFrames): Batch =>
  wire === undefined ? events : Object.assign(events, { wire })

/** The payloads of what was written; fails when it is anything but whole events. */
function payloads(text: string): Json[] {
  expect(text).toMatch(/^(data: [^\r\n]*\r\n\r\n)*$/)
  return text
    .split('\r\n\r\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line.slice('data: '.length)) as Json)
}

const spoken: ProviderEvent[] = [
  { type: 'start', responseId: 'upstream-1' },
  { type: 'thinking_start', contentIndex: 0 },
  { type: 'thinking_delta', contentIndex: 0, delta: 'h' },
  { type: 'thinking_delta', contentIndex: 0, delta: 'm' },
  { type: 'thinking_end', contentIndex: 0, content: 'hm', thinkingSignature: 'AAAA' },
  { type: 'text_start', contentIndex: 1 },
  { type: 'text_delta', contentIndex: 1, delta: 'a' },
  { type: 'text_end', contentIndex: 1, content: 'a' },
  { type: 'toolcall_start', contentIndex: 2, id: 'c1', name: 'f' },
  { type: 'toolcall_delta', contentIndex: 2, delta: '{"x":' },
  { type: 'toolcall_delta', contentIndex: 2, delta: '1}' },
  { type: 'toolcall_end', contentIndex: 2, toolCall: { type: 'toolCall', id: 'c1', name: 'f', arguments: { x: 1 } } },
]
const finish: FinishEvent = { type: 'finish', reason: 'toolUse', usage }
const extras = { provider: 'openai', cost: { total_cost: 0.1 } }
const usageMetadata = {
  promptTokenCount: 15,
  candidatesTokenCount: 7,
  cachedContentTokenCount: 4,
  thoughtsTokenCount: 2,
  totalTokenCount: 24,
}

describe('a streamed answer for a Google client', () => {
  test('is written in chunks, calls whole, and ends with finishReason, usage and the gateway’s fields', () => {
    const writer = door.openStream(head, asked)
    const written = writer.write(batch([...spoken, finish])) + writer.finish(finish, undefined, extras)
    const identity = { modelVersion: 'fast', responseId: 'answer-1' }
    expect(payloads(written)).toEqual([
      {
        candidates: [
          {
            content: {
              role: 'model',
              parts: [
                { text: 'hm', thought: true },
                { text: '', thought: true, thoughtSignature: 'AAAA' },
                { text: 'a' },
                { functionCall: { id: 'c1', name: 'f', args: { x: 1 } } },
              ],
            },
            index: 0,
          },
        ],
        ...identity,
      },
      {
        candidates: [{ content: { role: 'model', parts: [{ text: '' }] }, finishReason: 'STOP', index: 0 }],
        usageMetadata,
        ...identity,
        ...extras,
      },
    ])
  })

  test('of a provider of this protocol passes on as it came, the gateway’s fields beside it', async () => {
    const chunks = [
      chunk([{ text: 'a' }], { createTime: 'now' }),
      chunk([{ executableCode: { language: 'PYTHON', code: '1' } }]),
      chunk([{ functionCall: { name: 'f', args: {} }, thoughtSignature: 'AAAA' }]),
      last([{ text: 'b' }], 'STOP', {
        usageMetadata: { promptTokenCount: 1, totalTokenCount: 1, serviceTier: 'standard' },
      }),
    ]
    const { batches } = await decode(chunks)
    expect(payloads(relay(door.openStream(head, asked), batches))).toEqual([
      ...chunks.slice(0, 3),
      { ...chunks[3], ...extras },
    ])
  })

  test('of such a provider is written anew where somebody changed a batch, and loses nothing', async () => {
    const { batches } = await decode([chunk([{ text: 'a' }]), last([{ text: 'b', thoughtSignature: 'AAAA' }])])
    const changed = batches.map((one) => batch([...one]))
    const parts = payloads(relay(door.openStream(head, asked), changed)).flatMap(
      (payload) => (payload as { candidates: [{ content: { parts: Json[] } }] }).candidates[0].content.parts,
    )
    expect(parts.map((part) => part['text']).join('')).toBe('ab')
    expect(parts).toContainEqual({ text: '', thoughtSignature: 'AAAA' })
  })

  test('puts a payload of several lines on one', async () => {
    const lines = JSON.stringify(last([{ text: 'a\nb' }]), null, 1).split('\n')
    await using upstream = await startUpstream((response) =>
      sendSse(
        response,
        `${[...lines, '', ...lines].map((line) => (line === '' ? '' : `data: ${line}`)).join('\n')}\n\n`,
      ),
    )
    const { batches } = await collect(upstream.provider())
    expect(payloads(relay(door.openStream(head, asked), batches))).toHaveLength(2)
  })

  test('wraps signatures of other protocols so that they find their way back', () => {
    const writer = door.openStream(head, asked)
    const text = writer.write(batch([...spoken], { protocol: 'anthropic-messages', frames: [] }))
    const [payload] = payloads(text) as [{ candidates: [{ content: Json }] }]
    const { messages } = door.parseRequest({
      model: 'm',
      contents: [
        payload.candidates[0].content,
        { parts: [{ functionResponse: { id: 'c1', name: 'f', response: {} } }] },
      ],
    }).context
    expect(messages[0]).toMatchObject({
      api: 'anthropic-messages',
      content: [
        { type: 'thinking' },
        { type: 'thinking', thinkingSignature: 'AAAA' },
        { type: 'text' },
        { type: 'toolCall' },
      ],
    })
  })

  test('that fails ends with an error and no finishReason', () => {
    const writer = door.openStream(head, asked)
    const written = writer.write(batch(spoken.slice(0, 7))) + writer.fail(failed)
    expect(written).not.toContain('finishReason')
    expect(payloads(written).at(-1)).toMatchObject({ error: { code: 503, status: 'UNAVAILABLE', message: 'gone' } })
  })

  test('thoughts and text of one batch stay apart', () => {
    const text = door.openStream(head, asked).write(
      batch([
        { type: 'thinking_delta', contentIndex: 0, delta: 'hm' },
        { type: 'text_delta', contentIndex: 1, delta: 'a' },
        { type: 'text_delta', contentIndex: 1, delta: 'b' },
      ]),
    )
    expect(payloads(text)).toMatchObject([
      { candidates: [{ content: { parts: [{ text: 'hm', thought: true }, { text: 'ab' }] } }] },
    ])
  })

  test('nothing is written for a batch without content', () => {
    expect(door.openStream(head, asked).write(batch([{ type: 'start' }]))).toBe('')
  })
})

function relay(writer: StreamWriter, batches: readonly Batch[]): string {
  let text = ''
  for (const one of batches) {
    text += writer.write(one)
    const end = one.at(-1)
    if (end?.type === 'finish') text += writer.finish(end, one.wire, extras)
  }
  return text
}

const message: AssistantMessage = {
  role: 'assistant',
  api: 'openai-chat',
  content: [
    { type: 'thinking', thinking: 'hm' },
    { type: 'text', text: 'a' },
    { type: 'toolCall', id: 'c1', name: 'f', arguments: { x: 1 } },
  ],
  stopReason: 'toolUse',
  responseId: 'upstream-1',
  usage,
}

describe('an answer in one piece', () => {
  test('holds parts, usage, finishReason and the gateway’s fields', () => {
    expect(JSON.parse(door.writeAnswer({ ...head, message }, extras))).toEqual({
      candidates: [
        {
          content: {
            role: 'model',
            parts: [
              { text: 'hm', thought: true },
              { text: 'a' },
              { functionCall: { id: 'c1', name: 'f', args: { x: 1 } } },
            ],
          },
          finishReason: 'STOP',
          index: 0,
        },
      ],
      usageMetadata,
      modelVersion: 'fast',
      responseId: 'upstream-1',
      ...extras,
    })
  })

  test('of a provider of this protocol passes on as it came', () => {
    const object = last([{ text: 'a' }], 'STOP', { promptFeedback: {}, newField: 1 })
    const wire = { protocol: 'google-generative-ai', frames: [], tail: [object] }
    expect(JSON.parse(door.writeAnswer({ ...head, message, wire }, extras))).toEqual({ ...object, ...extras })
  })

  test('of such a provider in several pieces is written from the message', () => {
    const pieces = [
      { frames: [], tail: [chunk([{ text: 'x' }]), last([{ text: 'y' }])] },
      { frames: [JSON.stringify(chunk([{ text: 'x' }]))], tail: [last([{ text: 'y' }])] },
    ]
    for (const piece of pieces) {
      const wire = { protocol: 'google-generative-ai', ...piece }
      const written: unknown = JSON.parse(door.writeAnswer({ ...head, message, wire }, {}))
      expect(written).toMatchObject({ candidates: [{ content: { parts: [{ text: 'hm' }, { text: 'a' }, {}] } }] })
    }
  })

  test.each([
    ['stop', undefined, 'STOP'],
    ['length', 'max_tokens', 'MAX_TOKENS'],
    ['contentFilter', 'content_filter', 'SAFETY'],
    ['contentFilter', 'RECITATION', 'RECITATION'],
  ] as const)('that ended with %s (%s) names the finishReason %s', (stopReason, rawStopReason, expected) => {
    const ended = { ...message, stopReason, ...(rawStopReason === undefined ? {} : { rawStopReason }) }
    const written = JSON.parse(door.writeAnswer({ ...head, message: ended }, {})) as { candidates: [Json] }
    expect(written.candidates[0]['finishReason']).toBe(expected)
  })
})

const failed: DoorError = {
  status: 503,
  message: 'gone',
  type: 'provider_error',
  code: 'provider_overloaded',
  param: null,
  provider: 'openai',
  requestId: 'req-1',
}

describe('an error for a Google client', () => {
  test.each([
    [400, 'INVALID_ARGUMENT'],
    [401, 'UNAUTHENTICATED'],
    [403, 'PERMISSION_DENIED'],
    [404, 'NOT_FOUND'],
    [413, 'INVALID_ARGUMENT'],
    [429, 'RESOURCE_EXHAUSTED'],
    [500, 'INTERNAL'],
    [502, 'INTERNAL'],
    [503, 'UNAVAILABLE'],
    [504, 'DEADLINE_EXCEEDED'],
  ])('with HTTP status %i is %s', (status, word) => {
    expect(JSON.parse(door.writeError({ ...failed, status }))).toMatchObject({ error: { code: status, status: word } })
  })

  test('says in details what our own error body says', () => {
    const written = JSON.parse(door.writeError({ ...failed, status: 400, param: 'contents[0].role' })) as {
      error: { details: Json[] }
    }
    const domain = 'type.googleapis.com/google.rpc'
    expect(written.error.details).toEqual([
      {
        '@type': `${domain}.ErrorInfo`,
        reason: 'PROVIDER_OVERLOADED',
        domain: 'plugboard',
        metadata: { type: 'provider_error', provider: 'openai' },
      },
      { '@type': `${domain}.RequestInfo`, requestId: 'req-1' },
      { '@type': `${domain}.BadRequest`, fieldViolations: [{ field: 'contents[0].role', description: 'gone' }] },
    ])
  })
})

test.skipIf(!hasProtos)("what clients get is what Google's published description allows", () => {
  const writer = door.openStream(head, asked)
  const written =
    writer.write(batch([...spoken], { protocol: 'openai-responses', frames: [] })) +
    writer.finish(finish, undefined, {})
  for (const payload of payloads(written)) expect(violations('GenerateContentResponse', payload)).toEqual([])
  expect(violations('GenerateContentResponse', JSON.parse(door.writeAnswer({ ...head, message }, {})))).toEqual([])
  expect(violations('GenerateContentResponse', { candidates: [{ finishReason: 'stop' }] })).toHaveLength(1)
})
