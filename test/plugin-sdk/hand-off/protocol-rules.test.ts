import { describe, expect, test } from 'vitest'
import type {
  AssistantContent,
  AssistantMessage,
  Context,
  ImageContent,
  Message,
} from '../../../plugin-sdk/messages.ts'
import * as anthropic from '../anthropic-messages/support.ts'
import * as google from '../google-generative-ai/support.ts'
import { encode as encodeChat } from '../openai-chat/support/encode.ts'
import * as responses from '../openai-responses/support.ts'

type Json = Readonly<Record<string, unknown>>

const user = (content: string): Message => ({ role: 'user', content })
const said =
  (origin: Partial<AssistantMessage>) =>
  (...content: readonly AssistantContent[]): AssistantMessage => ({ role: 'assistant', content, ...origin })
const text = (words: string) => ({ type: 'text', text: words }) as const
const thought = (thinking: string, thinkingSignature?: string, more: object = {}): AssistantContent => ({
  type: 'thinking',
  thinking,
  ...(thinkingSignature === undefined ? {} : { thinkingSignature }),
  ...more,
})
const call = (id: string, more: object = {}): AssistantContent => ({
  type: 'toolCall',
  id,
  name: 'look',
  arguments: { n: 1 },
  ...more,
})
const image: ImageContent = { type: 'image', data: 'AAAA', mimeType: 'image/png' }
const result = (toolCallId: string, ...content: readonly (ImageContent | ReturnType<typeof text>)[]): Message => ({
  role: 'toolResult',
  toolCallId,
  content,
  isError: false,
})
const failed = (toolCallId: string, words: string): Message => ({
  role: 'toolResult',
  toolCallId,
  content: [text(words)],
  isError: true,
})
const strict = { name: 'look', parameters: { type: 'object', properties: {} }, strict: true } as const

const rulesOf = (warnings: readonly { readonly rule?: string; readonly count?: number }[]): string[] =>
  warnings.flatMap(({ rule, count }) => (rule === undefined ? [] : [`${rule} ${count}`]))

describe('openai-chat', () => {
  const answer = said({})
  const sent = (
    context: Context | readonly Message[],
    compat: Parameters<typeof encodeChat>[1] = {},
    reasoning = false,
  ) => {
    const given: Context = 'messages' in context ? context : { messages: context }
    const { body, warnings } = encodeChat({ context: given }, compat, { reasoning })
    return { messages: body['messages'] as Json[], body, rules: rulesOf(warnings) }
  }

  test('C3: instructions have the role developer for reasoning models of a host that knows it', () => {
    const context = { systemPrompt: 'Be brief.', messages: [user('go')] }
    expect(sent(context, { supportsDeveloperRole: true }, true).messages[0]?.['role']).toBe('developer')
    expect(sent(context, { supportsDeveloperRole: true }, false).messages[0]?.['role']).toBe('system')
  })

  test('C4: an assistant message stands between a tool and a user, where the host wants one', () => {
    const messages = [answer(call('a')), result('a', text('1')), user('so?')]
    const roles = sent(messages, { requiresAssistantAfterToolResult: true }).messages.map(({ role }) => role)
    expect(roles).toEqual(['assistant', 'tool', 'assistant', 'user'])
  })

  test('C5: empty texts go, and a user message of which nothing is left', () => {
    const empty: Message = { role: 'user', content: [text('')] }
    expect(sent([empty, { role: 'user', content: [text(''), text('go')] }])).toMatchObject({
      messages: [{ content: [text('go')] }],
      rules: [],
    })
  })

  test('C6: the texts of an answer are sent as one', () => {
    expect(sent([answer(text('One. '), text('Two.'))]).messages).toEqual([{ role: 'assistant', content: 'One. Two.' }])
  })

  test('C7: thoughts go back in their field, and are named when they do not say which', () => {
    expect(sent([answer(thought('Hm.', 'reasoning'), thought('Eh.'), text('So.'))])).toEqual(
      expect.objectContaining({ messages: [{ role: 'assistant', content: 'So.', reasoning: 'Hm.' }], rules: ['C7 1'] }),
    )
  })

  test('C8: details of reasoning go back as the list that came', () => {
    const details = [{ type: 'reasoning.text', text: 'Hm.', signature: 's' }]
    const { messages } = sent([answer(thought('Hm.', JSON.stringify(details)), text('So.'))])
    expect(messages[0]).toMatchObject({ reasoning_details: details })
  })

  test('C9: a reasoning host that wants reasoning_content gets an empty one', () => {
    const compat = { requiresReasoningContentOnAssistantMessages: true }
    expect(sent([answer(text('So.'))], compat, true).messages[0]).toMatchObject({ reasoning_content: '' })
  })

  test('C10: an answer of which nothing is left goes', () => {
    expect(sent([user('go'), answer(text('')), user('on')]).messages).toEqual([user('go'), user('on')])
  })

  test('C11: a result is its texts joined by line breaks, or words that say there is none', () => {
    const messages = [answer(call('a'), call('b')), result('a', text('1'), text('2')), result('b')]
    expect(sent(messages).messages.slice(1)).toMatchObject([{ content: '1\n2' }, { content: '(no tool output)' }])
  })

  test('C12: images of results in a row follow them in one user message', () => {
    const messages = [answer(call('a'), call('b')), result('a', image), result('b', text('2'), image)]
    const parts = [{ type: 'text' }, { type: 'image_url' }, { type: 'image_url' }]
    expect(sent(messages).messages.slice(1)).toMatchObject([
      { content: '(see attached image)' },
      { content: '2' },
      { role: 'user', content: parts },
    ])
  })

  test('C14: strict is sent with tools only where the host knows it, and named where not', () => {
    const context = { messages: [user('go')], tools: [strict, { ...strict, name: 'touch' }] }
    expect(sent(context).rules).toEqual(['C14 2'])
    const known = sent(context, { supportsStrictMode: true })
    expect(known.rules).toEqual([])
    expect(known.body['tools']).toMatchObject([{ function: { strict: true } }, { function: { strict: true } }])
  })

  test('C15: that a result is an error has no field, and its text stays', () => {
    const [, tool] = sent([answer(call('a')), failed('a', 'It broke.')]).messages
    expect(tool).toEqual({ role: 'tool', tool_call_id: 'a', content: 'It broke.' })
  })
})

