import { describe, expect, test } from 'vitest'
import type { GenerationOptions } from '../../../plugin-sdk/options.ts'
import { writeBody } from '../../../plugin-sdk/protocols/write-body.ts'
import type { ProviderRequest } from '../../../plugin-sdk/provider.ts'
import { encode, model, type Json } from './support.ts'

const withOptions = (options: GenerationOptions, compat = {}, more: Partial<ProviderRequest> = {}) =>
  encode({ options, ...more }, compat)

const tool = { name: 'look', parameters: { type: 'object', properties: {} } }

describe('the body of a request', () => {
  test('says what was asked in the words of the API', () => {
    const { body, warnings } = encode({
      context: {
        systemPrompt: 'Be brief.',
        messages: [{ role: 'user', content: 'hi' }],
        tools: [{ name: 'look', description: 'Looks.', parameters: { type: 'object', properties: { at: {} } } }],
      },
      options: { maxTokens: 50, temperature: 0.5, topK: 4, stop: ['END'], user: 'u1', toolChoice: 'required' },
    })
    expect(warnings).toEqual([])
    expect(body).toEqual({
      model: 'claude-test',
      max_tokens: 50,
      system: 'Be brief.',
      messages: [{ role: 'user', content: 'hi' }],
      tools: [{ name: 'look', description: 'Looks.', input_schema: { type: 'object', properties: { at: {} } } }],
      tool_choice: { type: 'any' },
      temperature: 0.5,
      top_k: 4,
      stop_sequences: ['END'],
      metadata: { user_id: 'u1' },
      stream: true,
    })
  })

  test('always has max_tokens: the caller’s, the model’s, or 4096', () => {
    expect(withOptions({ maxTokens: 7 }, {}, { model: model({ maxTokens: 900 }) }).body['max_tokens']).toBe(7)
    expect(withOptions({}, {}, { model: model({ maxTokens: 900 }) }).body['max_tokens']).toBe(900)
    expect(withOptions({}).body['max_tokens']).toBe(4096)
    expect(withOptions({ maxTokens: 0 }).body['max_tokens']).toBe(0)
  })

  test('takes the caller’s fields for this provider over everything else', () => {
    const providerOptions = { anthropic: { max_tokens: 9, speed: 'fast' }, openai: { n: 2 } }
    const { body } = encode({
      options: { maxTokens: 7, providerOptions },
      wire: { protocol: 'anthropic-messages', fields: { speed: 'standard', service_tier: 'auto' } },
    })
    expect(body).toMatchObject({ max_tokens: 9, speed: 'fast', service_tier: 'auto' })
    expect(body).not.toHaveProperty('n')
  })

  test('warns of what the API has no field for', () => {
    const { body, warnings } = encode({
      options: { seed: 1, presencePenalty: 0.5, frequencyPenalty: 0.5, metadata: { a: 'b' } },
      wire: { protocol: 'openai-chat', fields: { logit_bias: {} } },
    })
    expect(warnings.map(({ feature }) => feature)).toEqual([
      'logit_bias',
      'seed',
      'presencePenalty',
      'frequencyPenalty',
      'metadata',
    ])
    expect(Object.keys(body)).toEqual(['model', 'max_tokens', 'messages', 'stream'])
  })

  test('never holds half a character', () => {
    const broken = 'cut \ud83d'
    const { body } = encode({
      context: {
        systemPrompt: broken,
        messages: [
          { role: 'user', content: broken },
          { role: 'assistant', content: [{ type: 'toolCall', id: 'a', name: 'look', arguments: { text: broken } }] },
        ],
      },
    })
    expect(writeBody(body)).not.toMatch(/\\ud/)
    expect(JSON.parse(writeBody(body))).toMatchObject({ system: 'cut \ufffd' })
    const literal = { messages: '\\ud83d and 😀' }
    expect(JSON.parse(writeBody(literal))).toEqual(literal)
  })
})

describe('sampling', () => {
  test('is left out, with a warning, for a model that does not take it', () => {
    const { body, warnings } = withOptions({ temperature: 0.2, topP: 0.9, topK: 3 }, { supportsTemperature: false })
    expect(body).not.toHaveProperty('temperature')
    expect(body).not.toHaveProperty('top_p')
    expect(body).not.toHaveProperty('top_k')
    expect(warnings.map(({ feature }) => feature)).toEqual(['temperature', 'topP', 'topK'])
  })

  test('is left out, with a warning, while the model thinks, but for a high topP', () => {
    const low = withOptions({ temperature: 0.2, topP: 0.9, topK: 3, reasoning: 'low' })
    expect(low.warnings.map(({ feature }) => feature)).toEqual(['temperature', 'topP', 'topK'])
    expect(Object.keys(low.body)).not.toContain('temperature')
    expect(withOptions({ topP: 0.97, reasoning: 'low' })).toMatchObject({ body: { top_p: 0.97 }, warnings: [] })
  })

  test('stays within what the provider takes', () => {
    expect(withOptions({ temperature: 1.8 })).toMatchObject({
      body: { temperature: 1 },
      warnings: [{ feature: 'temperature' }],
    })
  })

  test('never sends temperature and topP when one of them is at its default', () => {
    expect(withOptions({ temperature: 0.3, topP: 1 }).body).not.toHaveProperty('top_p')
    expect(withOptions({ temperature: 1, topP: 0.3 }).body).not.toHaveProperty('temperature')
  })
})

