import { describe, expect, it } from 'vitest'
import type { AssistantContent, AssistantMessage, Message, ToolResultMessage } from '../../../plugin-sdk/index.ts'
import { encode, encodeMessages } from './support/encode.ts'

const user: Message = { role: 'user', content: 'Go on' }
const said = (...content: readonly AssistantContent[]): AssistantMessage => ({ role: 'assistant', content })
const toolCall = (id: string, name = 'f'): AssistantContent => ({ type: 'toolCall', id, name, arguments: { n: 1 } })
const result = (toolCallId: string, ...content: ToolResultMessage['content']): ToolResultMessage => ({
  role: 'toolResult',
  toolCallId,
  content,
  isError: false,
})
const text = (words: string) => ({ type: 'text', text: words }) as const
const image = { type: 'image', mimeType: 'image/jpeg', data: 'aGk=' } as const
const imagePart = { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,aGk=' } }

describe('instructions', () => {
  const context = { systemPrompt: 'Be brief', messages: [user, { role: 'system', content: 'Now be long' }] } as const

  it('are system messages, the later ones in their place', () => {
    expect(encode({ context }).body['messages']).toEqual([
      { role: 'system', content: 'Be brief' },
      user,
      { role: 'system', content: 'Now be long' },
    ])
  })

  it('are developer messages for reasoning models of a host that knows the role', () => {
    const roles = (reasoning: boolean): unknown[] => {
      const { body } = encode({ context }, { supportsDeveloperRole: true }, { reasoning })
      return (body['messages'] as { role: string }[]).map(({ role }) => role)
    }
    expect(roles(true)).toEqual(['developer', 'user', 'developer'])
    expect(roles(false)).toEqual(['system', 'user', 'system'])
  })
})

describe('user content', () => {
  it('is text, or parts with images as addresses and as data', () => {
    const content = [text('look'), image, { type: 'image', url: 'https://x.test/a.png', detail: 'low' } as const]
    expect(encodeMessages([user, { role: 'user', content }])).toEqual([
      user,
      {
        role: 'user',
        content: [
          text('look'),
          imagePart,
          { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'low' } },
        ],
      },
    ])
  })

  it('loses empty texts, and the message with the last of them', () => {
    expect(
      encodeMessages([
        { role: 'user', content: [text(''), text('a')] },
        { role: 'user', content: [text('')] },
        { role: 'user', content: '' },
      ]),
    ).toEqual([{ role: 'user', content: [text('a')] }])
  })

  it('has half surrogate pairs replaced and keeps whole ones', () => {
    const broken = 'a\uD83D b 😀 \uDE00'
    expect(encodeMessages([{ role: 'user', content: broken }])).toEqual([
      { role: 'user', content: 'a\uFFFD b 😀 \uFFFD' },
    ])
    expect(encodeMessages([{ role: 'user', content: [text(broken)] }])).toEqual([
      { role: 'user', content: [text('a\uFFFD b 😀 \uFFFD')] },
    ])
  })

  it('keeps parts of this protocol as they came, and warns about those of another', () => {
    const audio = { type: 'input_audio', input_audio: { data: 'x', format: 'wav' } }
    const content = [
      text('hear'),
      { type: 'opaque', protocol: 'openai-chat', value: audio } as const,
      { type: 'opaque', protocol: 'anthropic-messages', value: { type: 'document' } } as const,
    ]
    const { body, warnings } = encode({ context: { messages: [{ role: 'user', content }] } })
    expect(body['messages']).toEqual([{ role: 'user', content: [text('hear'), audio] }])
    expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'content' }])
  })
})

