import { describe, expect, test } from 'vitest'
import { isProviderError } from '../../../plugin-sdk/errors.ts'
import { compatOf } from '../../../plugin-sdk/protocols/openai-responses/compat.ts'
import { encodeRequest } from '../../../plugin-sdk/protocols/openai-responses/encode-request.ts'
import type { GenerationOptions, ReasoningLevel } from '../../../plugin-sdk/options.ts'
import { clientWire, encode, model, request, thinker, type Json } from './support.ts'

const features = ({ warnings }: ReturnType<typeof encode>): string[] => warnings.map(({ feature }) => feature ?? '')

test('the smallest request asks the provider to keep nothing', () => {
  expect(encode().body).toEqual({
    model: 'gpt-test',
    input: [{ type: 'message', role: 'user', content: 'Hi' }],
    store: false,
    stream: true,
  })
  expect(encode({ stream: false }).body).not.toHaveProperty('stream')
})

test('every option has its field', () => {
  const { body, warnings } = encode({
    model: thinker(),
    context: {
      messages: [],
      tools: [
        { name: 'weather', description: 'Tells it.', parameters: { type: 'object' } },
        { name: 'strict', parameters: { type: 'object' }, strict: true },
      ],
    },
    options: {
      temperature: 0.5,
      topP: 0.9,
      maxTokens: 100,
      toolChoice: { tool: 'weather' },
      parallelToolCalls: false,
      responseFormat: { type: 'json', schema: { type: 'object' }, name: 'a name', strict: true, description: 'd' },
      reasoning: 'high',
      user: 'u1',
      metadata: { team: 'a' },
    },
  })
  expect(body).toEqual({
    model: 'gpt-test',
    input: [],
    tools: [
      { type: 'function', name: 'weather', description: 'Tells it.', parameters: { type: 'object' }, strict: false },
      { type: 'function', name: 'strict', parameters: { type: 'object' }, strict: true },
    ],
    tool_choice: { type: 'function', name: 'weather' },
    parallel_tool_calls: false,
    max_output_tokens: 100,
    temperature: 0.5,
    top_p: 0.9,
    text: {
      format: { type: 'json_schema', name: 'a_name', description: 'd', schema: { type: 'object' }, strict: true },
    },
    reasoning: { effort: 'high', summary: 'auto' },
    user: 'u1',
    metadata: { team: 'a' },
    include: ['reasoning.encrypted_content'],
    store: false,
    stream: true,
  })
  expect(warnings).toEqual([])
})

test('options without a field are named in a warning, each once', () => {
  const asked = encode({ options: { topK: 4, stop: ['x'], seed: 1, presencePenalty: 1, frequencyPenalty: 1 } })
  expect(features(asked)).toEqual(['topK', 'stop', 'seed', 'presencePenalty', 'frequencyPenalty'])
  expect(encode({ options: { stop: [] } }).warnings).toEqual([])
})

test('a call is not demanded where there are no tools: the provider would refuse that', () => {
  const asked = encode({ options: { toolChoice: 'required' } })
  expect(asked.body).not.toHaveProperty('tool_choice')
  expect(features(asked)).toEqual(['toolChoice'])
  expect(encode({ options: { toolChoice: 'auto' } })).toMatchObject({ body: {}, warnings: [] })
})

describe('reasoning', () => {
  const levels = { off: null, minimal: null, low: 'low', medium: 'medium', high: 'high', xhigh: null, max: null }
  const effort = (reasoning: ReasoningLevel, differences: object = {}) => {
    const asked = encode({ model: thinker(differences), options: { reasoning } })
    return [(asked.body['reasoning'] as Json | undefined)?.['effort'], features(asked).length]
  }

  test('a level is sent by the name the model has for it', () => {
    expect(effort('medium')).toEqual(['medium', 0])
    expect(effort('off')).toEqual(['none', 0])
    expect(effort('max', { reasoningLevels: { max: 'xhigh' } })).toEqual(['xhigh', 0])
  })

  test('a level the model lacks becomes the nearest one, with a warning', () => {
    expect(effort('max', { reasoningLevels: levels })).toEqual(['high', 1])
    expect(effort('minimal', { reasoningLevels: levels })).toEqual(['low', 1])
    expect(effort('off', { reasoningLevels: levels })).toEqual(['low', 1])
  })

  test('is left out for a model that does not reason, with a warning unless it was off', () => {
    const asked = (reasoning: ReasoningLevel) => encode({ options: { reasoning } })
    expect(asked('high').body).not.toHaveProperty('reasoning')
    expect(features(asked('high'))).toEqual(['reasoning'])
    expect(features(asked('off'))).toEqual([])
  })

  test('asks for a summary only where the host knows it and thoughts are wanted', () => {
    const reasoning = (level: ReasoningLevel, compat: object = {}) =>
      encode({ model: thinker({ compat: { ...compat } }), options: { reasoning: level } }).body['reasoning']
    expect(reasoning('off')).toEqual({ effort: 'none' })
    expect(reasoning('low', { supportsReasoningSummary: false })).toEqual({ effort: 'low' })
    expect(reasoning('low', { supportsReasoningEffort: false })).toBeUndefined()
  })
})

