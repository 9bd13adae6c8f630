import { describe, expect, it } from 'vitest'
import type { ToolCall } from '../../../plugin-sdk/index.ts'
import { call, type Exchange } from './support/call.ts'
import { sendEvents, sendJson, sse } from './support/host.ts'

interface Choice {
  readonly finish_reason?: string | null
  readonly index?: number
  readonly usage?: unknown
}

const chunk = (delta: object, choice: Choice = {}, more: object = {}): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'test-model',
  choices: [{ index: 0, delta, finish_reason: null, ...choice }],
  ...more,
})
const end = (reason = 'stop'): object => chunk({}, { finish_reason: reason })
const usage = (counts: object): object => ({ ...chunk({}), choices: [], usage: counts })

const stream = (payloads: readonly unknown[], compat: Readonly<Record<string, unknown>> = {}): Promise<Exchange> =>
  call(sendEvents(sse(...payloads, '[DONE]')), {}, { compat })

const callsOf = ({ content }: Exchange): readonly ToolCall[] => content.filter((part) => part.type === 'toolCall')

describe('a streamed answer', () => {
  it('is told as start, blocks in order, finish', async () => {
    const told = await stream([
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'Hel' }),
      chunk({ content: 'lo' }),
      end(),
    ])
    expect(told.events).toEqual([
      { type: 'start', responseId: 'chatcmpl-1' },
      { type: 'text_start', contentIndex: 0 },
      { type: 'text_delta', contentIndex: 0, delta: 'Hel' },
      { type: 'text_delta', contentIndex: 0, delta: 'lo' },
      { type: 'text_end', contentIndex: 0, content: 'Hello' },
      { type: 'finish', reason: 'stop', rawReason: 'stop' },
    ])
  })

  it('names the model that answered when it is another one', async () => {
    const told = await stream([chunk({ content: 'x' }, {}, { model: 'test-model-2026' }), end()])
    expect(told.start).toEqual({ type: 'start', responseId: 'chatcmpl-1', responseModel: 'test-model-2026' })
  })

  it('is not begun by a chunk without content, so that another provider can still be tried', async () => {
    const told = await call(
      sendEvents(sse(chunk({ role: 'assistant', content: '' })), sse({ error: { message: 'Overloaded', code: 503 } })),
    )
    expect(told.batches).toEqual([])
    expect(told.error).toMatchObject({ class: 'overloaded', status: 503, message: 'Overloaded' })
  })

  it('tells choice 0 and keeps every choice in the frames', async () => {
    const other = chunk({ content: 'other' }, { index: 1 })
    const payloads = [
      chunk({ content: 'a' }),
      other,
      chunk({}, { index: 1, finish_reason: 'stop' }),
      chunk({ content: 'b' }),
      end(),
    ]
    const told = await stream(payloads)
    expect(told.text).toBe('ab')
    const frames = told.batches.flatMap(({ wire }) => wire?.frames ?? [])
    // The end of choice 1 came before more content, so it stays where it was.
    expect(frames.map((frame) => JSON.parse(frame))).toEqual(payloads.slice(0, 4))
    expect(told.batches.at(-1)?.wire?.tail).toEqual([end()])
  })
})