describe('anthropic-messages', () => {
  const answer = said({ api: 'anthropic-messages', provider: 'anthropic', model: 'claude-test' })
  const sent = (context: Context | readonly Message[], compat: Parameters<typeof anthropic.encode>[1] = {}) => {
    const given: Context = 'messages' in context ? context : { messages: context }
    const { body, warnings } = anthropic.encode({ context: given }, compat)
    return { messages: body['messages'] as Json[], body, rules: rulesOf(warnings) }
  }

  test('A2: blank texts go, and a message of which nothing is left', () => {
    expect(sent([user(' \n'), user('go'), answer(text(' '))])).toMatchObject({ messages: [user('go')], rules: [] })
  })

  test('A3: a redacted thought goes back with its data', () => {
    const { messages } = sent([answer(thought('', 'b3Bh', { redacted: true }), text('So.'))])
    expect(messages[0]?.['content']).toMatchObject([{ type: 'redacted_thinking', data: 'b3Bh' }, {}])
  })

  test("A4: the model's own thought without a signature becomes text, and is named", () => {
    const cut = [answer(thought('Hm.'), text('So.'))]
    expect(sent(cut)).toMatchObject({ messages: [{ content: [text('Hm.'), text('So.')] }], rules: ['A4 1'] })
    expect(sent(cut, { allowEmptySignature: true }).messages[0]?.['content']).toMatchObject([{ signature: '' }, {}])
  })

  test('A5: all results of an answer stand first in one user message', () => {
    const { messages } = sent([
      answer(call('a'), call('b')),
      result('a', text('1')),
      result('b', text('2')),
      user('so?'),
    ])
    expect(messages[1]).toMatchObject({
      role: 'user',
      content: [{ type: 'tool_result' }, { type: 'tool_result' }, text('so?')],
    })
    expect(messages).toHaveLength(2)
  })

  test('A6: later instructions stand right before the next answer', () => {
    const messages = [
      answer(call('a')),
      { role: 'system', content: 'Hurry.' } as const,
      result('a', text('1')),
      answer(text('So.')),
    ]
    const roles = sent(messages, { supportsMidConvoSystemMessages: true }).messages.map(({ role }) => role)
    expect(roles).toEqual(['assistant', 'user', 'system', 'assistant'])
  })

  test('A10: strict is sent for schemas within the subset, and named for others', () => {
    const limited = {
      ...strict,
      name: 'touch',
      parameters: { type: 'object', properties: { n: { type: 'number', minimum: 1 } } },
    }
    const { body, rules } = sent({ messages: [user('go')], tools: [strict, limited] }, { supportsStrictTools: true })
    expect((body['tools'] as Json[]).map((tool) => tool['strict'])).toEqual([true, undefined])
    expect(rules).toEqual(['A10 1'])
  })
})

