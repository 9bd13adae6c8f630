import { existsSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import type { StopReason } from '../../../plugin-sdk/messages.ts'
import { changed, door, everything, failure, foreign, head, messageOf, sentIn, tell } from './door.ts'
import { present, recordings } from './recordings.ts'
import { collect, encode, request, sendSse, startUpstream, thinker, type Json } from './support.ts'

const file = new URL('../../../../shared/specs/openai/openapi.json', import.meta.url)

/** What is wrong with a value by one of the schemas of the API, as text. */
function checker(): { check: (schema: string, value: unknown) => string[]; events: ReadonlyMap<string, string> } {
  // Alternatives overlap in many places (an input message is of two kinds at once), so one that fits is enough.
  const text = readFileSync(file, 'utf8').replaceAll('"oneOf":', '"anyOf":')
  const document = JSON.parse(text) as { components: { schemas: Record<string, Json> } }
  const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false })
  ajv.addSchema({ $id: 'api', ...document })
  const check = (schema: string, value: unknown): string[] => {
    const validate = ajv.getSchema(`api#/components/schemas/${schema}`)
    if (validate === undefined) throw new Error(`no schema ${schema}`)
    return validate(value) === true
      ? []
      : (validate.errors ?? []).map(
          ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
        )
  }
  const { schemas } = document.components
  const references = [...JSON.stringify(schemas['ResponseStreamEvent']).matchAll(/schemas\/(\w+)/g)].map(
    (found) => found[1] ?? '',
  )
  const typeOf = (name: string): string => {
    const properties = schemas[name]?.['properties'] as Record<string, { enum?: string[] }> | undefined
    return properties?.['type']?.enum?.[0] ?? ''
  }
  return { check, events: new Map(references.map((name) => [typeOf(name), name])) }
}

const { check, events } = existsSync(file) ? checker() : { check: () => [], events: new Map<string, string>() }

/** Items of the provider's own tools, and sources, go through as they came; not all of them are what the schema says. */
const isWrittenByUs = (item: unknown): boolean =>
  ['message', 'function_call', 'reasoning'].includes(String((item as Json | undefined)?.['type']))

function withoutWordsOfTheProvider(told: Json): Json | undefined {
  if (told['type'] === 'response.output_text.annotation.added') return undefined
  const event = JSON.parse(JSON.stringify(told), (key, value: unknown) => (key === 'annotations' ? [] : value)) as Json
  if ('item' in event) return isWrittenByUs(event['item']) ? event : undefined
  const response = event['response'] as Json | undefined
  if (response === undefined) return event
  return { ...event, response: { ...response, output: (response['output'] as unknown[]).filter(isWrittenByUs) } }
}

const eventProblems = (text: string, of: (event: Json) => Json | undefined = (event) => event): string[] =>
  sentIn(text).flatMap(({ event: sent, name }) => {
    const event = of(sent)
    if (event === undefined) return []
    const type = String(event['type'])
    const schema = events.get(type)
    if (schema === undefined || name !== type) return [`${name}: no event of the API`]
    return check(schema, event).map((problem) => `${type}${problem}`)
  })

const reasons: StopReason[] = ['stop', 'length', 'toolUse', 'contentFilter']

describe.skipIf(!existsSync(file))("OpenAI's own schema accepts", () => {
  test('the events of every answer we tell', () => {
    for (const reason of ['stop', 'length', 'toolUse', 'contentFilter'] as const) {
      const text = tell(foreign(everything, { reason }))
      expect(sentIn(text).length).toBeGreaterThan(20)
      expect(eventProblems(text)).toEqual([])
    }
    expect(eventProblems(tell(foreign(() => undefined)))).toEqual([])
  })

  test('the events of a failure', () => {
    const stream = door.openStream(head, door.parseRequest({ model: 'auto', input: 'Hi' }))
    const begun = foreign(everything)
      .slice(0, 8)
      .map((batch) => stream.write(batch))
      .join('')
    expect(eventProblems(begun + stream.fail(failure))).toEqual([])
    const types = ['authentication_error', 'invalid_request_error', 'rate_limit_error', 'server_error'] as const
    for (const type of types) {
      const early = door.openStream(head, door.parseRequest({ model: 'auto', input: 'Hi' }))
      expect(eventProblems(early.fail({ ...failure, type }))).toEqual([])
    }
  })

  test('the body of every answer we write', () => {
    for (const stopReason of reasons) {
      const message = messageOf(foreign(everything), { stopReason, responseId: 'chatcmpl-1' })
      expect(check('Response', JSON.parse(door.writeAnswer({ ...head, message }, {})))).toEqual([])
    }
    const bare = door.writeAnswer({ ...head, message: { role: 'assistant', content: [] } }, { provider: 'x' })
    expect(check('Response', JSON.parse(bare))).toEqual([])
  })

  test('the body of an error', () => {
    expect(check('ErrorResponse', JSON.parse(door.writeError(failure)))).toEqual([])
  })

  test('the requests we send', () => {
    const { body, warnings } = encode({
      model: thinker(),
      context: {
        systemPrompt: 'be kind',
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'see' },
              { type: 'image', mimeType: 'image/png', data: 'AAAA' },
            ],
          },
          { ...messageOf(foreign(everything)), content: messageOf(foreign(everything)).content.slice(2) },
          { role: 'toolResult', toolCallId: 'toolu_1', content: [{ type: 'text', text: 'sunny' }], isError: false },
          {
            role: 'toolResult',
            toolCallId: 'toolu_2',
            content: [{ type: 'image', url: 'https://x.test/a.png' }],
            isError: true,
          },
          { role: 'system', content: 'be brief' },
        ],
        tools: [{ name: 'weather', parameters: { type: 'object', properties: {} } }],
      },
      options: {
        reasoning: 'high',
        maxTokens: 20,
        toolChoice: 'required',
        responseFormat: { type: 'json', schema: { type: 'object' } },
      },
    })
    expect(warnings).toEqual([])
    expect(check('CreateResponse', body)).toEqual([])
  })
})

describe.skipIf(!existsSync(file) || !present)('recorded streams, told in our own words,', () => {
  test("are events of OpenAI's own schema", async () => {
    let told = 0
    for (const recording of recordings.filter(
      ({ stream, payloads }) => stream && payloads.at(-1)?.['type'] === 'response.completed',
    )) {
      await using upstream = await startUpstream((response) => sendSse(response, recording.text))
      const { batches } = await collect(upstream.provider(), request({ model: thinker() }))
      expect({
        name: recording.name,
        problems: eventProblems(tell(changed(batches)), withoutWordsOfTheProvider),
      }).toEqual({
        name: recording.name,
        problems: [],
      })
      told++
    }
    expect(told).toBeGreaterThan(50)
  })
})
