import { describe, expect, test } from 'vitest'
import type { AssistantMessage, Message } from '../../../plugin-sdk/messages.ts'
import {
  call,
  collect,
  encode,
  itemDone,
  completed,
  message,
  model,
  request,
  sendSse,
  sse,
  startUpstream,
  thinker,
} from './support.ts'

const user: Message = { role: 'user', content: 'Hi' }

const answer = (content: AssistantMessage['content'], fields: Partial<AssistantMessage> = {}): AssistantMessage => ({
  role: 'assistant',
  content,
  api: 'openai-responses',
  provider: 'openai',
  model: 'gpt-test',
  ...fields,
})

const result = (toolCallId: string, text = 'sunny'): Message => ({
  role: 'toolResult',
  toolCallId,
  content: [{ type: 'text', text }],
  isError: false,
})

const weather = (id: string) => ({ type: 'toolCall', id, name: 'weather', arguments: { city: 'Rome' } }) as const

const thought = (item: object) =>
  ({
    type: 'thinking',
    thinking: 'Hm',
    thinkingSignature: JSON.stringify({ type: 'reasoning', id: 'rs_1', summary: [], ...item }),
  }) as const

const said = (text: string, id: string | undefined = 'msg_1', more: object = {}) =>
  ({
    type: 'text',
    text,
    textSignature: JSON.stringify({ v: 1, ...(id === undefined ? {} : { id }), ...more }),
  }) as const

const inputOf = (messages: readonly Message[], asked: Parameters<typeof encode>[0] = {}) =>
  encode({ context: { messages }, ...asked })