describe('reasoning', () => {
  it.each(['reasoning_content', 'reasoning', 'reasoning_text'])(
    'in the field %s closes when the answer begins',
    async (field) => {
      const told = await stream([
        chunk({ [field]: 'I ' }),
        chunk({ [field]: 'think' }),
        chunk({ content: 'so' }),
        end(),
      ])
      expect(told.content).toEqual([
        { type: 'thinking', thinking: 'I think', thinkingSignature: field },
        { type: 'text', text: 'so' },
      ])
      expect(told.events.map(({ type }) => type).indexOf('thinking_end')).toBeLessThan(
        told.events.map(({ type }) => type).indexOf('text_start'),
      )
    },
  )

  it('comes before content of the same delta, and is not told twice by a host that sends it twice', async () => {
    const told = await stream([chunk({ reasoning_content: 'why', reasoning: 'why', content: 'what' }), end()])
    expect(told.content).toEqual([
      { type: 'thinking', thinking: 'why', thinkingSignature: 'reasoning_content' },
      { type: 'text', text: 'what' },
    ])
  })

  it('keeps OpenRouter details whole, pieces joined and signature included', async () => {
    const detail = (fields: object): object => ({
      type: 'reasoning.text',
      index: 0,
      format: 'anthropic-claude-v1',
      ...fields,
    })
    const told = await stream([
      chunk({ content: '', reasoning: 'Hm', reasoning_details: [detail({ text: 'Hm' })] }),
      chunk({ content: '', reasoning: ' yes', reasoning_details: [detail({ text: ' yes' })] }),
      chunk({ content: '', reasoning: null, reasoning_details: [detail({ text: '', signature: 'c2ln' })] }),
      chunk({ content: 'Yes', reasoning_details: [] }),
      end(),
    ])
    const [thought] = told.content
    expect(thought).toMatchObject({ type: 'thinking', thinking: 'Hm yes' })
    expect(JSON.parse((thought as { thinkingSignature: string }).thinkingSignature)).toEqual([
      detail({ text: 'Hm yes', signature: 'c2ln' }),
    ])
  })

  it('keeps encrypted details that have no words, before or behind the answer', async () => {
    const secret = { type: 'reasoning.encrypted', data: 'gAAAA', id: 'rs_1', index: 0 }
    const before = await stream([chunk({ reasoning_details: [secret] }), chunk({ content: 'x' }), end()])
    const behind = await stream([chunk({ content: 'x' }), chunk({ reasoning_details: [secret] }), end()])
    const thought = { type: 'thinking', thinking: '', thinkingSignature: JSON.stringify([secret]) }
    expect(before.content).toEqual([thought, { type: 'text', text: 'x' }])
    expect(behind.content).toEqual([{ type: 'text', text: 'x' }, thought])
  })

  it('is read out of Mistral content parts', async () => {
    const told = await stream([
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Let me ' }] }] }),
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'see' }] }] }),
      chunk({ content: [{ type: 'text', text: '4' }] }),
      chunk({ content: '2' }),
      end(),
    ])
    expect(told.content).toEqual([
      { type: 'thinking', thinking: 'Let me see', thinkingSignature: 'content.thinking' },
      { type: 'text', text: '42' },
    ])
  })
})