describe('anthropic-messages with a budget of thought', () => {
  const tools = [{ name: 'look', parameters: { type: 'object' } }]
  const sent = (answer: AssistantMessage, more: readonly Message[] = []) => {
    const context = { messages: [user('go'), answer, result('a', text('1')), ...more], tools }
    const { body, warnings } = anthropic.encode({ context, options: { reasoning: 'low' } })
    return { thinking: body['thinking'], rules: rulesOf(warnings) }
  }

  test('A11: a budget is left out while calls are answered that did not begin with a thought, and named', () => {
    const foreign = said({ api: 'openai-chat', provider: 'openai', model: 'gpt' })(call('a'))
    const own = said({ api: 'anthropic-messages', provider: 'anthropic', model: 'claude-test' })
    const enabled = { thinking: { type: 'enabled' }, rules: [] }
    expect(sent(foreign)).toEqual({ thinking: undefined, rules: ['A11 1'] })
    expect(sent(own(thought('Hm.', 'c2ln'), call('a')))).toMatchObject(enabled)
    expect(sent(foreign, [own(text('Done.')), user('so?')])).toMatchObject(enabled)
  })
})

describe('google-generative-ai', () => {
  const answer = said({ api: 'google-generative-ai', provider: 'google', model: 'gemini-test' })
  const sent = (context: Context | readonly Message[], compat: Json = {}) => {
    const given: Context = 'messages' in context ? context : { messages: context }
    const { body, warnings } = google.encode({ context: given }, compat)
    return { contents: body['contents'] as { role: string; parts: Json[] }[], body, rules: rulesOf(warnings) }
  }

  test('O1: ids of calls are sent where the host knows them', () => {
    const messages = [answer(call('a')), result('a', text('1'))]
    expect(sent(messages).contents).toMatchObject([
      { parts: [{ functionCall: { id: 'a' } }] },
      { parts: [{ functionResponse: { id: 'a' } }] },
    ])
    expect(JSON.stringify(sent(messages, { toolCallIds: false }).contents)).not.toContain('"id"')
  })

  test('O2: a signature that is not base64 is left out, and named', () => {
    const signed = (value: string) => sent([answer({ ...text('So.'), textSignature: value })])
    expect(signed('c2ln')).toMatchObject({ contents: [{ parts: [{ thoughtSignature: 'c2ln' }] }], rules: [] })
    expect(signed('no signature')).toMatchObject({
      contents: [{ parts: [text('So.')].map(() => ({ text: 'So.' })) }],
      rules: ['O2 1'],
    })
  })

  test('O3: empty parts that carry a signature stay, others go', () => {
    const { contents } = sent([answer({ ...text(''), textSignature: 'c2ln' }, text(''), text('So.'))])
    expect(contents[0]?.parts).toEqual([{ text: '', thoughtSignature: 'c2ln' }, { text: 'So.' }])
  })

  test('O4: results of a turn are function responses in one user turn, as output or error', () => {
    const { contents } = sent([answer(call('a'), call('b')), result('a', text('1')), failed('b', 'It broke.')])
    expect(contents[1]).toMatchObject({
      role: 'user',
      parts: [
        { functionResponse: { response: { output: '1' } } },
        { functionResponse: { response: { error: 'It broke.' } } },
      ],
    })
  })

  test('O5: images of results stand inside the response, or in a user turn behind the results', () => {
    const messages = [answer(call('a')), result('a', image)]
    expect(sent(messages, { toolResultImages: 'nested' }).contents[1]?.parts).toMatchObject([
      { functionResponse: { parts: [{ inlineData: { data: 'AAAA' } }] } },
    ])
    expect(sent(messages).contents[2]).toMatchObject({ role: 'user', parts: [{}, { inlineData: { data: 'AAAA' } }] })
  })

  test('O6: schemas lose const, which becomes enum', () => {
    const tool = { name: 'look', parameters: { type: 'object', properties: { at: { const: 'x' } } } }
    const { body } = sent({ messages: [user('go')], tools: [tool] })
    expect(JSON.stringify(body['tools'])).toContain('{"at":{"enum":["x"]}}')
  })

  test('O7: instructions are systemInstruction', () => {
    const { body } = sent({ systemPrompt: 'Be brief.', messages: [user('go')] })
    expect(body['systemInstruction']).toEqual({ parts: [{ text: 'Be brief.' }] })
  })

  test('O8: the first call of a turn that another model made carries the documented signature', () => {
    const foreign = said({ api: 'openai-chat', provider: 'openai', model: 'gpt' })
    const messages = [foreign(call('a'), call('b')), result('a', text('1')), result('b', text('2'))]
    const [turn] = sent(messages, { requiresToolCallSignature: true }).contents
    expect(turn?.parts.map((part) => part['thoughtSignature'])).toEqual(['skip_thought_signature_validator', undefined])
  })

  test('O9: images by address are left out where the host does not fetch them, and named', () => {
    const address: ImageContent = { type: 'image', url: 'https://example.com/a.png' }
    const messages: Message[] = [{ role: 'user', content: [address, address, text('See?')] }]
    expect(sent(messages, { imageUrls: false })).toMatchObject({
      contents: [{ parts: [{ text: 'See?' }] }],
      rules: ['O9 2'],
    })
  })

  test('O10: strict of tools is left out, and named', () => {
    expect(sent({ messages: [user('go')], tools: [strict] }).rules).toEqual(['O10 1'])
  })
})