describe('ids of tool calls', () => {
  test('one made here goes back as the call_id and the item id it came with', () => {
    const { input } = inputOf([user, answer([weather('call_1|fc_1')]), result('call_1|fc_1')])
    expect(input.slice(1)).toEqual([
      { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'weather', arguments: '{"city":"Rome"}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'sunny' },
    ])
  })

  test('one of another provider is brought into the alphabet and the length, and its result follows', () => {
    const id = `functions.weather:0/${'x'.repeat(80)}`
    const { input } = inputOf([user, answer([weather(id)], { api: 'openai-chat', provider: 'kimi' }), result(id)])
    const [, first, second] = input
    expect(first?.['call_id']).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    expect(second?.['call_id']).toBe(first?.['call_id'])
    expect(first).not.toHaveProperty('id')
  })

  test('ids that differ only in what must be replaced stay apart', () => {
    const { input } = inputOf([
      user,
      answer([weather('a.b'), weather('a/b')], { api: 'openai-chat' }),
      result('a.b', 'one'),
      result('a/b', 'two'),
    ])
    const [one, two] = input.filter(({ type }) => type === 'function_call')
    expect(one?.['call_id']).not.toBe(two?.['call_id'])
    expect(input.filter(({ type }) => type === 'function_call_output')).toEqual([
      { type: 'function_call_output', call_id: one?.['call_id'], output: 'one' },
      { type: 'function_call_output', call_id: two?.['call_id'], output: 'two' },
    ])
  })

  test('a host that counts from zero in every answer gets each call_id once', () => {
    const { input } = inputOf([
      user,
      answer([weather('call_0|fc_a')]),
      result('call_0|fc_a', 'first'),
      answer([weather('call_0|fc_b')]),
      result('call_0|fc_b', 'second'),
    ])
    const ids = input.flatMap(({ type, call_id: id }) => (type === 'function_call' ? [id] : []))
    expect(new Set(ids).size).toBe(2)
    expect(
      input.flatMap(({ type, call_id: id, output }) => (type === 'function_call_output' ? [[id, output]] : [])),
    ).toEqual([
      [ids[0], 'first'],
      [ids[1], 'second'],
    ])
  })

  test('another model of the same provider gets no item ids: they are bound to thoughts it has not seen', () => {
    const { input } = inputOf([
      user,
      answer([said('ok'), weather('call_1|fc_1')], { model: 'gpt-older' }),
      result('call_1|fc_1'),
    ])
    expect(input.slice(1, 3)).toEqual([
      { type: 'message', role: 'assistant', content: 'ok' },
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Rome"}' },
    ])
  })

  test('an item id that is not of its type is left out', () => {
    const { input } = inputOf([user, answer([weather('call_1|62bf-uuid')]), result('call_1|62bf-uuid')])
    expect(input[1]).not.toHaveProperty('id')
    expect(input[1]?.['call_id']).toBe('call_1')
  })
})

describe('thoughts', () => {
  const encrypted = { encrypted_content: 'gAAA', status: 'completed' }

  test('go back as the item they came as, before what they led to', () => {
    const { input, warnings } = inputOf([
      user,
      answer([thought(encrypted), weather('call_1|fc_1')]),
      result('call_1|fc_1'),
    ])
    expect(input[1]).toEqual({ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' })
    expect(input[2]?.['id']).toBe('fc_1')
    expect(warnings).toEqual([])
  })

  test.each([
    ['model', { model: 'gpt-older' }],
    ['provider', { provider: 'azure' }],
    ['protocol', { api: 'anthropic-messages' }],
  ])('of another %s are left out, with a warning', (_, origin) => {
    const { input, warnings } = inputOf([user, answer([thought(encrypted), said('ok')], origin)])
    expect(input.slice(1)).toEqual([{ type: 'message', role: 'assistant', content: 'ok' }])
    expect(warnings).toMatchObject([{ rule: 'G3', feature: 'thinking' }, { rule: 'G5' }])
  })

  test('that nobody can read any more are left out, and with them the ids bound to them', () => {
    const { input } = inputOf([user, answer([thought({}), weather('call_1|fc_1')]), result('call_1|fc_1')])
    expect(input[1]).toEqual({
      type: 'function_call',
      call_id: 'call_1',
      name: 'weather',
      arguments: '{"city":"Rome"}',
    })
  })

  test('told in the open need no encryption', () => {
    const open = { content: [{ type: 'reasoning_text', text: 'Hm' }], encrypted_content: null }
    const { input } = inputOf([user, answer([thought(open), said('ok')])])
    expect(input[1]).toMatchObject({ type: 'reasoning', content: [{ text: 'Hm' }] })
  })

  test.each([
    ['nothing follows', []],
    ['a message without its id follows', [{ type: 'text', text: 'edited' } as const]],
  ])('are left out when %s: the provider refuses the request otherwise', (_, rest) => {
    const { input } = inputOf([user, answer([thought(encrypted), ...rest]), user])
    expect(input.some(({ type }) => type === 'reasoning')).toBe(false)
  })

  test('that the provider keeps for the client may go back as a reference', () => {
    const wire = { protocol: 'openai-responses', fields: { store: true } }
    const { input } = inputOf(
      [user, answer([thought({}), said('ok')], { provider: undefined, model: undefined } as object)],
      { wire },
    )
    expect(input[1]).toMatchObject({ type: 'reasoning', id: 'rs_1' })
  })

  test("items of the provider's own tools go back where they stood", async () => {
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'x' } }
    const events = [itemDone(0, search), itemDone(1, message('msg_1', 'found')), completed()]
    await using upstream = await startUpstream((response) => sendSse(response, sse(events)))
    const told = await collect(upstream.provider(), request({ model: thinker() }))
    const { input } = inputOf([user, told.message], { model: thinker() })
    expect(input.slice(1)).toMatchObject([search, { type: 'message', id: 'msg_1' }])
  })
})

describe('texts', () => {
  test('keep their id and phase for the model that wrote them', () => {
    const { input } = inputOf([user, answer([said('wait', 'msg_1', { phase: 'commentary' })])])
    expect(input[1]).toEqual({
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'wait', annotations: [] }],
      phase: 'commentary',
    })
  })

  test('of one message become one item again', () => {
    const { input } = inputOf([user, answer([said('a'), said('b'), said('c', 'msg_2')])])
    expect(input.slice(1)).toMatchObject([
      { id: 'msg_1', content: [{ text: 'a' }, { text: 'b' }] },
      { id: 'msg_2', content: [{ text: 'c' }] },
    ])
  })

  test.each(['capture-id-7', `msg_${'x'.repeat(80)}`])(
    'with the id %s get one the provider takes, always the same',
    (id) => {
      const [first, second] = [1, 2].map(() => inputOf([user, answer([said('a', id)])]).input[1]?.['id'])
      expect(first).toMatch(/^msg_[0-9a-f]{32}$/)
      expect(second).toBe(first)
    },
  )

  test('that were a refusal go back as one', () => {
    const { input } = inputOf([user, answer([said('No.', 'msg_1', { refusal: true })])])
    expect(input[1]?.['content']).toEqual([{ type: 'refusal', refusal: 'No.' }])
  })

  test('with half a surrogate pair become well-formed', () => {
    const { input } = inputOf([{ role: 'user', content: 'cut \ud83d' }, answer([{ type: 'text', text: 'x\udc00' }])])
    expect(JSON.stringify(input)).not.toMatch(/\\ud[89a-f]/i)
  })
})

describe('images', () => {
  const image = { type: 'image', mimeType: 'image/png', data: 'AAAA' } as const
  const screenshot: Message = {
    role: 'toolResult',
    toolCallId: 'c',
    content: [{ type: 'text', text: 'see' }, image],
    isError: false,
  }

  test('of users and of tools are sent as parts', () => {
    const { input } = inputOf([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { ...image, detail: 'low' },
          { type: 'image', url: 'https://x.test/a.png' },
        ],
      },
      answer([weather('c')]),
      screenshot,
    ])
    expect(input[0]?.['content']).toEqual([
      { type: 'input_text', text: 'look' },
      { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'low' },
      { type: 'input_image', image_url: 'https://x.test/a.png', detail: 'auto' },
    ])
    expect(input[2]?.['output']).toEqual([
      { type: 'input_text', text: 'see' },
      { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' },
    ])
  })

  test('are replaced by one line for a model without eyes, with one warning', () => {
    const blind = model({ input: ['text'] })
    const { input, warnings } = inputOf(
      [{ role: 'user', content: [image, image] }, answer([weather('c')]), screenshot],
      { model: blind },
    )
    expect(input[0]?.['content']).toMatch(/left out/)
    expect(input[2]?.['output']).toMatch(/^see\n.*left out/)
    expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'image' }])
  })
})

