import { describe, expect, it } from 'vitest'
import type { AssistantMessage, ProviderEvent } from '../../../plugin-sdk/index.ts'
import { openaiChat } from '../../../plugin-sdk/protocols/openai-chat/index.ts'
import { encodeMessages } from './support/encode.ts'

const { door } = openaiChat
const head = { id: 'chatcmpl-1', created: 1, model: 'm' }
const user = { role: 'user', content: 'Hi' }

/** An answer of a provider that signs thoughts and calls. */
const signed: AssistantMessage = {
  role: 'assistant',
  api: 'anthropic-messages',
  content: [
    { type: 'thinking', thinking: 'hm', thinkingSignature: 'c2ln' },
    { type: 'thinking', thinking: '', thinkingSignature: 'ZW5j', redacted: true },
    { type: 'text', text: 'Look' },
    { type: 'toolCall', id: 'c1', name: 'f', arguments: { n: 1 }, thoughtSignature: 'Y2FsbA==' },
  ],
  stopReason: 'toolUse',
}

const events: readonly ProviderEvent[] = [
  { type: 'start' },
  { type: 'thinking_start', contentIndex: 0 },
  { type: 'thinking_delta', contentIndex: 0, delta: 'hm' },
  { type: 'thinking_end', contentIndex: 0, content: 'hm', thinkingSignature: 'c2ln' },
  { type: 'thinking_start', contentIndex: 1 },
  { type: 'thinking_end', contentIndex: 1, content: '', thinkingSignature: 'ZW5j', redacted: true },
  { type: 'text_start', contentIndex: 2 },
  { type: 'text_delta', contentIndex: 2, delta: 'Look' },
  { type: 'text_end', contentIndex: 2, content: 'Look' },
  { type: 'toolcall_start', contentIndex: 3, id: 'c1', name: 'f' },
  { type: 'toolcall_delta', contentIndex: 3, delta: '{"n":1}' },
  {
    type: 'toolcall_end',
    contentIndex: 3,
    toolCall: { type: 'toolCall', id: 'c1', name: 'f', arguments: { n: 1 }, thoughtSignature: 'Y2FsbA==' },
  },
]

interface Delta {
  readonly content?: string
  readonly reasoning_content?: string
  readonly reasoning_details?: readonly object[]
  readonly tool_calls?: readonly [{ readonly function?: { readonly arguments?: string } }]
}

/** What a client keeps of a stream: texts joined, lists joined, calls merged. */
function gather(deltas: readonly Delta[]): object {
  const details = deltas.flatMap(({ reasoning_details: list = [] }) => list)
  const pieces = deltas.flatMap(({ tool_calls: list = [] as never }) => [...list])
  return {
    role: 'assistant',
    content: deltas.map(({ content = '' }) => content).join(''),
    reasoning_content: deltas.map(({ reasoning_content: text = '' }) => text).join(''),
    reasoning_details: details,
    tool_calls: [
      {
        ...Object.assign({}, ...pieces),
        function: {
          ...pieces[0]?.function,
          arguments: pieces.map((piece) => piece.function?.arguments ?? '').join(''),
        },
      },
    ],
  }
}

const parseAgain = (message: unknown): unknown =>
  door.parseRequest({ model: 'm', messages: [user, message] }).context.messages[1]

const { stopReason: _, ...home } = signed

describe('signatures of another protocol', () => {
  it('go to the client with the answer and come home with the next request', () => {
    const answer = JSON.parse(door.writeAnswer({ ...head, message: signed }, {})) as { choices: [{ message: object }] }
    expect(parseAgain(answer.choices[0].message)).toEqual({
      ...home,
      providerMetadata: { 'openai-chat': { refusal: null } },
    })
  })

  it('do so in a stream too', () => {
    const request = door.parseRequest({ model: 'm', messages: [user] })
    const writer = door.openStream({ ...head, api: 'anthropic-messages' }, request)
    const text = String(writer.write(events))
    const deltas = text
      .split('\n\n')
      .filter((event) => event !== '')
      .map((event) => (JSON.parse(event.slice('data: '.length)) as { choices: [{ delta: Delta }] }).choices[0].delta)
    expect(parseAgain(gather(deltas))).toEqual(home)
  })

  it('are not sent to a host of this protocol', () => {
    const { content } = signed
    const result = {
      role: 'toolResult',
      toolCallId: 'c1',
      content: [{ type: 'text', text: 'ok' }],
      isError: false,
    } as const
    expect(encodeMessages([{ role: 'assistant', content, api: 'anthropic-messages' }, result])).toEqual([
      {
        role: 'assistant',
        content: 'Look',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"n":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'ok' },
    ])
  })

  it("are not wrapped around this protocol's own: a field name is told by the field, details go as they are", () => {
    const details = [{ type: 'reasoning.text', text: 'a', signature: 's', index: 0 }]
    const write = (thinkingSignature: string): unknown => {
      const content = [{ type: 'thinking', thinking: 'a', thinkingSignature } as const]
      const message = { role: 'assistant', api: 'openai-chat', content } as const
      return (JSON.parse(door.writeAnswer({ ...head, message }, {})) as { choices: [{ message: unknown }] }).choices[0]
        .message
    }
    expect(write('reasoning')).not.toHaveProperty('reasoning_details')
    expect(write(JSON.stringify(details))).toMatchObject({ reasoning_details: details })
  })
})
