import { describe, expect, it } from 'vitest'
import type { GenerationOptions, Model, ReasoningLevel, Tool } from '../../../plugin-sdk/index.ts'
import { call } from './support/call.ts'
import { encode } from './support/encode.ts'
import { sendJson } from './support/host.ts'

const tool: Tool = { name: 'f', description: 'Does f', parameters: { type: 'object', properties: {} }, strict: true }
const context = { messages: [{ role: 'user', content: 'Hi' }], tools: [tool] } as const

describe('options', () => {
  it('have the names of the protocol', () => {
    const options: GenerationOptions = {
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      maxTokens: 100,
      stop: ['a', 'b'],
      seed: 7,
      presencePenalty: 1,
      frequencyPenalty: -1,
      user: 'u',
      metadata: { k: 'v' },
      parallelToolCalls: false,
      toolChoice: { tool: 'f' },
    }
    expect(encode({ context, options }).body).toMatchObject({
      model: 'test-model',
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      max_tokens: 100,
      stop: ['a', 'b'],
      seed: 7,
      presence_penalty: 1,
      frequency_penalty: -1,
      user: 'u',
      metadata: { k: 'v' },
      parallel_tool_calls: false,
      tool_choice: { type: 'function', function: { name: 'f' } },
    })
  })

  it('that are not given leave no field behind', () => {
    expect(Object.keys(encode({}).body)).toEqual(['model', 'messages'])
  })

  it('follow the host in their names', () => {
    const options = { maxTokens: 5, seed: 7, toolChoice: 'required' } as const
    const { body, warnings } = encode(
      { context, options },
      { maxTokensField: 'max_completion_tokens', seedField: 'random_seed', toolChoiceRequired: 'any' },
    )
    expect(body).toMatchObject({ max_completion_tokens: 5, random_seed: 7, tool_choice: 'any' })
    expect(body).not.toHaveProperty('max_tokens')
    expect(body).not.toHaveProperty('seed')
    expect(warnings).toMatchObject([{ feature: 'tools.strict' }])
  })

  it('that the model refuses are left out, each with a warning; so are fields without a unified name', () => {
    const { body, warnings } = encode(
      { options: { topK: 4, temperature: 1 }, wire: { protocol: 'openai-chat', fields: { logit_bias: {}, n: 2 } } },
      { unsupportedOptions: ['topK', 'temperature', 'logit_bias', 'seed'] },
    )
    expect(Object.keys(body).toSorted()).toEqual(['messages', 'model', 'n'])
    expect(warnings.map(({ type, feature }) => [type, feature])).toEqual([
      ['unsupported', 'topK'],
      ['unsupported', 'temperature'],
      ['unsupported', 'logit_bias'],
    ])
  })

  it('reach the caller as warnings on the start event', async () => {
    const told = await call(
      sendJson({ choices: [{ message: { content: 'x' }, finish_reason: 'stop' }] }),
      { stream: false, options: { topK: 4 } },
      { compat: { unsupportedOptions: ['topK'] } },
    )
    expect(told.start?.warnings).toMatchObject([{ type: 'unsupported', feature: 'topK' }])
  })
})

describe('streams', () => {
  it('always ask for token counts, unless the host cannot take the question', () => {
    expect(encode({ stream: true }).body).toMatchObject({ stream: true, stream_options: { include_usage: true } })
    expect(encode({ stream: true }, { supportsUsageInStreaming: false }).body).not.toHaveProperty('stream_options')
    expect(encode({ stream: false }).body).not.toHaveProperty('stream')
  })

  it("keep the caller's other stream options", () => {
    const wire = { protocol: 'openai-chat', fields: { stream_options: { include_obfuscation: false } } }
    expect(encode({ stream: true, wire }).body['stream_options']).toEqual({
      include_obfuscation: false,
      include_usage: true,
    })
    expect(encode({ stream: false, wire }).body).not.toHaveProperty('stream_options')
  })
})

