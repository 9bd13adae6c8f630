import { describe, expect, test } from 'vitest'
import type { AssistantContent, AssistantMessage, Message } from '../../../plugin-sdk/messages.ts'
import type { AnthropicCompat } from '../../../plugin-sdk/protocols/anthropic-messages/compat.ts'
import type { Model } from '../../../plugin-sdk/provider.ts'
import { encode, model, type Json } from './support.ts'

const OWN = { api: 'anthropic-messages', provider: 'anthropic', model: 'claude-test' }

const answered = (content: readonly AssistantContent[], more: Partial<AssistantMessage> = OWN): AssistantMessage => ({
  role: 'assistant',
  content,
  ...more,
})

const call = (id: string, more: Json = {}): AssistantContent => ({
  type: 'toolCall',
  id,
  name: 'look',
  arguments: {},
  ...more,
})

const result = (toolCallId: string, text: string, more: Json = {}): Message => ({
  role: 'toolResult',
  toolCallId,
  content: [{ type: 'text', text }],
  isError: false,
  ...more,
})

const user = (content: string): Message => ({ role: 'user', content })

const messagesOf = (
  messages: readonly Message[],
  compat: Partial<AnthropicCompat> = {},
  more: Partial<Model> = {},
): Json[] => encode({ context: { messages }, model: model(more) }, compat).body['messages'] as Json[]

const roles = (messages: readonly Message[], compat: Partial<AnthropicCompat> = {}): unknown[] =>
  messagesOf(messages, compat).map(({ role }) => role)

describe('tool calls and their results', () => {
  test('all results of one answer stand first in one user message, the user’s words behind them', () => {
    expect(
      messagesOf([
        answered([call('a'), call('b')]),
        result('a', 'one'),
        user('and?'),
        result('b', 'two', { isError: true }),
      ]),
    ).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'a', name: 'look', input: {} },
          { type: 'tool_use', id: 'b', name: 'look', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'one' },
          { type: 'tool_result', tool_use_id: 'b', content: 'two', is_error: true },
          { type: 'text', text: 'and?' },
        ],
      },
    ])
  })

  test('a call without a result gets one that says so', () => {
    const missing = { type: 'tool_result', tool_use_id: 'b', content: 'No result was provided.', is_error: true }
    const [, afterUser] = messagesOf([answered([call('a'), call('b')]), result('a', 'one'), user('stop')])
    expect(afterUser?.['content']).toMatchObject([{ tool_use_id: 'a' }, missing, { text: 'stop' }])
    const [, atEnd] = messagesOf([answered([call('b')])])
    expect(atEnd).toEqual({ role: 'user', content: [missing] })
    const [, betweenAnswers] = messagesOf([answered([call('b')]), answered([{ type: 'text', text: 'Well.' }])])
    expect(betweenAnswers).toEqual({ role: 'user', content: [missing] })
  })

  test('ids of other providers become ids this one takes, the same for call and result, and never twice', () => {
    const long = `call_${'x'.repeat(80)}`
    const messages = messagesOf([
      answered([call('call|fc.1'), call('call_fc_1')]),
      result('call_fc_1', 'second'),
      result('call|fc.1', 'first'),
      answered([call(`${long}1`), call(`${long}2`), call('')]),
      result(`${long}2`, 'two'),
      answered([call('call|fc.1')]),
      result('call|fc.1', 'again'),
    ])
    const blocks = messages.flatMap((message) => message['content'] as Json[])
    const ids = blocks.flatMap((block) => (block['type'] === 'tool_use' ? [block['id']] : []))
    expect(new Set(ids).size).toBe(6)
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    const answers = Object.fromEntries(
      blocks.flatMap((block) => (block['type'] === 'tool_result' ? [[block['tool_use_id'], block['content']]] : [])),
    )
    expect([ids[0], ids[1], ids[3], ids[5]].map((id) => answers[String(id)])).toEqual([
      'first',
      'second',
      'two',
      'again',
    ])
  })

  test('images of a failed call follow all results, because an error may not hold them', () => {
    const image = { type: 'image', data: 'AAAA', mimeType: 'image/png' }
    const block = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }
    const [, turn] = messagesOf([
      answered([call('a'), call('b')]),
      result('a', '', { content: [image], isError: true }),
      result('b', '', { content: [image] }),
    ])
    expect(turn?.['content']).toEqual([
      { type: 'tool_result', tool_use_id: 'a', content: '(the images follow the tool results)', is_error: true },
      { type: 'tool_result', tool_use_id: 'b', content: [block] },
      { type: 'text', text: 'Images of the failed tool call a:' },
      block,
    ])
  })
})

describe('answers that failed', () => {
  test.each(['error', 'aborted'] as const)(
    'with "%s" are left out, and so are the results of their calls',
    (stopReason) => {
      expect(
        messagesOf([
          user('go'),
          answered([{ type: 'text', text: 'half' }, call('a')], { ...OWN, stopReason }),
          result('a', 'lost'),
          user('again'),
        ]),
      ).toEqual([
        {
          role: 'user',
          content: [
            { type: 'text', text: 'go' },
            { type: 'text', text: 'again' },
          ],
        },
      ])
    },
  )

  test('without content, or with blank content, leave no message', () => {
    const empty = { role: 'assistant', content: null } as unknown as AssistantMessage
    expect(roles([user('go'), empty, answered([{ type: 'text', text: ' \n' }])])).toEqual(['user'])
    expect(messagesOf([user('  '), user('go')])).toEqual([{ role: 'user', content: 'go' }])
  })
})

