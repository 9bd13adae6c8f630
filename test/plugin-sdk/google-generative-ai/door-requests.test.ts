import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPlugboardError } from '../../../plugin-sdk/errors.ts'
import { googleGenerativeAi } from '../../../plugin-sdk/protocols/google-generative-ai/index.ts'
import { encode, type Json } from './support.ts'

const { door } = googleGenerativeAi
const parse = (body: Json) => door.parseRequest({ model: 'models/gemini-test', stream: true, ...body })
const hi = [{ role: 'user', parts: [{ text: 'hi' }] }]

/** What a provider of this protocol is sent for a client's body. */
function passOn(body: Json): Json {
  const { context, options, wire } = parse(body)
  const { body: sent, warnings } = encode({ context, options, wire }, { toolResultImages: 'nested' })
  expect(warnings).toEqual([])
  return sent
}

describe('a request of a Google client', () => {
  test('is read in our words', () => {
    const { context, options, ...rest } = parse({
      systemInstruction: { parts: [{ text: 'Be' }, { text: 'brief.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'see' }, { inlineData: { mimeType: 'image/png', data: 'QUJD' } }] },
        { role: 'model', parts: [{ text: 'hm', thought: true }, { functionCall: { name: 'f', args: { x: 1 } } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'f', response: { output: 'done' } } }, { text: 'and?' }] },
      ],
      tools: [
        {
          functionDeclarations: [
            {
              name: 'f',
              description: 'd',
              parameters: { type: 'OBJECT', properties: { x: { type: 'INTEGER', nullable: true } } },
            },
          ],
        },
      ],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
      generationConfig: {
        temperature: 0.5,
        maxOutputTokens: 9,
        stopSequences: ['x'],
        responseMimeType: 'application/json',
      },
      routing: { strategy: 'cost' },
    })
    expect(rest).toEqual({
      model: 'gemini-test',
      stream: true,
      wire: { protocol: 'google-generative-ai', fields: {} },
      includeUsage: true,
      extensions: { routing: { strategy: 'cost' } },
    })
    expect(options).toEqual({
      temperature: 0.5,
      maxTokens: 9,
      stop: ['x'],
      responseFormat: { type: 'json' },
      toolChoice: { tool: 'f' },
    })
    expect(context).toEqual({
      systemPrompt: 'Be\nbrief.',
      tools: [
        {
          name: 'f',
          description: 'd',
          parameters: { type: 'object', properties: { x: { type: ['integer', 'null'] } } },
        },
      ],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'image', mimeType: 'image/png', data: 'QUJD' },
          ],
        },
        {
          role: 'assistant',
          api: 'google-generative-ai',
          content: [
            { type: 'thinking', thinking: 'hm' },
            { type: 'toolCall', id: 'call_1_1', name: 'f', arguments: { x: 1 } },
          ],
        },
        {
          role: 'toolResult',
          toolCallId: 'call_1_1',
          toolName: 'f',
          content: [{ type: 'text', text: 'done' }],
          isError: false,
        },
        { role: 'user', content: 'and?' },
      ],
    })
  })

  test('responses without ids answer the calls of their name in order', () => {
    const { context } = parse({
      contents: [
        { role: 'model', parts: ['f', 'g', 'f'].map((name) => ({ functionCall: { name } })) },
        {
          role: 'user',
          parts: ['g', 'f', 'f'].map((name) => ({ functionResponse: { name, response: { output: name } } })),
        },
      ],
    })
    const ids = context.messages.flatMap((message) => (message.role === 'toolResult' ? [message.toolCallId] : []))
    expect(ids).toEqual(['call_0_1', 'call_0_0', 'call_0_2'])
  })

  test('responses with ids answer the calls they name', () => {
    const ids = ['a', 'b']
    const { context } = parse({
      contents: [
        { role: 'model', parts: ids.map((id) => ({ functionCall: { id, name: 'f' } })) },
        { parts: ids.toReversed().map((id) => ({ functionResponse: { id, name: 'f', response: { output: id } } })) },
      ],
    })
    expect(context.messages.slice(1)).toMatchObject([
      { toolCallId: 'b', content: [{ text: 'b' }] },
      { toolCallId: 'a', content: [{ text: 'a' }] },
    ])
  })

  test('media that only this protocol knows stay as they came', () => {
    const pdf = { inlineData: { mimeType: 'application/pdf', data: 'QUJD' } }
    const upload = {
      fileData: { mimeType: 'image/png', fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/a' },
    }
    const { context } = parse({ contents: [{ parts: [pdf, upload] }] })
    expect(context.messages).toEqual([
      {
        role: 'user',
        content: [pdf, upload].map((value) => ({ type: 'opaque', protocol: 'google-generative-ai', value })),
      },
    ])
  })

  test.each([
    [{ thinkingBudget: 0 }, 'off'],
    [{ thinkingBudget: 8192 }, 'medium'],
    [{ thinking_level: 'HIGH' }, 'high'],
    [{ thinkingBudget: -1, includeThoughts: true }, undefined],
  ])(
    'thinkingConfig %j is reasoning for other providers, and itself for one of this protocol',
    (thinkingConfig, level) => {
      const body = { contents: hi, generationConfig: { thinkingConfig } }
      expect(parse(body).options.reasoning).toBe(level)
      expect(passOn(body)).toEqual(body)
    },
  )

  test.each([
    [{ contents: [] }, 'contents'],
    [{}, 'contents'],
    [{ contents: [{ role: 'assistant', parts: [{ text: 'a' }] }] }, 'contents[0].role'],
    [{ contents: [{ role: 'user', parts: [] }] }, 'contents[0].parts'],
    [{ contents: [{ role: 'user', parts: ['a'] }] }, 'contents[0].parts[0]'],
    [{ contents: [{ role: 'user', parts: [{ text: 1 }] }] }, 'contents[0].parts[0].text'],
    [{ contents: [{ parts: [{ functionCall: { name: 'f' } }] }] }, 'contents[0].parts[0].functionCall'],
    [{ contents: [{ role: 'model', parts: [{ functionCall: {} }] }] }, 'contents[0].parts[0].functionCall.name'],
    [{ contents: [{ parts: [{ inline_data: { data: '' } }] }] }, 'contents[0].parts[0].inlineData.data'],
    [
      { contents: [{ parts: [{ functionResponse: { name: 'f', response: 'x' } }] }] },
      'contents[0].parts[0].functionResponse.response',
    ],
    [{ contents: hi, tools: [{ functionDeclarations: [{}] }] }, 'tools[0].functionDeclarations[0].name'],
    [
      { contents: hi, tool_config: { functionCallingConfig: { mode: 'ALL' } } },
      'toolConfig.functionCallingConfig.mode',
    ],
    [{ contents: hi, generationConfig: { temperature: 'hot' } }, 'generationConfig.temperature'],
    [{ contents: hi, generationConfig: { stopSequences: [1] } }, 'generationConfig.stopSequences[0]'],
    [{ contents: hi, generationConfig: [] }, 'generationConfig'],
    [{ contents: hi, systemInstruction: { parts: [{ text: 1 }] } }, 'systemInstruction.parts[0].text'],
    [{ contents: hi, model: '' }, 'model'],
    [[], 'body'],
  ])('a mistake is named: %j', (body, param) => {
    let error: unknown
    try {
      door.parseRequest(Array.isArray(body) ? body : { model: 'm', ...body })
    } catch (thrown) {
      error = thrown
    }
    if (!isPlugboardError(error)) throw new Error('expected a PlugboardError')
    expect([error.code, error.details]).toEqual(['REQUEST_INVALID', { param }])
    expect(error.hint).toBeDefined()
  })
})