describe('fields without a unified name', () => {
  it('go to hosts of this protocol as they came, under ours, and not to others', () => {
    const fields = { logprobs: true, temperature: 2, vendor: { a: [1] } }
    const options = { temperature: 0.1 }
    expect(encode({ options, wire: { protocol: 'openai-chat', fields } }).body).toMatchObject({
      logprobs: true,
      temperature: 0.1,
      vendor: { a: [1] },
    })
    expect(encode({ wire: { protocol: 'anthropic-messages', fields } }).body).not.toHaveProperty('vendor')
  })

  it('options for this provider win over everything, those for another do nothing', () => {
    const options: GenerationOptions = {
      temperature: 0.1,
      providerOptions: { test: { temperature: 0.7, service_tier: 'flex' }, other: { top_p: 1 } },
    }
    const { body } = encode({ options })
    expect(body).toMatchObject({ temperature: 0.7, service_tier: 'flex' })
    expect(body).not.toHaveProperty('top_p')
  })
})

describe('tools', () => {
  it('carry "strict" only where the host knows it', () => {
    const strictOf = (supportsStrictMode: boolean): unknown =>
      (encode({ context }, { supportsStrictMode }).body['tools'] as { function: object }[])[0]?.function
    expect(strictOf(true)).toEqual({ ...tool })
    expect(strictOf(false)).not.toHaveProperty('strict')
  })

  it('of other kinds are sent along as they came', () => {
    const search = { type: 'web_search', web_search: { max: 3 } }
    const wire = { protocol: 'openai-chat', fields: { tools: [search], tool_choice: { type: 'allowed_tools' } } }
    expect(encode({ context, wire }).body).toMatchObject({
      tools: [{ type: 'function' }, search],
      tool_choice: { type: 'allowed_tools' },
    })
  })

  it('are left out with a warning for a model that has none', () => {
    const { body, warnings } = encode({ context, options: { toolChoice: 'auto' } }, {}, { tools: false })
    expect(body).not.toHaveProperty('tools')
    expect(body).not.toHaveProperty('tool_choice')
    expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'tools' }])
  })

  it('that must be called become "auto" with a warning where the host cannot make it', () => {
    const { body, warnings } = encode(
      { context, options: { toolChoice: 'required' } },
      { toolChoiceRequired: 'unsupported', supportsStrictMode: true },
    )
    expect(body['tool_choice']).toBe('auto')
    expect(warnings).toMatchObject([{ type: 'compatibility', feature: 'toolChoice' }])
  })
})

describe('JSON answers', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } } }
  const responseFormat = { type: 'json', schema, name: 'out', strict: true } as const

  it('are asked for with a schema or without', () => {
    expect(encode({ options: { responseFormat } }).body['response_format']).toEqual({
      type: 'json_schema',
      json_schema: { name: 'out', schema, strict: true },
    })
    expect(encode({ options: { responseFormat: { type: 'json' } } }).body['response_format']).toEqual({
      type: 'json_object',
    })
  })

  it('tell the model the schema where the host only knows JSON mode', () => {
    const { body, warnings } = encode({ options: { responseFormat } }, { structuredOutput: 'json_object' })
    expect(body['response_format']).toEqual({ type: 'json_object' })
    expect(body['messages']).toMatchObject([
      { role: 'system', content: expect.stringContaining(JSON.stringify(schema)) },
      { role: 'user' },
    ])
    expect(warnings).toMatchObject([{ type: 'compatibility', feature: 'responseFormat' }])
  })

  it('are asked for in words alone where the host knows nothing', () => {
    const { body, warnings } = encode({ options: { responseFormat: { type: 'json' } } }, { structuredOutput: 'none' })
    expect(body).not.toHaveProperty('response_format')
    expect(body['messages']).toMatchObject([{ role: 'system', content: expect.stringContaining('JSON') }, {}])
    expect(warnings).toHaveLength(1)
  })
})