describe('tool calls', () => {
  const piece = (fields: object): object => chunk({ tool_calls: [fields] })

  it('grow by index, with a name that comes late and an id that later is empty', async () => {
    const told = await stream([
      piece({ index: 0, id: 'call_a', type: 'function', function: { arguments: '' } }),
      piece({ index: 0, id: '', function: { arguments: '{"city"' } }),
      piece({ index: 0, id: '', function: { name: 'weather', arguments: '' } }),
      piece({ index: 0, id: '', function: { name: '', arguments: ':"Paris"}' } }),
      end('tool_calls'),
    ])
    expect(callsOf(told)).toEqual([{ type: 'toolCall', id: 'call_a', name: 'weather', arguments: { city: 'Paris' } }])
    expect(told.events.filter(({ type }) => type === 'toolcall_delta')).toHaveLength(2)
    expect(told.finish?.reason).toBe('toolUse')
  })

  it('may come whole, in one chunk, several at once, and without an index', async () => {
    const told = await stream([
      chunk({
        tool_calls: [
          { id: 'a', function: { name: 'f', arguments: '{"n":1}' } },
          { id: 'b', function: { name: 'f', arguments: '{"n":2}' } },
        ],
      }),
      end('tool_calls'),
    ])
    expect(callsOf(told).map(({ id, arguments: args }) => [id, args])).toEqual([
      ['a', { n: 1 }],
      ['b', { n: 2 }],
    ])
  })

  it('interleave', async () => {
    const told = await stream([
      piece({ index: 0, id: 'a', function: { name: 'f', arguments: '{"n"' } }),
      piece({ index: 1, id: 'b', function: { name: 'g', arguments: '{"m"' } }),
      piece({ index: 0, function: { arguments: ':1}' } }),
      piece({ index: 1, function: { arguments: ':2}' } }),
      end('tool_calls'),
    ])
    expect(callsOf(told).map(({ name, arguments: args }) => [name, args])).toEqual([
      ['f', { n: 1 }],
      ['g', { m: 2 }],
    ])
  })

  it('that share an index are told apart by their ids', async () => {
    const told = await stream([
      piece({ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }),
      piece({ index: 0, id: 'b', function: { name: 'f', arguments: '{}' } }),
      end('tool_calls'),
    ])
    expect(callsOf(told).map(({ id }) => id)).toEqual(['a', 'b'])
  })

  it('without an id get one, different for each', async () => {
    const told = await stream([
      chunk({ tool_calls: [{ function: { name: 'f', arguments: '{}' } }, { function: { name: 'g' } }] }),
      end(),
    ])
    const [first, second] = callsOf(told)
    expect(first).toMatchObject({ name: 'f', arguments: {}, id: expect.stringMatching(/^call_[0-9a-f]{24}$/) })
    expect(second).toMatchObject({ name: 'g', arguments: {} })
    expect(second?.id).not.toBe(first?.id)
  })

  it('mean "toolUse" also where the host says stop', async () => {
    const told = await stream([piece({ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }), end('stop')])
    expect(told.finish).toMatchObject({ reason: 'toolUse', rawReason: 'stop' })
  })

  it('cut by the length limit stay "length", with the arguments marked as unreadable', async () => {
    const told = await stream([
      piece({ index: 0, id: 'a', function: { name: 'f', arguments: '{"n":' } }),
      end('length'),
    ])
    expect(told.finish?.reason).toBe('length')
    expect(callsOf(told)[0]).toMatchObject({ arguments: {}, argumentsError: expect.stringContaining('not JSON') })
  })

  it('keep what only this protocol knows: extra fields and the spelling of the arguments', async () => {
    const extra = { google: { thought_signature: 'c2ln' } }
    const told = await stream([
      piece({ index: 0, id: 'a', function: { name: 'f', arguments: '{"n": 1}' }, extra_content: extra }),
      end('tool_calls'),
    ])
    expect(callsOf(told)[0]?.providerMetadata).toEqual({
      'openai-chat': { extra_content: extra, arguments: '{"n": 1}' },
    })
  })

  it('of the older kind and of the custom kind are told as calls', async () => {
    const legacy = await stream([
      chunk({ function_call: { name: 'f', arguments: '' } }),
      chunk({ function_call: { arguments: '{"n":1}' } }),
      end('function_call'),
    ])
    expect(callsOf(legacy)[0]).toMatchObject({ name: 'f', arguments: { n: 1 } })
    const custom = await stream([
      piece({ index: 0, id: 'c', type: 'custom', custom: { name: 'sql', input: 'select "a"' } }),
      piece({ index: 0, custom: { input: '\nfrom b' } }),
      end('tool_calls'),
    ])
    expect(callsOf(custom)[0]).toMatchObject({
      name: 'sql',
      arguments: { input: 'select "a"\nfrom b' },
      providerMetadata: { 'openai-chat': { type: 'custom' } },
    })
  })

  it('without a name or arguments are no calls', async () => {
    const told = await stream([
      piece({}),
      piece({ index: 0, id: 'a', function: { name: '', arguments: '' } }),
      chunk({ content: 'x' }),
      end(),
    ])
    expect(told.content).toEqual([{ type: 'text', text: 'x' }])
    expect(told.finish?.reason).toBe('stop')
  })

  it('that are empty stubs are no calls', async () => {
    const stubs = { content: 'x', refusal: '', audio: {}, function_call: {}, tool_calls: null }
    const told = await stream([chunk(stubs, {}, { id: '', error: null }), end()])
    expect(told.content).toEqual([{ type: 'text', text: 'x' }])
    expect(told.finish?.reason).toBe('stop')
  })
})