describe('assistant content', () => {
  it('is one text, with null beside tool calls where there is none', () => {
    expect(encodeMessages([said(text('a'), text('b')), said(toolCall('c1')), result('c1', text('ok'))])).toEqual([
      { role: 'assistant', content: 'ab' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"n":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'ok' },
    ])
  })

  it('is an empty text instead of null for hosts that refuse null', () => {
    const messages = [said(toolCall('c1')), result('c1', text('ok'))]
    expect(encodeMessages(messages, { requiresNonNullAssistantContent: true })).toMatchObject([{ content: '' }, {}])
  })

  it('that says nothing is left out', () => {
    expect(encodeMessages([user, said(), said(text('')), said({ type: 'thinking', thinking: 'hm' })])).toEqual([user])
  })

  it('replays thoughts in the field in which they came; thoughts from elsewhere are left out', () => {
    const thought = (thinking: string, thinkingSignature?: string): AssistantContent => ({
      type: 'thinking',
      thinking,
      ...(thinkingSignature === undefined ? {} : { thinkingSignature }),
    })
    expect(
      encodeMessages([
        said(thought('a', 'reasoning_content'), thought('b', 'reasoning_content'), text('x')),
        said(thought('a', 'reasoning'), text('x')),
        said(thought('a', 'ErcBCkgICBACGAIiQ'), thought('b'), text('x')),
      ]),
    ).toEqual([
      { role: 'assistant', content: 'x', reasoning_content: 'a\nb' },
      { role: 'assistant', content: 'x', reasoning: 'a' },
      { role: 'assistant', content: 'x' },
    ])
  })

  it('replays OpenRouter details as they were, without the words a second time', () => {
    const details = [{ type: 'reasoning.text', text: 'a', signature: 's', index: 0 }]
    const thought = { type: 'thinking', thinking: 'a', thinkingSignature: JSON.stringify(details) } as const
    expect(encodeMessages([said(thought, text('x'))])).toEqual([
      { role: 'assistant', content: 'x', reasoning_details: details },
    ])
  })

  it('replays Mistral thoughts as parts', () => {
    const thought = { type: 'thinking', thinking: 'a', thinkingSignature: 'content.thinking' } as const
    expect(encodeMessages([said(thought, text('x'))])).toEqual([
      { role: 'assistant', content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'a' }] }, text('x')] },
    ])
  })

  it('tells thoughts as text where the host needs that', () => {
    const thought = { type: 'thinking', thinking: 'a', thinkingSignature: 'reasoning' } as const
    expect(encodeMessages([said(thought, text('x'))], { requiresThinkingAsText: true })).toEqual([
      { role: 'assistant', content: 'a\n\nx' },
    ])
  })

  it('carries an empty reasoning_content where the host needs one', () => {
    const compat = { requiresReasoningContentOnAssistantMessages: true }
    const thought = { type: 'thinking', thinking: 'a', thinkingSignature: 'reasoning_content' } as const
    expect(encodeMessages([said(text('x')), said(thought, text('x'))], compat)).toEqual([
      { role: 'assistant', content: 'x', reasoning_content: '' },
      { role: 'assistant', content: 'x', reasoning_content: 'a' },
    ])
  })

  it('sends arguments in the spelling of the model, but not after somebody changed them', () => {
    const spelled = (args: Record<string, unknown>): AssistantContent => ({
      type: 'toolCall',
      id: 'c',
      name: 'f',
      arguments: args,
      providerMetadata: { 'openai-chat': { arguments: '{"n": 1}', extra_content: { signed: true } } },
    })
    const done = result('c', text('ok'))
    const sent = encodeMessages([said(spelled({ n: 1 })), done, said(spelled({ n: 2 })), done]) as {
      tool_calls?: { function: { arguments: string }; extra_content: unknown }[]
    }[]
    const calls = sent.flatMap(({ tool_calls: list = [] }) => list)
    expect(calls.map((call) => call.function.arguments)).toEqual(['{"n": 1}', '{"n":2}'])
    expect(calls[0]?.extra_content).toEqual({ signed: true })
  })
})