describe('a request that goes on to a provider of this protocol', () => {
  test('keeps what has no unified name', () => {
    const body = {
      systemInstruction: { parts: [{ fileData: { mimeType: 'text/plain', fileUri: 'gs://a/b' } }, { text: 's' }] },
      contents: [
        {
          role: 'user',
          parts: [
            { text: 'a', videoMetadata: { fps: 2 } },
            { inlineData: { mimeType: 'image/png', data: 'QUJD', displayName: 'n' } },
          ],
        },
        {
          role: 'model',
          parts: [
            { executableCode: { language: 'PYTHON', code: '1' }, thoughtSignature: 'AAAA' },
            {
              functionCall: { id: 'c1', name: 'f', args: {}, later: 1 },
              thoughtSignature: 'BBBB',
              partMetadata: { a: 1 },
            },
          ],
        },
        {
          role: 'user',
          parts: [
            {
              functionResponse: {
                id: 'c1',
                name: 'f',
                response: { big: { deep: [1, 'two'] } },
                scheduling: 'SILENT',
                parts: [{ inlineData: { mimeType: 'application/pdf', data: 'QUJD' } }],
              },
            },
          ],
        },
      ],
      tools: [
        { functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object' }, behavior: 'NON_BLOCKING' }] },
        { codeExecution: {} },
      ],
      toolConfig: {
        functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f', 'g'] },
        retrievalConfig: { languageCode: 'de' },
      },
      generationConfig: {
        candidateCount: 2,
        responseMimeType: 'text/x.enum',
        responseSchema: { type: 'STRING', enum: ['a'] },
      },
      labels: { team: 'a' },
    }
    expect(passOn(body)).toEqual(body)
  })

  test('keeps its meaning and its unknown fields, whatever it holds', () => {
    fc.assert(
      fc.property(googleRequest, (body) => {
        expect(passOn(body)).toEqual(body)
      }),
      { numRuns: 300 },
    )
  })

  test('means the same in snake_case', () => {
    fc.assert(
      fc.property(googleRequest, (body) => {
        const { context, options } = parse(snakeCase(body) as Json)
        // Parts we pass on unread keep the spelling they came in.
        expect(renamed(context, camel)).toEqual(parse(body).context)
        expect(options).toEqual(parse(body).options)
      }),
      { numRuns: 100 },
    )
  })
})

test('a signature made under another protocol comes back as that protocol made it', () => {
  const wrapped = Buffer.from('plugboard:anthropic-messages:sig+/=').toString('base64')
  const parts = [{ text: 'hm', thought: true, thoughtSignature: wrapped }, { text: 'a' }]
  expect(parse({ contents: [...hi, { role: 'model', parts }] }).context.messages[1]).toEqual({
    role: 'assistant',
    api: 'anthropic-messages',
    content: [
      { type: 'thinking', thinking: 'hm', thinkingSignature: 'sig+/=' },
      { type: 'text', text: 'a' },
    ],
  })
})

const word = fc.stringMatching(/^[a-z]{1,8}$/)
const text = fc.string({ minLength: 1, maxLength: 12 }).map((value) => value.toWellFormed())
const signature = fc.base64String({ minLength: 4, maxLength: 16 }).filter((value) => !value.startsWith('cGx1'))
const args = fc.dictionary(word, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)), {
  noNullPrototype: true,
})
/** Fields Google has not told us about yet. */
const unknown = fc.dictionary(
  word.map((name) => `x${name}`),
  fc.oneof(text, fc.integer()),
  { maxKeys: 2, noNullPrototype: true },
)
const withUnknown = (arbitrary: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.tuple(arbitrary, unknown).map(([value, more]) => ({ ...value, ...more }))
const some = <T>(key: string, value: fc.Arbitrary<T>): fc.Arbitrary<Json> =>
  fc.option(value, { nil: undefined }).map((found): Json => (found === undefined ? {} : { [key]: found }))
const all = (...parts: fc.Arbitrary<Json>[]): fc.Arbitrary<Json> =>
  fc.tuple(...parts).map((found): Json => Object.assign({}, ...found) as Json)

const userPart = withUnknown(
  fc.oneof(
    fc.record({ text }),
    fc.constant({ inlineData: { mimeType: 'image/png', data: 'QUJD' } }),
    fc.constant({ inlineData: { mimeType: 'audio/wav', data: 'QUJD' } }),
    fc.constant({ fileData: { mimeType: 'image/png', fileUri: 'https://a.example/b.png' } }),
  ),
)
const said = withUnknown(
  fc.oneof(
    all(fc.record({ text }), some('thoughtSignature', signature)),
    all(fc.record({ text }), fc.constant({ thought: true }), some('thoughtSignature', signature)),
    fc.record({ text: fc.constant(''), thoughtSignature: signature }),
    fc.constant({ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } }),
  ),
)
const response = fc.oneof(
  fc.record({ output: text }),
  fc.record({ error: text }),
  fc.dictionary(word, fc.oneof(text, fc.integer()), { noNullPrototype: true }),
)
const calling = fc.array(fc.record({ name: word, args, response, sign: fc.option(signature), more: unknown }), {
  maxLength: 3,
})