describe('the end of an answer', () => {
  it.each([
    ['stop', 'stop'],
    ['eos', 'stop'],
    ['COMPLETE', 'stop'],
    ['length', 'length'],
    ['model_length', 'length'],
    ['tool_calls', 'toolUse'],
    ['content_filter', 'contentFilter'],
    ['something_new', 'stop'],
  ])('%s means %s', async (raw, reason) => {
    expect((await stream([chunk({ content: 'x' }), end(raw)])).finish).toMatchObject({ reason, rawReason: raw })
  })

  it.each([
    ['error', 'server'],
    ['network_error', 'network'],
    ['insufficient_system_resource', 'overloaded'],
    ['model_context_window_exceeded', 'context_overflow'],
  ])('%s is the failure %s', async (raw, errorClass) => {
    const told = await stream([chunk({ content: 'x' }), end(raw)])
    expect(told.error).toMatchObject({ class: errorClass, providerCode: raw })
    expect(told.finish).toBeUndefined()
    expect(told.text).toBe('x')
  })

  it('keeps content that arrives with the finish_reason, before the finish', async () => {
    const told = await stream([chunk({ content: 'a' }), chunk({ content: 'b' }, { finish_reason: 'stop' })])
    expect(told.text).toBe('ab')
    expect(told.events.at(-1)?.type).toBe('finish')
    const { wire } = told.batches.at(-1) ?? {}
    expect(wire?.tail).toEqual([chunk({ content: 'b' }, { finish_reason: 'stop' })])
  })

  it('a refusal is text, and stops for content', async () => {
    const told = await stream([chunk({ refusal: 'I cannot ' }), chunk({ refusal: 'do that.' }), end()])
    expect(told.text).toBe('I cannot do that.')
    expect(told.finish?.reason).toBe('contentFilter')
  })

  it('without a finish_reason is a failure, [DONE] or not', async () => {
    const cut = await call(sendEvents(sse(chunk({ content: 'x' }))))
    const done = await stream([chunk({ content: 'x' })])
    for (const told of [cut, done]) {
      expect(told.error).toMatchObject({ class: 'network', retryable: true, providerCode: 'truncated' })
      expect(told.error?.message).toContain('ended before the answer was complete')
      expect(told.finish).toBeUndefined()
    }
  })

  it('without a finish_reason is fine for a host that never sends one, when it closed the stream itself', async () => {
    const compat = { supportsFinishReason: false }
    const payloads = [chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }] })]
    expect((await stream(payloads, compat)).finish).toMatchObject({ reason: 'toolUse' })
    expect((await call(sendEvents(sse(...payloads)), {}, { compat })).error?.class).toBe('network')
  })

  it('an error behind the finish_reason wins', async () => {
    const told = await stream([
      chunk({ content: 'x' }),
      end(),
      { error: { message: 'Token limit reached', code: 400 } },
    ])
    expect(told.error).toMatchObject({ class: 'invalid_request', message: 'Token limit reached', status: 400 })
    expect(told.finish).toBeUndefined()
  })

  it.each([
    ['an error event', 'event: error\ndata: {"message":"Rate limit reached","status_code":429}\n\n', 'rate_limit'],
    ['an error object', sse({ object: 'error', message: 'Boom', type: 'internal_error', code: 500 }), 'server'],
    ['an error text', sse({ error: 'The server is overloaded' }), 'overloaded'],
    ['an error in a choice', sse({ choices: [{ index: 0, error: { code: 502, message: 'x' } }] }), 'server'],
  ])('%s inside a stream is a failure', async (_name, text, errorClass) => {
    const told = await call(sendEvents(sse(chunk({ content: 'x' })) + text))
    expect(told.text).toBe('x')
    expect(told.error?.class).toBe(errorClass)
  })

  it('is told once everything has come, with the last token counts', async () => {
    const told = await stream([
      chunk({ content: 'a' }, {}, { usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 } }),
      chunk({ content: 'b' }, {}, { usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } }),
      end(),
      usage({ prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 }),
    ])
    expect(told.finish?.usage).toEqual({ input: 5, output: 3, cacheRead: 0, cacheWrite: 0, totalTokens: 8 })
    expect(told.events.filter(({ type }) => type === 'finish')).toHaveLength(1)
  })
})