describe('thoughts', () => {
  const signed: AssistantContent = { type: 'thinking', thinking: 'Hm.', thinkingSignature: 'c2ln' }
  const redacted: AssistantContent = { type: 'thinking', thinking: '', thinkingSignature: 'b3Bh', redacted: true }
  const text: AssistantContent = { type: 'text', text: 'So.' }
  const thoughts = (message: AssistantMessage, compat: Partial<AnthropicCompat> = {}): unknown => {
    const [first] = messagesOf([message], compat)
    const content = first?.['content']
    return Array.isArray(content) ? content.slice(0, -1) : []
  }

  test('go back to the model that signed them, told or not', () => {
    const silent: AssistantContent = { type: 'thinking', thinking: '', thinkingSignature: 'c2ln' }
    expect(thoughts(answered([signed, redacted, silent, text]))).toEqual([
      { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
      { type: 'redacted_thinking', data: 'b3Bh' },
      { type: 'thinking', thinking: '', signature: 'c2ln' },
    ])
  })

  test('go back when a client of this protocol sent them, who names no model', () => {
    expect(thoughts(answered([signed, text], { api: 'anthropic-messages' }))).toHaveLength(1)
  })

  test.each([
    ['another protocol', { api: 'openai-responses' }],
    ['another provider', { ...OWN, provider: 'other' }],
    ['another model', { ...OWN, model: 'other' }],
    ['nobody knows whom', {}],
  ])('of %s are left out', (_name, origin) => {
    expect(thoughts(answered([signed, redacted, text], origin))).toEqual([])
  })

  test('without a signature become text of the same model, or go with an empty one where the host allows', () => {
    const cut: AssistantContent = { type: 'thinking', thinking: 'Hm.' }
    expect(thoughts(answered([cut, text]))).toEqual([{ type: 'text', text: 'Hm.' }])
    expect(thoughts(answered([cut, text], { api: 'anthropic-messages' }))).toEqual([])
    expect(thoughts(answered([cut, text]), { allowEmptySignature: true })).toEqual([
      { type: 'thinking', thinking: 'Hm.', signature: '' },
    ])
    expect(thoughts(answered([{ type: 'thinking', thinking: ' ' }, text]), { allowEmptySignature: true })).toEqual([])
  })
})

describe('what only one provider understands', () => {
  const opaque: AssistantContent = {
    type: 'opaque',
    protocol: 'anthropic-messages',
    value: { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} },
  }
  const cited: AssistantContent = {
    type: 'text',
    text: 'So.',
    providerMetadata: { 'anthropic-messages': { citations: [{ type: 'char_location' }] } },
  }

  test('goes back to it', () => {
    expect(messagesOf([answered([opaque, cited])])[0]?.['content']).toEqual([
      { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} },
      { type: 'text', text: 'So.', citations: [{ type: 'char_location' }] },
    ])
  })

  test('does not go to another one', () => {
    const [message] = messagesOf([answered([opaque, cited], { ...OWN, provider: 'other' })])
    expect(message?.['content']).toBe('So.')
    const { body, warnings } = encode({
      context: {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'opaque', protocol: 'openai-chat', value: { type: 'input_audio' } },
              { type: 'text', text: 'hear' },
            ],
          },
        ],
      },
    })
    expect(body['messages']).toEqual([{ role: 'user', content: 'hear' }])
    expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'content', rule: 'G15' }])
  })
})

describe('images', () => {
  const image = { type: 'image', data: 'AAAA', mimeType: 'image/webp' } as const

  test('go as data or as URL, and data URLs as data', () => {
    const content = [
      image,
      { type: 'image', url: 'https://example.com/a.png' } as const,
      { type: 'image', url: 'data:image/gif;base64,R0lG' } as const,
    ]
    const [message] = messagesOf([{ role: 'user', content }])
    expect(message?.['content']).toEqual([
      { type: 'image', source: { type: 'base64', media_type: 'image/webp', data: 'AAAA' } },
      { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/gif', data: 'R0lG' } },
    ])
  })

  test('are replaced by one sentence, with a warning, for a model that takes none', () => {
    const { body, warnings } = encode({
      model: model({ input: ['text'] }),
      context: { messages: [{ role: 'user', content: [image, image, { type: 'text', text: 'See?' }] }] },
    })
    const [message] = body['messages'] as Json[]
    expect(message?.['content']).toEqual([
      { type: 'text', text: '(an image was left out: this model does not take images)' },
      { type: 'text', text: 'See?' },
    ])
    expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'image' }])
  })
})

describe('instructions inside the conversation', () => {
  const messages: Message[] = [
    user('go'),
    answered([call('a')]),
    { role: 'system', content: 'Now in French.' },
    result('a', 'one'),
    answered([{ type: 'text', text: 'Bon.' }]),
    { role: 'system', content: 'Now in Latin.' },
  ]

  test('are added to the first one, with a warning', () => {
    const { body, warnings } = encode({ context: { systemPrompt: 'Be brief.', messages } })
    expect(body['system']).toBe('Be brief.\n\nNow in French.\n\nNow in Latin.')
    expect(warnings).toMatchObject([{ type: 'compatibility', feature: 'system-message' }])
    expect(roles(messages)).toEqual(['user', 'assistant', 'user', 'assistant'])
  })

  test('stay where the model takes them, but never between a call and its result', () => {
    const { body, warnings } = encode(
      { context: { systemPrompt: 'Be brief.', messages } },
      { supportsMidConvoSystemMessages: true },
    )
    expect({ system: body['system'], warnings }).toEqual({ system: 'Be brief.', warnings: [] })
    expect(roles(messages, { supportsMidConvoSystemMessages: true })).toEqual([
      'user',
      'assistant',
      'user',
      'system',
      'assistant',
      'system',
    ])
  })
})