describe('reasoning', () => {
  const thinking = (options: GenerationOptions, compat = {}, more: Partial<ProviderRequest> = {}) => {
    const { body, warnings } = withOptions(options, compat, more)
    const { thinking: sent, output_config: config, max_tokens: max } = body
    return { thinking: sent, ...(config === undefined ? {} : { config }), max, warnings }
  }

  test.each([
    ['minimal', 1024],
    ['low', 2048],
    ['medium', 8192],
    ['high', 16_384],
    ['xhigh', 32_768],
    ['max', 62_976],
  ] as const)('level %s is a budget of %i tokens', (reasoning, budget) => {
    expect(thinking({ reasoning }, {}, { model: model({ maxTokens: 64_000 }) })).toEqual({
      thinking: { type: 'enabled', budget_tokens: budget },
      max: 64_000,
      warnings: [],
    })
  })

  test('leaves room for the answer when no limit is known', () => {
    expect(thinking({ reasoning: 'medium' })).toMatchObject({ thinking: { budget_tokens: 8192 }, max: 12_288 })
  })

  test('never raises the caller’s limit: the budget shrinks, or thinking is left out with a warning', () => {
    expect(thinking({ reasoning: 'high', maxTokens: 4000 })).toMatchObject({
      thinking: { budget_tokens: 2976 },
      max: 4000,
    })
    expect(thinking({ reasoning: 'high', maxTokens: 1500 })).toMatchObject({
      thinking: { budget_tokens: 1024 },
      max: 1500,
    })
    expect(thinking({ reasoning: 'high', maxTokens: 1024 })).toMatchObject({
      thinking: undefined,
      max: 1024,
      warnings: [{ feature: 'reasoning' }],
    })
  })

  test('is an effort for models that measure their thoughts themselves', () => {
    const compat = { forceAdaptiveThinking: true, thinkingDisplay: 'summarized' }
    expect(thinking({ reasoning: 'xhigh', maxTokens: 50 }, compat)).toEqual({
      thinking: { type: 'adaptive', display: 'summarized' },
      config: { effort: 'xhigh' },
      max: 50,
      warnings: [],
    })
    expect(thinking({ reasoning: 'minimal' }, compat)).toMatchObject({
      config: { effort: 'low' },
      warnings: [{ type: 'compatibility' }],
    })
  })

  test('follows the model’s own table of levels', () => {
    const reasoningLevels = { low: '3000', high: null, xhigh: null, max: null } as const
    const own = { model: model({ maxTokens: 64_000, reasoningLevels }) }
    expect(thinking({ reasoning: 'low' }, {}, own)).toMatchObject({ thinking: { budget_tokens: 3000 }, warnings: [] })
    expect(thinking({ reasoning: 'max' }, {}, own)).toMatchObject({
      thinking: { budget_tokens: 8192 },
      warnings: [{ type: 'compatibility', feature: 'reasoning' }],
    })
  })

  test('can be turned off, and is no question for a model that does not think', () => {
    expect(thinking({ reasoning: 'off' })).toEqual({ thinking: { type: 'disabled' }, max: 4096, warnings: [] })
    const plain = { model: model({ reasoning: false }) }
    expect(thinking({ reasoning: 'off' }, {}, plain)).toEqual({ thinking: undefined, max: 4096, warnings: [] })
    expect(thinking({ reasoning: 'low' }, {}, plain)).toMatchObject({ thinking: undefined, warnings: [{}] })
  })

  test('does not go with a forced tool', () => {
    const context = { messages: [{ role: 'user', content: 'hi' } as const], tools: [tool] }
    for (const toolChoice of ['required', { tool: 'look' }] as const)
      expect(withOptions({ reasoning: 'low', toolChoice }, {}, { context })).toMatchObject({
        body: { tool_choice: { type: 'auto' } },
        warnings: [{ feature: 'toolChoice' }],
      })
    expect(withOptions({ reasoning: 'low', toolChoice: 'none' }, {}, { context })).toMatchObject({
      body: { tool_choice: { type: 'none' } },
      warnings: [],
    })
  })

  test('stands beside what a client of this protocol said about the output', () => {
    const wire = { protocol: 'anthropic-messages', fields: { output_config: { task_budget: 5 } } }
    expect(thinking({ reasoning: 'low' }, { forceAdaptiveThinking: true }, { wire })).toMatchObject({
      thinking: { type: 'adaptive' },
      config: { effort: 'low', task_budget: 5 },
    })
  })

  test('is what a client of this protocol said it is, exactly', () => {
    const wire = { protocol: 'anthropic-messages', fields: { thinking: { type: 'enabled', budget_tokens: 5000 } } }
    expect(thinking({ reasoning: 'medium', maxTokens: 6000 }, {}, { wire })).toMatchObject({
      thinking: { budget_tokens: 5000 },
      max: 6000,
    })
    const effort = { protocol: 'anthropic-messages', fields: { output_config: { effort: 'low' } } }
    expect(thinking({ reasoning: 'low', maxTokens: 6000 }, {}, { wire: effort })).toEqual({
      thinking: undefined,
      config: { effort: 'low' },
      max: 6000,
      warnings: [],
    })
  })
})