describe('histories that the provider would refuse', () => {
  test('a call without a result gets one that says so', () => {
    const { input, warnings } = inputOf([user, answer([weather('call_1|fc_1')]), user])
    expect(input.map(({ type }) => type)).toEqual(['message', 'function_call', 'function_call_output', 'message'])
    expect(warnings).toMatchObject([{ feature: 'tool-result' }])
  })

  test('results stand behind their calls, wherever they came', () => {
    const { input } = inputOf([
      user,
      answer([weather('a'), weather('b')]),
      result('b', 'B'),
      { role: 'system', content: 'be brief' },
      user,
      result('a', 'A'),
    ])
    const shown = input.map((item) => item['output'] ?? item['call_id'] ?? item['role'])
    expect(shown).toEqual(['user', 'a', 'b', 'A', 'B', 'system', 'user'])
  })

  test('failed and aborted answers are left out with the results of their calls', () => {
    const { input, warnings } = inputOf([
      user,
      answer([weather('a')], { stopReason: 'error' }),
      result('a'),
      answer([said('half')], { stopReason: 'aborted' }),
      user,
    ])
    expect(input.map(({ role }) => role)).toEqual(['user', 'user'])
    expect(warnings).toMatchObject([{ rule: 'G8', count: 2 }])
  })

  test('a result without its call is left out, with a warning; kept when the provider has the call', () => {
    const alone = inputOf([result('call_9'), user])
    expect(alone.input.map(({ type }) => type)).toEqual(['message'])
    expect(alone.warnings).toMatchObject([{ feature: 'tool-result' }])
    const stored = inputOf([result('call_9'), user], {
      wire: { protocol: 'openai-responses', fields: { previous_response_id: 'resp_0' } },
    })
    expect(stored.input[0]).toEqual({ type: 'function_call_output', call_id: 'call_9', output: 'sunny' })
    expect(stored.warnings).toEqual([])
  })

  test('calls stand last in their turn for a host that wants them so', () => {
    const { input } = inputOf([user, answer([weather('a'), said('and'), weather('b')]), result('a'), result('b')], {
      model: model({ compat: { supportsInterleavedToolCalls: false } }),
    })
    expect(input.map(({ type }) => type)).toEqual([
      'message',
      'message',
      'function_call',
      'function_call',
      'function_call_output',
      'function_call_output',
    ])
  })

  test("the model's own spelling of its arguments goes back, unless they were changed", async () => {
    const args = '{ "city": "Rome", "big": 1.0 }'
    await using upstream = await startUpstream((response) =>
      sendSse(response, sse([itemDone(0, call('fc_1', 'call_1', args)), completed()])),
    )
    const { message: told } = await collect(upstream.provider())
    expect(inputOf([user, told, result('call_1|fc_1')]).input[1]?.['arguments']).toBe(args)
    const [part] = told.content
    const changed = { ...told, content: [{ ...part, arguments: { city: 'Paris' } } as typeof part & object] }
    expect(inputOf([user, changed, result('call_1|fc_1')]).input[1]?.['arguments']).toBe('{"city":"Paris"}')
  })
})

describe('instructions', () => {
  const later: Message[] = [user, { role: 'system', content: 'be brief' }, user]

  test('the first is a field, later ones stay where they are', () => {
    const { body, input } = encode({ context: { systemPrompt: 'be kind', messages: later } })
    expect(body['instructions']).toBe('be kind')
    expect(input.map(({ role }) => role)).toEqual(['user', 'system', 'user'])
  })

  test('have the role developer for a model that reasons, unless the host knows only system', () => {
    const asked = (compat: object) => inputOf(later, { model: thinker({ compat: { ...compat } }) }).input[1]?.['role']
    expect(asked({})).toBe('developer')
    expect(asked({ supportsDeveloperRole: false })).toBe('system')
  })

  test('are messages for a host without the field', () => {
    const { body, input } = encode({
      context: { systemPrompt: 'be kind', messages: [user] },
      model: model({ compat: { supportsInstructions: false } }),
    })
    expect(body).not.toHaveProperty('instructions')
    expect(input[0]).toEqual({ type: 'message', role: 'system', content: 'be kind' })
  })

  test('inside the conversation move to its start, with a warning, where the model wants that', () => {
    const { body, input, warnings } = encode({
      context: { systemPrompt: 'be kind', messages: later },
      model: model({ compat: { supportsMidConvoSystemMessages: false } }),
    })
    expect(body['instructions']).toBe('be kind\n\nbe brief')
    expect(input.map(({ role }) => role)).toEqual(['user', 'user'])
    expect(warnings).toMatchObject([{ feature: 'system-message' }])
  })
})
