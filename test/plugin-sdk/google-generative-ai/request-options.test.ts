import { describe, expect, test } from 'vitest'
import type { Context, Message } from '../../../plugin-sdk/messages.ts'
import type { GenerationOptions } from '../../../plugin-sdk/options.ts'
import type { Model, ProviderRequest } from '../../../plugin-sdk/provider.ts'
import { hasProtos, violations } from './protos.ts'
import { encode, model, type Json } from './support.ts'

const body = (context: Partial<Context>, options: GenerationOptions = {}, compat: Json = {}): Json =>
  encode({ context: { messages: [{ role: 'user', content: 'hi' }], ...context }, options }, compat).body
const config = (options: GenerationOptions, compat: Json = {}, asked: Partial<Model> = {}): unknown =>
  encode({ model: model(asked), options }, compat).body['generationConfig']
const features = (more: Partial<ProviderRequest>) => encode(more).warnings.map(({ feature }) => feature)

describe('options', () => {
  test('all that have a name there are sent', () => {
    const options: GenerationOptions = {
      temperature: 0,
      topP: 0.5,
      topK: 3,
      maxTokens: 100,
      stop: ['END'],
      seed: 7,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      responseFormat: { type: 'json', schema: { type: 'object', properties: { kind: { const: 'a' } } } },
    }
    expect(config(options)).toEqual({
      temperature: 0,
      topP: 0.5,
      topK: 3,
      maxOutputTokens: 100,
      stopSequences: ['END'],
      seed: 7,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      responseMimeType: 'application/json',
      responseJsonSchema: { type: 'object', properties: { kind: { enum: ['a'] } } },
    })
  })

  test('those without a name there are warned about', () => {
    const tools = [{ name: 'f', parameters: { type: 'object' }, strict: true }]
    expect(
      features({
        context: { messages: [], tools },
        options: { user: 'u', metadata: { a: 'b' }, parallelToolCalls: false },
        wire: { protocol: 'openai-chat', fields: { logit_bias: {} } },
      }),
    ).toEqual(['logit_bias', 'strict', 'parallelToolCalls', 'user', 'metadata'])
  })

  test.each([
    ['auto', { mode: 'AUTO' }],
    ['none', { mode: 'NONE' }],
    ['required', { mode: 'ANY' }],
    [{ tool: 'f' }, { mode: 'ANY', allowedFunctionNames: ['f'] }],
  ] as const)('tool choice %j', (toolChoice, functionCallingConfig) => {
    const tools = [{ name: 'f', parameters: { type: 'object' } }]
    expect(body({ tools }, { toolChoice })['toolConfig']).toEqual({ functionCallingConfig })
    expect(body({}, { toolChoice })).not.toHaveProperty('toolConfig')
  })

  test.each([
    ['off', { thinkingBudget: 0 }, { thinkingLevel: 'LOW' }],
    ['low', { includeThoughts: true, thinkingBudget: 2048 }, { includeThoughts: true, thinkingLevel: 'LOW' }],
    ['high', { includeThoughts: true, thinkingBudget: 16384 }, { includeThoughts: true, thinkingLevel: 'HIGH' }],
    ['max', { includeThoughts: true, thinkingBudget: 24576 }, { includeThoughts: true, thinkingLevel: 'HIGH' }],
  ] as const)('reasoning %s as budget and as level', (reasoning, budget, level) => {
    expect(config({ reasoning })).toEqual({ thinkingConfig: budget })
    expect(config({ reasoning }, { thinking: 'level' })).toEqual({ thinkingConfig: level })
  })

  test('a reasoning level the model does not have becomes the nearest one, with a warning', () => {
    const levels = { off: null, minimal: '512', high: null }
    const asked = { model: model({ reasoningLevels: levels }), options: { reasoning: 'high' } as const }
    expect(encode(asked)).toMatchObject({
      body: { generationConfig: { thinkingConfig: { thinkingBudget: 8192 } } },
      warnings: [{ type: 'compatibility', feature: 'reasoning' }],
    })
    expect(config({ reasoning: 'off' }, {}, { reasoningLevels: levels })).toMatchObject({
      thinkingConfig: { thinkingBudget: 512 },
    })
  })

  test("a thinkingConfig of the caller's own is sent alone", () => {
    const thinkingConfig = { thinkingBudget: 7 }
    const providerOptions = { google: { generationConfig: { thinkingConfig } } }
    expect(config({ reasoning: 'high', providerOptions }, { thinking: 'level' })).toEqual({ thinkingConfig })
  })

  test('thinking leaves room for the answer, and a model that does not think is not asked to', () => {
    expect(config({ reasoning: 'high', maxTokens: 3000 })).toMatchObject({ thinkingConfig: { thinkingBudget: 1976 } })
    const plain = { model: model({ reasoning: false }), options: { reasoning: 'high' } as const }
    expect(encode(plain).body).not.toHaveProperty('generationConfig')
    expect(features(plain)).toEqual(['reasoning'])
  })

  test('fields of the same protocol go out as they came, beside ours, and providerOptions win over all', () => {
    const safetySettings = [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }]
    const { body: sent, warnings } = encode({
      context: { messages: [], tools: [{ name: 'f', parameters: { type: 'object' } }] },
      options: {
        temperature: 1,
        topK: 5,
        reasoning: 'high',
        toolChoice: 'auto',
        providerOptions: {
          google: { cachedContent: 'cachedContents/b', generationConfig: { topK: 9 } },
          other: { x: 1 },
        },
      },
      wire: {
        protocol: 'google-generative-ai',
        fields: {
          safetySettings,
          cachedContent: 'cachedContents/a',
          tools: [{ googleSearch: {} }],
          toolConfig: { functionCallingConfig: { mode: 'VALIDATED' }, includeServerSideToolInvocations: true },
          generationConfig: { candidateCount: 2, thinkingConfig: { thinkingBudget: 1 } },
        },
      },
    })
    expect(sent).toEqual({
      contents: [],
      tools: [
        { functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object' } }] },
        { googleSearch: {} },
      ],
      toolConfig: { functionCallingConfig: { mode: 'VALIDATED' }, includeServerSideToolInvocations: true },
      generationConfig: { temperature: 1, topK: 9, candidateCount: 2, thinkingConfig: { thinkingBudget: 1 } },
      safetySettings,
      cachedContent: 'cachedContents/b',
    })
    expect(warnings).toEqual([])
  })
})