describe('a request of a client of another protocol', () => {
  test('is refused when it means nothing without its own fields, and else goes without them', () => {
    const wire = { protocol: 'openai-responses', fields: { previous_response_id: 'r1', verbosity: 'low' } }
    expect(() => encode({ wire: { ...wire, required: ['previous_response_id'] } })).toThrow(
      '"previous_response_id" works only with providers of openai-responses.',
    )
    const { body, warnings } = encode({ wire: { ...wire, exact: { reasoning: { effort: 'low' } } } })
    expect(Object.keys(body)).toEqual(['model', 'max_tokens', 'messages', 'stream'])
    expect(warnings.map(({ feature }) => feature)).toEqual(['previous_response_id', 'verbosity'])
  })
})

describe('tools', () => {
  const context = { messages: [{ role: 'user', content: 'hi' } as const], tools: [tool] }

  test.each([
    [{ toolChoice: 'auto' }, { type: 'auto' }],
    [{ toolChoice: 'none' }, { type: 'none' }],
    [{ toolChoice: 'required' }, { type: 'any' }],
    [{ toolChoice: { tool: 'look' } }, { type: 'tool', name: 'look' }],
    [{ parallelToolCalls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    [
      { toolChoice: 'required', parallelToolCalls: false },
      { type: 'any', disable_parallel_tool_use: true },
    ],
    [{ parallelToolCalls: true }, undefined],
  ] as const)('choice %j is %j', (options, choice) => {
    expect(withOptions(options, {}, { context }).body['tool_choice']).toEqual(choice)
    expect(withOptions(options).body).not.toHaveProperty('tool_choice')
  })

  test('are left out, with a warning, for a model that cannot call them', () => {
    const { body, warnings } = encode({ context, model: model({ tools: false }), options: { toolChoice: 'auto' } })
    expect(Object.keys(body)).toEqual(['model', 'max_tokens', 'messages', 'stream'])
    expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'tools' }])
  })

  test('always have an object as their schema', () => {
    const { body } = encode({ context: { ...context, tools: [{ name: 'look', parameters: {} }] } })
    expect(body['tools']).toEqual([{ name: 'look', input_schema: { type: 'object' } }])
  })

  test('are strict where the host and the schema allow it, else not, with a warning', () => {
    const open = { ...tool, strict: true, parameters: { type: 'object', properties: { n: { type: 'integer' } } } }
    const bounded = { ...open, parameters: { type: 'object', properties: { n: { type: 'integer', minimum: 1 } } } }
    const strict = (one: typeof open, supportsStrictTools: boolean) => {
      const { body, warnings } = encode({ context: { ...context, tools: [one] } }, { supportsStrictTools })
      return { tool: (body['tools'] as Json[])[0], warned: warnings.length }
    }
    expect(strict(open, true)).toEqual({
      tool: { name: 'look', strict: true, input_schema: { ...open.parameters, additionalProperties: false } },
      warned: 0,
    })
    expect(strict(bounded, true)).toEqual({ tool: { name: 'look', input_schema: bounded.parameters }, warned: 1 })
    expect(strict(open, false)).toEqual({ tool: { name: 'look', input_schema: open.parameters }, warned: 1 })
  })
})

describe('a JSON answer', () => {
  const schema = { type: 'object', properties: { n: { type: 'number', minimum: 1 }, at: { type: 'object' } } }
  const closed = {
    type: 'object',
    properties: { n: { type: 'number' }, at: { type: 'object', additionalProperties: false } },
    additionalProperties: false,
  }
  const responseFormat = { type: 'json', schema } as const

  test('goes where the compat flag says, within the subset the provider enforces', () => {
    const format = { type: 'json_schema', schema: closed }
    expect(withOptions({ responseFormat }, { structuredOutput: 'output_config' })).toMatchObject({
      body: { output_config: { format } },
      warnings: [{ type: 'compatibility', feature: 'responseFormat' }],
    })
    expect(withOptions({ responseFormat }, { structuredOutput: 'output_format' }).body).toMatchObject({
      output_format: format,
    })
  })

  test('stands beside the effort of the thoughts', () => {
    const compat = { structuredOutput: 'output_config', forceAdaptiveThinking: true }
    expect(withOptions({ responseFormat, reasoning: 'low' }, compat).body).toMatchObject({
      output_config: { effort: 'low', format: { type: 'json_schema' } },
    })
  })

  test('is left out with a warning where the provider cannot be held to it', () => {
    for (const options of [{ responseFormat }, { responseFormat: { type: 'json' } as const }]) {
      const { body, warnings } = withOptions(options)
      expect(Object.keys(body)).toEqual(['model', 'max_tokens', 'messages', 'stream'])
      expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'responseFormat' }])
    }
  })
})