describe('compatibility flags', () => {
  const flagged = (compat: object, options: GenerationOptions, differences: object = {}) =>
    encode({ model: model({ compat: { ...compat }, ...differences }), options })

  test('temperature and top_p are left out, with a warning, for a model that does not take them', () => {
    const asked = flagged({ supportsTemperature: false }, { temperature: 0, topP: 1 })
    expect(asked.body).not.toHaveProperty('temperature')
    expect(asked.body).not.toHaveProperty('top_p')
    expect(features(asked)).toEqual(['temperature', 'top_p'])
  })

  test('temperature is taken without reasoning where the flag says so', () => {
    const compat = { supportsTemperature: 'without-reasoning' }
    const sent = (options: GenerationOptions) => flagged(compat, options, { reasoning: true }).body['temperature']
    expect(sent({ temperature: 0.2, reasoning: 'off' })).toBe(0.2)
    expect(sent({ temperature: 0.2, reasoning: 'low' })).toBeUndefined()
    expect(sent({ temperature: 0.2 })).toBeUndefined()
  })

  test('a limit is left out or raised where the host wants that, with a warning', () => {
    const none = flagged({ supportsMaxOutputTokens: false }, { maxTokens: 5 })
    expect(none.body).not.toHaveProperty('max_output_tokens')
    expect(features(none)).toEqual(['maxTokens'])
    const raised = flagged({ minOutputTokens: 16 }, { maxTokens: 5 })
    expect(raised.body['max_output_tokens']).toBe(16)
    expect(features(raised)).toEqual(['maxTokens'])
    expect(features(flagged({ minOutputTokens: 16 }, { maxTokens: 16 }))).toEqual([])
  })

  test('strict is not sent to a host that does not know it', () => {
    const compat = { supportsStrictMode: false }
    const { body } = encode({
      model: model({ compat }),
      context: { messages: [], tools: [{ name: 'a', parameters: {}, strict: true }] },
      options: { responseFormat: { type: 'json', schema: {}, strict: true } },
    })
    expect(JSON.stringify(body)).not.toContain('strict')
  })

  test('thoughts are not asked for encrypted where the host cannot give them', () => {
    expect(encode({ model: thinker({ compat: { supportsEncryptedReasoning: false } }) }).body).not.toHaveProperty(
      'include',
    )
  })

  test('fields, tools and items of a client that the host does not know are left out, each with a warning', () => {
    const item = {
      type: 'opaque',
      protocol: 'openai-responses',
      value: { type: 'additional_tools', tools: [] },
    } as const
    const compat = {
      supportsLongCacheRetention: false,
      promptCacheKeyMode: 'disabled',
      supportsOpenAIGrammarTools: false,
      supportsToolSearch: false,
      supportsAdditionalTools: false,
    }
    const asked = encode({
      model: model({ compat }),
      context: { messages: [{ role: 'user', content: [item] }] },
      wire: clientWire({
        prompt_cache_retention: '24h',
        prompt_cache_key: 'k',
        tools: [{ type: 'custom', name: 'c' }, { type: 'tool_search' }, { type: 'web_search' }],
      }),
    })
    expect(asked.body).toMatchObject({ input: [], tools: [{ type: 'web_search' }] })
    expect(asked.body).not.toHaveProperty('prompt_cache_key')
    expect(features(asked).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'additional_tools',
      'prompt_cache_key',
      'prompt_cache_retention',
      'tools.custom',
      'tools.tool_search',
    ])
  })

  test('only the mode of a cache is left out where only that is unknown', () => {
    const asked = encode({
      model: model({ compat: { supportsExplicitPromptCacheMode: false } }),
      wire: clientWire({ prompt_cache_options: { mode: 'explicit', ttl: '30m' } }),
    })
    expect(asked.body['prompt_cache_options']).toEqual({ ttl: '30m' })
    expect(features(asked)).toEqual(['prompt_cache_options.mode'])
  })

  test.each([
    ['none', []],
    ['openai', ['session_id', 'x-client-request-id', 'x-session-affinity']],
    ['openai-nosession', ['x-client-request-id', 'x-session-affinity']],
    ['openrouter', ['x-session-id']],
  ])('session affinity %s', (sessionAffinityFormat, names) => {
    const asked = request({ wire: clientWire({ prompt_cache_key: 'key-1' }) })
    const { headers } = encodeRequest(asked, {
      compat: compatOf({ sessionAffinityFormat }, asked.model),
      isDescribed: true,
    })
    expect(headers).toEqual(Object.fromEntries(names.map((name) => [name, 'key-1'])))
  })

  test("a model's flags win over its provider's", () => {
    const special = model({ compat: { supportsStrictMode: true } })
    expect(compatOf({ supportsStrictMode: false, supportsInstructions: false }, special)).toMatchObject({
      supportsStrictMode: true,
      supportsInstructions: false,
    })
  })
})