describe('schemas', () => {
  const schema = {
    type: 'object',
    $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' }, tag: { const: 'n' } } } },
    properties: {
      const: { type: 'string', format: 'uri', description: 'a property of that name' },
      size: { type: ['integer', 'null'], exclusiveMinimum: 0, maximum: 9, enum: [1, 9] },
      kind: { type: 'string', enum: ['a', 'b'] },
      either: { oneOf: [{ type: 'string' }, { type: 'number' }] },
      list: { type: 'array', items: { $ref: '#/$defs/node' }, minItems: 1 },
    },
    required: ['size'],
    additionalProperties: false,
  }
  const tools = [{ name: 'f', description: 'does f', parameters: schema }]
  const declared = (compat: Json) =>
    (body({ tools }, {}, compat) as { tools: [{ functionDeclarations: [Json] }] }).tools[0].functionDeclarations[0]

  test('go as JSON Schema, with const as enum and nothing else changed', () => {
    expect(declared({})).toEqual({
      name: 'f',
      description: 'does f',
      parametersJsonSchema: {
        ...schema,
        $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' }, tag: { enum: ['n'] } } } },
      },
    })
  })

  test("go in Google's own form where the host knows no other", () => {
    const node = { type: 'OBJECT', properties: { next: { type: 'OBJECT' }, tag: { enum: ['n'] } } }
    expect(declared({ schemas: 'openapi' })['parameters']).toEqual({
      type: 'OBJECT',
      properties: {
        const: { type: 'STRING', description: 'a property of that name' },
        size: { type: 'INTEGER', nullable: true, maximum: 9 },
        kind: { type: 'STRING', enum: ['a', 'b'] },
        either: { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }] },
        list: { type: 'ARRAY', items: node, minItems: 1 },
      },
      required: ['size'],
    })
  })

  test('no arguments are no schema, which hosts refuse when it is empty', () => {
    const without = (parameters: Json, schemas: string) =>
      body({ tools: [{ name: 'f', parameters }] }, {}, { schemas })['tools']
    const plain = [{ functionDeclarations: [{ name: 'f' }] }]
    expect(without({}, 'jsonSchema')).toEqual(plain)
    expect(without({}, 'openapi')).toEqual(plain)
    expect(without({ type: 'object', properties: {} }, 'openapi')).toEqual(plain)
  })

  test.skipIf(!hasProtos)("requests are what Google's published description allows", () => {
    const messages: Message[] = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'image', data: 'QUJD', mimeType: 'image/png' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', thinkingSignature: 'AAAA' },
          { type: 'toolCall', id: 'c1', name: 'f', arguments: {} },
        ],
        api: 'google-generative-ai',
      },
      { role: 'toolResult', toolCallId: 'c1', content: [{ type: 'text', text: 'done' }], isError: false },
    ]
    const options: GenerationOptions = {
      temperature: 1,
      topK: 2,
      stop: ['x'],
      reasoning: 'low',
      toolChoice: { tool: 'f' },
    }
    for (const schemas of ['jsonSchema', 'openapi']) {
      const format = { type: 'json', schema } as const
      const sent = body(
        { systemPrompt: 's', messages, tools },
        { ...options, responseFormat: format },
        { schemas, toolResultImages: 'nested' },
      )
      expect(violations('GenerateContentRequest', sent)).toEqual([])
    }
    expect(violations('GenerateContentRequest', { contents: {}, x: 1 })).toHaveLength(2)
  })
})