describe('frames for a door of the same protocol', () => {
  it('are the payloads as they came; what closes the answer is in the tail of the last batch', async () => {
    const spaced = '{"choices": [{"index": 0, "delta": {"content": "a"}}] , "x": [1.0]}'
    const counts = usage({ prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 })
    const told = await stream([spaced, end(), counts])
    expect(told.batches.flatMap(({ wire }) => wire?.frames ?? [])).toEqual([spaced])
    expect(told.batches.map(({ wire }) => wire?.protocol)).toEqual(told.batches.map(() => 'openai-chat'))
    expect(told.batches.at(-1)?.wire?.tail).toEqual([end(), counts])
  })

  it('lose nothing when a chunk has no events of its own', async () => {
    const role = chunk({ role: 'assistant', content: '' })
    const empty = chunk({ content: '' })
    const told = await call(
      sendEvents(sse(role), sse(empty), sse(chunk({ content: 'x' })), sse(empty, end(), '[DONE]')),
    )
    expect(told.batches.flatMap(({ wire }) => wire?.frames ?? []).map((frame) => JSON.parse(frame))).toEqual([
      role,
      empty,
      chunk({ content: 'x' }),
      empty,
    ])
    for (const batch of told.batches) expect(batch.length).toBeGreaterThan(0)
  })
})