/** One exchange: the user speaks, the model answers and perhaps calls, and its calls are answered. */
const exchange = fc.record({
  user: fc.array(userPart, { minLength: 1, maxLength: 3 }),
  model: fc.array(said, { minLength: 1, maxLength: 3 }),
  calls: calling,
})

const contents = fc.array(exchange, { minLength: 1, maxLength: 3 }).map((exchanges) =>
  exchanges.flatMap(({ user, model: spoken, calls }, turn) => {
    const id = (index: number): string => `c${turn}_${index}`
    const asked = calls.map(({ name, args: given, sign, more }, index) => ({
      functionCall: { id: id(index), name, args: given, ...more },
      ...(sign === null ? {} : { thoughtSignature: sign }),
    }))
    const answered = calls.map(({ name, response: given, more }, index) => ({
      functionResponse: { id: id(index), name, response: given, ...more },
    }))
    return [
      { role: 'user', parts: user },
      { role: 'model', parts: [...spoken, ...asked] },
      ...(answered.length === 0 ? [] : [{ role: 'user', parts: answered }]),
    ]
  }),
)

const googleRequest: fc.Arbitrary<Json> = withUnknown(
  all(
    fc.record({ contents }),
    some('systemInstruction', fc.record({ parts: fc.tuple(fc.record({ text })) })),
    fc.constant({ tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object' } }] }] }),
    some(
      'toolConfig',
      all(
        fc.record({ functionCallingConfig: fc.record({ mode: fc.constantFrom('AUTO', 'ANY', 'NONE', 'VALIDATED') }) }),
        some('xnew', text),
      ),
    ),
    some('safetySettings', fc.constant([{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }])),
    fc.record({
      generationConfig: all(
        fc.record({ temperature: fc.double({ min: 0, max: 2, noNaN: true }) }),
        some('topP', fc.constant(0.5)),
        some('topK', fc.nat(40)),
        some('maxOutputTokens', fc.nat(9000)),
        some('seed', fc.integer()),
        some('stopSequences', fc.array(text, { minLength: 1, maxLength: 3 })),
        some('thinkingConfig', fc.constant({ thinkingBudget: 5, includeThoughts: true })),
        some('candidateCount', fc.nat(3)),
        unknown,
      ),
    }),
  ),
)

const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
const snakeCase = (value: unknown): unknown =>
  renamed(value, (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [rename(name), renamed(item, rename)]))
}