describe("a client's own fields", () => {
  test('arrive as they came, its built-in tools behind the functions', () => {
    const { body } = encode({
      model: thinker(),
      context: { messages: [], tools: [{ name: 'a', parameters: {} }] },
      options: { reasoning: 'low', responseFormat: { type: 'json' } },
      wire: clientWire({
        previous_response_id: 'resp_0',
        truncation: 'auto',
        tools: [{ type: 'web_search' }],
        tool_choice: { type: 'web_search' },
        include: ['web_search_call.action.sources'],
        reasoning: { summary: 'detailed' },
        text: { verbosity: 'low' },
      }),
    })
    expect(body).toMatchObject({
      previous_response_id: 'resp_0',
      truncation: 'auto',
      tools: [{ type: 'function', name: 'a' }, { type: 'web_search' }],
      tool_choice: { type: 'web_search' },
      include: ['web_search_call.action.sources'],
      reasoning: { effort: 'low', summary: 'detailed' },
      text: { format: { type: 'json_object' }, verbosity: 'low' },
      store: false,
    })
    expect(body['tools']).not.toEqual(expect.arrayContaining([expect.objectContaining({ strict: false })]))
  })

  test('thoughts come encrypted beside what the client wants included, unless the provider keeps them', () => {
    const include = (fields: Json) => encode({ model: thinker(), wire: clientWire(fields) }).body['include']
    expect(include({ include: ['x'] })).toEqual(['reasoning.encrypted_content', 'x'])
    expect(include({ include: ['reasoning.encrypted_content'] })).toEqual(['reasoning.encrypted_content'])
    expect(include({ store: true })).toBeUndefined()
  })

  test('store and a summary it did not ask for follow the client', () => {
    const { body } = encode({ model: thinker(), options: { reasoning: 'low' }, wire: clientWire({ store: true }) })
    expect(body).toMatchObject({ store: true, reasoning: { effort: 'low' } })
    expect(body['reasoning']).not.toHaveProperty('summary')
  })

  test('stream_options go only with a stream', () => {
    const asked = (stream: boolean) =>
      encode({ stream, wire: clientWire({ stream_options: { include_obfuscation: false } }) }).body
    expect(asked(true)).toMatchObject({ stream: true, stream_options: { include_obfuscation: false } })
    expect(asked(false)).not.toHaveProperty('stream_options')
  })

  test('of another protocol are named in warnings and not sent', () => {
    const asked = encode({ wire: { protocol: 'openai-chat', fields: { logit_bias: {}, n: 2 } } })
    expect(features(asked)).toEqual(['logit_bias', 'n'])
    expect(asked.body).not.toHaveProperty('n')
  })

  test('of another protocol that the request cannot do without make it a bad request', () => {
    const wire = { protocol: 'other', fields: { memory: 'm1' }, required: ['memory'] }
    let error: unknown
    try {
      encode({ wire })
    } catch (thrown) {
      error = thrown
    }
    expect(isProviderError(error) && error.info).toMatchObject({ class: 'invalid_request', retryable: false })
  })

  test("providerOptions of this provider win over everything, others' are not for us", () => {
    const { body } = encode({
      options: {
        temperature: 1,
        providerOptions: { openai: { temperature: 0, store: true, service_tier: 'flex' }, azure: { top_p: 0 } },
      },
      wire: clientWire({ store: false, service_tier: 'auto' }),
    })
    expect(body).toMatchObject({ temperature: 0, store: true, service_tier: 'flex' })
    expect(body).not.toHaveProperty('top_p')
  })
})
