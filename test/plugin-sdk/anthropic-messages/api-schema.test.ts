import { existsSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { EventBuilder } from '../../../plugin-sdk/event-builder.ts'
import type { AssistantMessage, Context } from '../../../plugin-sdk/messages.ts'
import type { GenerationOptions } from '../../../plugin-sdk/options.ts'
import { present, recordings } from './recordings.ts'
import { door, doorError, encode, head, payloads, relay, stream, type Json } from './support.ts'

/** The provider's own description of its API: JSON, whatever its name says. */
const file = new URL('../../../../shared/specs/anthropic/openapi.yaml', import.meta.url)

/** What is wrong with a value by one of the schemas of the API, as text. */
function checker(): (schema: string, value: unknown) => string[] {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false, logger: false })
  ajv.addSchema({ $id: 'api', ...(JSON.parse(readFileSync(file, 'utf8')) as Json) })
  return (schema, value) => {
    const validate = ajv.getSchema(`api#/components/schemas/${schema}`)
    if (validate === undefined) throw new Error(`no schema ${schema}`)
    return validate(value) === true
      ? []
      : (validate.errors ?? []).map(
          ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
        )
  }
}

const problems = existsSync(file) ? checker() : () => []

const usage = { input: 3, output: 9, cacheRead: 4, cacheWrite: 2, reasoning: 5, totalTokens: 18 }

const message: AssistantMessage = {
  role: 'assistant',
  api: 'openai-chat',
  content: [
    { type: 'thinking', thinking: 'Hm.', thinkingSignature: 'reasoning_content' },
    { type: 'thinking', thinking: '', thinkingSignature: 'x', redacted: true },
    { type: 'text', text: 'Hello' },
    { type: 'toolCall', id: 'call_1', name: 'look', arguments: { at: 1 } },
  ],
}

const context: Context = {
  systemPrompt: 'Be brief.',
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'See' },
        { type: 'image', data: 'AAAA', mimeType: 'image/png' },
        { type: 'image', url: 'https://example.com/a.png' },
      ],
    },
    { ...message, api: 'anthropic-messages' },
    {
      role: 'toolResult',
      toolCallId: 'call_1',
      content: [{ type: 'image', data: 'AA', mimeType: 'image/png' }],
      isError: true,
    },
    { role: 'user', content: 'So?' },
  ],
  tools: [{ name: 'look', description: 'Looks.', parameters: {}, strict: true }],
}

const OPTIONS: readonly GenerationOptions[] = [
  {},
  { temperature: 1.5, topK: 3, stop: ['END'], user: 'u1', toolChoice: 'required', parallelToolCalls: false },
  { reasoning: 'off', topP: 0.5, toolChoice: 'none' },
  { reasoning: 'minimal', maxTokens: 1100, toolChoice: { tool: 'look' } },
  {
    reasoning: 'max',
    responseFormat: { type: 'json', schema: { type: 'object', properties: { n: { type: 'number' } } } },
  },
]

describe.skipIf(!existsSync(file))('by the provider’s own schema', () => {
  test('every request we write is good', () => {
    for (const options of OPTIONS)
      for (const forceAdaptiveThinking of [false, true]) {
        const compat = { forceAdaptiveThinking, supportsStrictTools: true, structuredOutput: 'output_config' } as const
        const { body } = encode({ context, options }, { ...compat, thinkingDisplay: 'summarized' })
        expect({ options, problems: problems('CreateMessageParams', body) }).toEqual({ options, problems: [] })
      }
    expect(problems('CreateMessageParams', { ...encode().body, max_tokens: 'many' })).not.toEqual([])
  })

  test('every answer of another protocol is a good message', () => {
    for (const stopReason of ['stop', 'length', 'toolUse', 'contentFilter'] as const) {
      const written = JSON.parse(
        door.writeAnswer({ ...head, message: { ...message, usage, stopReason } }, { cost: 1 }),
      ) as Json
      expect(problems('Message', written)).toEqual([])
    }
    const bare = JSON.parse(door.writeAnswer({ ...head, message: { role: 'assistant', content: [] } }, {})) as Json
    expect(problems('Message', bare)).toEqual([])
    expect(problems('Message', { ...bare, content: 'text' })).not.toEqual([])
  })

  test('every event of a streamed answer of another protocol is a good event', () => {
    const events = new EventBuilder()
    events.start()
    events.closeThinking(events.openThinking(), { thinkingSignature: 'b3Bh', redacted: true })
    events.thinking('Hm.')
    events.text('Hello')
    events.closeAll()
    events.delta(events.openTool('call_1', 'look'), '{}')
    events.finish({ reason: 'toolUse', usage })
    const written = payloads(stream([events.take()], { cost: 1 }))
    expect(written.length).toBeGreaterThan(10)
    expect(written.flatMap((event) => problems('MessageStreamEvent', event))).toEqual([])
    expect(problems('MessageStreamEvent', { ...written[1], index: 'first' })).not.toEqual([])
  })

  test('every error is a good one, but for the type the schema does not list', () => {
    for (const status of [400, 401, 402, 403, 404, 429, 500, 502, 503, 504, 529]) {
      const written: unknown = JSON.parse(door.writeError({ ...doorError, type: 'provider_error', status }))
      expect({ status, problems: problems('ErrorResponse', written) }).toEqual({ status, problems: [] })
    }
    const large = JSON.parse(door.writeError({ ...doorError, status: 413 })) as { error: Json }
    expect(large.error['type']).toBe('request_too_large')
  })

  test.skipIf(!present)('a recorded request is as good behind us as it was before', () => {
    for (const { file: name, request } of recordings) {
      if (typeof request !== 'object' || request === null) continue
      const before = problems('BetaCreateMessageParams', request)
      const after = problems('BetaCreateMessageParams', relay(request as Json).body)
      expect({ name, worse: after.length > before.length ? after : [] }).toEqual({ name, worse: [] })
    }
  })
})