describe('reasoning', () => {
  const ask = (level: ReasoningLevel, compat: Parameters<typeof encode>[1] = {}, model: Partial<Model> = {}) => {
    const { body, warnings } = encode({ options: { reasoning: level } }, compat, { reasoning: true, ...model })
    const { model: _model, messages: _messages, ...fields } = body
    return { fields, warnings }
  }

  it.each([
    ['openai', { reasoning_effort: 'high' }, { reasoning_effort: 'none' }],
    ['openrouter', { reasoning: { effort: 'high' } }, { reasoning: { effort: 'none' } }],
    ['deepseek', { thinking: { type: 'enabled' }, reasoning_effort: 'high' }, { thinking: { type: 'disabled' } }],
    [
      'zai',
      { thinking: { type: 'enabled', clear_thinking: false }, reasoning_effort: 'high' },
      { thinking: { type: 'disabled' } },
    ],
    ['qwen', { enable_thinking: true, reasoning_effort: 'high' }, { enable_thinking: false }],
    [
      'chat-template',
      { chat_template_kwargs: { enable_thinking: true } },
      { chat_template_kwargs: { enable_thinking: false } },
    ],
    ['together', { reasoning: { enabled: true }, reasoning_effort: 'high' }, { reasoning: { enabled: false } }],
    ['string-thinking', { thinking: 'high' }, { thinking: 'none' }],
  ] as const)('in the format %s', (thinkingFormat, on, off) => {
    const told = thinkingFormat === 'chat-template' ? [{ type: 'compatibility', feature: 'reasoning' }] : []
    expect(ask('high', { thinkingFormat })).toMatchObject({ fields: on, warnings: told })
    expect(ask('off', { thinkingFormat })).toEqual({ fields: off, warnings: [] })
  })

  it('leaves the effort out where only a switch is known, with a warning', () => {
    expect(ask('high', { thinkingFormat: 'deepseek', supportsReasoningEffort: false })).toMatchObject({
      fields: { thinking: { type: 'enabled' } },
      warnings: [{ type: 'compatibility', feature: 'reasoning' }],
    })
  })

  it("uses the model's own word for a level", () => {
    const reasoningLevels = { off: 'none', high: 'default' }
    expect(ask('high', {}, { reasoningLevels }).fields).toEqual({ reasoning_effort: 'default' })
  })

  it('takes the nearest level the model has, with a warning, but never off', () => {
    const reasoningLevels = { minimal: null, low: null, xhigh: null, max: null }
    expect(ask('max', {}, { reasoningLevels })).toMatchObject({
      fields: { reasoning_effort: 'high' },
      warnings: [{ type: 'compatibility', feature: 'reasoning' }],
    })
    expect(ask('minimal', {}, { reasoningLevels }).fields).toEqual({ reasoning_effort: 'medium' })
  })

  it('that cannot be turned off is as little as the model can, with a warning', () => {
    expect(ask('off', {}, { reasoningLevels: { off: null } })).toMatchObject({
      fields: { reasoning_effort: 'minimal' },
      warnings: [{ type: 'compatibility', feature: 'reasoning' }],
    })
  })

  it('is left out with a warning where model or host have none, and "off" is fine for such a model', () => {
    expect(ask('high', {}, { reasoning: false })).toMatchObject({ fields: {}, warnings: [{ feature: 'reasoning' }] })
    expect(ask('off', {}, { reasoning: false })).toEqual({ fields: {}, warnings: [] })
    expect(ask('high', { thinkingFormat: 'none' })).toMatchObject({ fields: {}, warnings: [{ feature: 'reasoning' }] })
  })

  it('is passed on to a model that the manifest does not describe', () => {
    const { body, warnings } = encode({ options: { reasoning: 'low' } }, {}, { reasoning: false }, false)
    expect(body['reasoning_effort']).toBe('low')
    expect(warnings).toEqual([])
  })
})

describe('fields of a client of another protocol', () => {
  it('are left out, each with a warning', () => {
    const { body, warnings } = encode({ wire: { protocol: 'anthropic-messages', fields: { container: 'x', top: 1 } } })
    expect(Object.keys(body)).toEqual(['model', 'messages'])
    expect(warnings.map(({ feature }) => feature)).toEqual(['container', 'top'])
  })

  it('without which the request means something else refuse it', () => {
    const wire = {
      protocol: 'openai-responses',
      fields: { previous_response_id: 'r' },
      required: ['previous_response_id'],
    }
    expect(() => encode({ wire })).toThrow('"previous_response_id" works only with providers of openai-responses.')
  })
})