describe('tool results', () => {
  it('are texts joined by line breaks, with words where there is no text', () => {
    expect(
      encodeMessages([said(toolCall('a'), toolCall('b')), result('a', text('1'), text('2')), result('b')]),
    ).toMatchObject([
      {},
      { role: 'tool', tool_call_id: 'a', content: '1\n2' },
      { role: 'tool', content: '(no tool output)' },
    ])
  })

  it('send their images in one user message behind all results in a row', () => {
    expect(
      encodeMessages([
        said(toolCall('a'), toolCall('b')),
        result('a', image),
        result('b', text('seen'), image),
        said(text('ok')),
      ]),
    ).toMatchObject([
      { role: 'assistant' },
      { role: 'tool', tool_call_id: 'a', content: '(see attached image)' },
      { role: 'tool', tool_call_id: 'b', content: 'seen' },
      { role: 'user', content: [text('Attached image(s) from tool result:'), imagePart, imagePart] },
      { role: 'assistant', content: 'ok' },
    ])
  })

  it('at the end of the conversation send their images too', () => {
    const sent = encodeMessages([said(toolCall('a')), result('a', image)]) as { role: string }[]
    expect(sent.map(({ role }) => role)).toEqual(['assistant', 'tool', 'user'])
  })

  it('carry the name of their tool where the host needs it, known or found at the call', () => {
    const named = { ...result('b', text('2')), toolName: 'given' }
    expect(
      encodeMessages([said(toolCall('a', 'found'), toolCall('b')), result('a', text('1')), named], {
        requiresToolResultName: true,
      }),
    ).toMatchObject([{}, { name: 'found' }, { name: 'given' }])
  })

  it('are followed by an assistant message where the host needs one before the user', () => {
    const sent = encodeMessages([said(toolCall('a')), result('a', text('1')), user], {
      requiresAssistantAfterToolResult: true,
    }) as { role: string }[]
    expect(sent.map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant', 'user'])
  })
})

describe('ids of tool calls', () => {
  const idsOf = (compat: Parameters<typeof encode>[1], ...ids: readonly string[]): string[][] => {
    const messages = [said(...ids.map((id) => toolCall(id))), ...ids.map((id) => result(id, text('ok')))]
    const [first, ...rest] = encodeMessages(messages, compat) as [
      { tool_calls: { id: string }[] },
      ...{ tool_call_id: string }[],
    ]
    return [first.tool_calls.map(({ id }) => id), rest.map(({ tool_call_id: id }) => id)]
  }

  it('stay as they are by default: Kimi reads its own again', () => {
    expect(idsOf({}, 'functions.f:0')).toEqual([['functions.f:0'], ['functions.f:0']])
  })

  it.each([
    ['alnum9', /^[A-Za-z0-9]{9}$/, 'abcDEF123'],
    ['safe40', /^[A-Za-z0-9_-]{1,40}$/, 'call_abc-1'],
  ] as const)('fit %s, the same for call and result, different for different calls', (format, fits, good) => {
    const [calls, results] = idsOf({ toolCallIdFormat: format }, good, 'fc_1|item', 'x'.repeat(80), 'fc_1|other')
    expect(calls).toEqual(results)
    expect(calls?.[0]).toBe(good)
    expect(new Set(calls).size).toBe(4)
    for (const id of calls ?? []) expect(id).toMatch(fits)
    expect(idsOf({ toolCallIdFormat: format }, 'fc_1|item')[0]).toEqual([calls?.[1]])
  })
})

describe('a conversation that began elsewhere', () => {
  const model = { provider: 'test', model: 'test-model', api: 'openai-chat' } as const
  const thought = { type: 'thinking', thinking: 'hm', thinkingSignature: 'reasoning_content' } as const
  const signed = {
    type: 'toolCall',
    id: 'c',
    name: 'f',
    arguments: { n: 1 },
    providerMetadata: { 'openai-chat': { extra_content: { google: 's' }, arguments: '{"n": 1}' } },
  } as const

  it("keeps this model's thoughts and signatures, and those of a client that does not name their model", () => {
    const wanted = { content: 'x', reasoning_content: 'hm', tool_calls: [{ extra_content: { google: 's' } }] }
    for (const origin of [model, {}])
      expect(
        encodeMessages([{ ...said(thought, text('x'), signed), ...origin }, result('c', text('ok'))]),
      ).toMatchObject([wanted, {}])
  })

  it.each([
    ['protocol', { ...model, api: 'anthropic-messages' }],
    ['provider', { ...model, provider: 'other' }],
    ['model', { ...model, model: 'other' }],
  ])('sends only texts and calls of an answer by another %s', (_name, origin) => {
    expect(encodeMessages([{ ...said(thought, text('x'), signed), ...origin }, result('c', text('ok'))])).toEqual([
      {
        role: 'assistant',
        content: 'x',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"n":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: 'ok' },
    ])
  })

  it.each(['error', 'aborted'] as const)(
    'leaves out an answer that ended with "%s", and the results of its calls',
    (stopReason) => {
      const failed = { ...said(text('half'), toolCall('c')), stopReason }
      expect(encodeMessages([user, failed, result('c', text('ok')), user])).toEqual([user, user])
    },
  )

  it('gives every call a result, right behind it and before what comes next, with a warning', () => {
    const messages = [said(toolCall('a'), toolCall('b')), result('b', text('2')), user, said(toolCall('c'))]
    const { body, warnings } = encode({ context: { messages } })
    expect(body['messages']).toMatchObject([
      { role: 'assistant' },
      { role: 'tool', tool_call_id: 'b', content: '2' },
      { role: 'tool', tool_call_id: 'a', content: 'No result was provided.' },
      user,
      { role: 'assistant' },
      { role: 'tool', tool_call_id: 'c', content: 'No result was provided.' },
    ])
    expect(warnings).toMatchObject([{ rule: 'G9', count: 2 }])
  })

  it('holds instructions between a call and its results back until after them', () => {
    const instruction = { role: 'system', content: 'Hurry' } as const
    const messages = [said(toolCall('a')), instruction, result('a', text('1')), user]
    expect((encodeMessages(messages) as { role: string }[]).map(({ role }) => role)).toEqual([
      'assistant',
      'tool',
      'system',
      'user',
    ])
  })

  it('shows images to models that see, says so to those that do not, and trusts those it does not know', () => {
    const context = { messages: [{ role: 'user', content: [text('look'), image, image] }] } as const
    const blind = encode({ context }, {}, { input: ['text'] })
    expect(blind.body['messages']).toEqual([
      { role: 'user', content: [text('look'), text('(an image was left out: this model does not take images)')] },
    ])
    expect(blind.warnings).toMatchObject([{ type: 'unsupported', feature: 'image' }])
    expect(encode({ context }, {}, { input: ['text'] }, false).body['messages']).toEqual([
      { role: 'user', content: [text('look'), imagePart, imagePart] },
    ])
  })
})