describe('token counts', () => {
  const plain = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0 }
  it.each([
    [
      'OpenAI',
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 80 },
        completion_tokens_details: { reasoning_tokens: 20 },
      },
      {},
      { input: 20, output: 50, cacheRead: 80, reasoning: 20, totalTokens: 150 },
    ],
    [
      'xAI: reasoning beside completion',
      {
        prompt_tokens: 307,
        completion_tokens: 26,
        total_tokens: 560,
        completion_tokens_details: { reasoning_tokens: 227 },
      },
      {},
      { input: 307, output: 253, reasoning: 227, totalTokens: 560 },
    ],
    [
      'reasoning beside completion without a total',
      { prompt_tokens: 10, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 7 } },
      { outputExcludesReasoning: true },
      { input: 10, output: 12, reasoning: 7, totalTokens: 22 },
    ],
    [
      'Gemini: thoughts only in the total',
      { prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 },
      { usageTotalIsTruth: true },
      { input: 35, output: 74, totalTokens: 109 },
    ],
    [
      'the same total where it is not truth',
      { prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 },
      {},
      { input: 35, output: 12, totalTokens: 47 },
    ],
    [
      'Mistral: audio beside the prompt',
      { prompt_tokens: 9, completion_tokens: 201, total_tokens: 585, prompt_tokens_details: { audio_tokens: 375 } },
      { usageTotalIsTruth: true },
      { input: 384, output: 201, audioInput: 375, totalTokens: 585 },
    ],
    [
      'more reasoning than output',
      {
        prompt_tokens: 43,
        completion_tokens: 10,
        total_tokens: 53,
        completion_tokens_details: { reasoning_tokens: 11 },
      },
      {},
      { input: 43, output: 10, reasoning: 10, totalTokens: 53 },
    ],
    [
      'DeepSeek cache',
      { prompt_tokens: 100, completion_tokens: 1, prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 36 },
      {},
      { input: 36, output: 1, cacheRead: 64, totalTokens: 101 },
    ],
    [
      'Moonshot cache',
      { prompt_tokens: 100, completion_tokens: 1, cached_tokens: 10 },
      {},
      { input: 90, output: 1, cacheRead: 10, totalTokens: 101 },
    ],
    [
      'Mistral cache',
      { prompt_tokens: 100, completion_tokens: 1, num_cached_tokens: 10 },
      {},
      { input: 90, output: 1, cacheRead: 10, totalTokens: 101 },
    ],
    [
      'OpenRouter cache write',
      {
        prompt_tokens: 100,
        completion_tokens: 1,
        prompt_tokens_details: { cached_tokens: 10, cache_write_tokens: 50 },
      },
      {},
      { input: 40, output: 1, cacheRead: 10, cacheWrite: 50, totalTokens: 101 },
    ],
  ])('%s', async (_name, counts, compat, wanted) => {
    const told = await stream([chunk({ content: 'x' }), end(), usage(counts)], compat)
    expect(told.finish?.usage).toEqual({ ...plain, ...wanted })
  })

  it('are found in the choice and in x_groq', async () => {
    const counts = { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 }
    const inChoice = await stream([chunk({ content: 'x' }), chunk({}, { finish_reason: 'stop', usage: counts })])
    const inGroq = await stream([chunk({ content: 'x' }), { ...end(), x_groq: { usage: counts } }])
    expect(inChoice.finish?.usage?.totalTokens).toBe(5)
    expect(inGroq.finish?.usage?.totalTokens).toBe(5)
  })

  it('that are all zero were not told', async () => {
    const told = await stream([
      chunk({ content: 'x' }),
      end(),
      usage({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }),
    ])
    expect(told.finish).toEqual({ type: 'finish', reason: 'stop', rawReason: 'stop' })
  })
})

describe('an answer in one piece', () => {
  const answer = {
    id: 'chatcmpl-9',
    object: 'chat.completion',
    model: 'test-model',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          reasoning_content: 'hm',
          content: 'x',
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"n":1}' } }],
        },
        finish_reason: 'tool_calls',
      },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    vendor: { kept: true },
  }

  it('is one batch with the same events, and the object in its tail', async () => {
    const told = await call(sendJson(answer), { stream: false })
    expect(told.batches).toHaveLength(1)
    expect(told.content).toEqual([
      { type: 'thinking', thinking: 'hm', thinkingSignature: 'reasoning_content' },
      { type: 'text', text: 'x' },
      { type: 'toolCall', id: 'a', name: 'f', arguments: { n: 1 } },
    ])
    expect(told.finish).toMatchObject({ reason: 'toolUse', usage: { totalTokens: 7 } })
    expect(told.batches[0]?.wire).toEqual({
      protocol: 'openai-chat',
      frames: [],
      tail: [answer],
      text: JSON.stringify(answer),
    })
    expect(told.sent?.body).not.toHaveProperty('stream')
  })

  it('is told without the object to a caller who wanted a stream', async () => {
    const told = await call(sendJson(answer))
    expect(told.finish?.reason).toBe('toolUse')
    expect(told.batches[0]?.wire).toBeUndefined()
  })

  it('may lack a finish_reason: the object is whole', async () => {
    const told = await call(sendJson({ choices: [{ message: { content: 'x' } }] }), { stream: false })
    expect(told.finish).toEqual({ type: 'finish', reason: 'stop' })
  })

  it('with an error or without a choice is a failure', async () => {
    const error = await call(sendJson({ error: { message: 'filtered', code: 'content_filter' } }), { stream: false })
    const none = await call(sendJson({ id: 'x', choices: [] }), { stream: false })
    expect(error.error).toMatchObject({ class: 'content_filter', message: 'filtered' })
    expect(none.error).toMatchObject({ class: 'server' })
  })
})