describe('openai-responses', () => {
  const OWN = { api: 'openai-responses', provider: 'openai', model: 'gpt-test' } as const
  const answer = said(OWN)
  const sent = (context: Context | readonly Message[], compat: Json = {}) => {
    const given: Context = 'messages' in context ? context : { messages: context }
    const { input, body, warnings } = responses.encode({ context: given, model: responses.thinker({ compat }) })
    return { input, body, rules: rulesOf(warnings) }
  }
  const item = (more: object = {}) =>
    JSON.stringify({ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x', ...more })

  test('R1: only the first part of an id is sent as call_id, in calls and results', () => {
    const { input } = sent([answer(call('call_1|fc_1')), result('call_1|fc_1', text('1'))])
    expect(input.map(({ call_id: id }) => id)).toEqual(['call_1', 'call_1'])
  })

  test('R3: ids of items go back to the model that gave them, while the thoughts beside them do', () => {
    const turn = (...thoughts: AssistantContent[]) => [answer(...thoughts, call('call_1|fc_1')), result('call_1|fc_1')]
    const idOf = (messages: readonly Message[]): unknown =>
      sent(messages).input.find(({ type }) => type === 'function_call')?.['id']
    expect(idOf(turn(thought('', item())))).toBe('fc_1')
    expect(idOf(turn(thought('', item({ encrypted_content: null }))))).toBeUndefined()
    const [own, its] = turn()
    expect(idOf([{ ...(own as AssistantMessage), model: 'other' }, its as Message])).toBeUndefined()
  })

  test('R4: the id of an item that has not the form of its type is left out', () => {
    const { input } = sent([answer(call('call_1|msg_1')), result('call_1|msg_1')])
    expect(input[0]).not.toHaveProperty('id')
  })

  test('R5: a thought goes back as the item that came, and is named when the provider cannot read it', () => {
    const follows = call('call_1|fc_1')
    const readable = sent([answer(thought('', item()), follows), result('call_1|fc_1')])
    expect(readable.input[0]).toEqual(JSON.parse(item()))
    expect(readable.rules).toEqual([])
    const [lost, stranded] = [thought('', item({ encrypted_content: null })), thought('', item())]
    expect(sent([answer(lost, text('So.'), stranded)])).toMatchObject({ input: [{ content: 'So.' }], rules: ['R5 2'] })
  })

  test("R6: a text goes back with its message's id and phase", () => {
    const signed = { ...text('So.'), textSignature: JSON.stringify({ v: 1, id: 'msg_1', phase: 'final_answer' }) }
    expect(sent([answer(signed)]).input).toMatchObject([{ id: 'msg_1', phase: 'final_answer' }])
  })

  test('R7: a result is one text, or parts when there are images in it', () => {
    const messages = [answer(call('a'), call('b')), result('a', text('1'), text('2')), result('b', text('3'), image)]
    expect(sent(messages).input.slice(2)).toMatchObject([
      { output: '1\n2' },
      { output: [{ type: 'input_text' }, { type: 'input_image' }] },
    ])
  })

  test('R9: calls stand behind the texts of their turn where a host wants that', () => {
    const messages = [answer(call('a'), text('Looking.')), result('a')]
    const types = (compat: Json) => sent(messages, compat).input.map(({ type }) => type)
    expect(types({})).toEqual(['function_call', 'message', 'function_call_output'])
    expect(types({ supportsInterleavedToolCalls: false })).toEqual(['message', 'function_call', 'function_call_output'])
  })

  test('R10: strict is left out where the host does not know it, and named', () => {
    const context = { messages: [user('go')], tools: [strict] }
    expect(sent(context, { supportsStrictMode: false }).rules).toEqual(['R10 1'])
    expect(sent(context).rules).toEqual([])
  })
})
