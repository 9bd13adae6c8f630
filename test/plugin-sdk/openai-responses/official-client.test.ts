import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../plugin-sdk/events.ts'
import type { AssistantMessage } from '../../../plugin-sdk/messages.ts'
import type { DoorRequest } from '../../../plugin-sdk/protocols/protocol.ts'
import { changed, door, everything, failure, foreign, head, messageOf, tell } from './door.ts'
import { present, recordings } from './recordings.ts'
import { collect, failureOf, request, sendSse, startUpstream, thinker } from './support.ts'

interface Gateway extends AsyncDisposable {
  readonly client: OpenAI
  readonly asked: DoorRequest[]
}

type Answering = (asked: DoorRequest) => readonly Batch[]

/** Our door on the loopback interface, with the official client before it. `cut`: the stream fails before its end. */
async function openDoor(answer: Answering, cut = false): Promise<Gateway> {
  const asked: DoorRequest[] = []
  const server = createServer((incoming, response) => {
    void (async () => {
      let text = ''
      for await (const chunk of incoming.setEncoding('utf8')) text += String(chunk)
      const parsed = door.parseRequest(JSON.parse(text))
      asked.push(parsed)
      const batches = answer(parsed)
      if (!parsed.stream) {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(door.writeAnswer({ ...head, message: messageOf(batches) }, { provider: 'anthropic' }))
        return
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const writer = door.openStream(head, parsed)
      const failed = () =>
        batches
          .slice(0, -3)
          .map((batch) => writer.write(batch))
          .join('') + writer.fail(failure)
      response.end(cut ? failed() : tell(batches, { provider: 'anthropic' }))
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    client: new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'k', maxRetries: 0 }),
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const weather = {
  type: 'function',
  name: 'weather',
  strict: true,
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
} as const

const answering = (): Batch[] => foreign(everything, { reason: 'toolUse' })

describe('the official client', () => {
  test('reads an answer in one piece', async () => {
    await using gateway = await openDoor(answering)
    const response = await gateway.client.responses.create({ model: 'auto', input: 'Hi', tools: [weather] })
    expect(response.output_text).toBe('Hello 👋')
    expect(response.usage).toMatchObject({ input_tokens: 11, output_tokens: 7, total_tokens: 18 })
    expect(response).toHaveProperty('provider', 'anthropic')
    expect(gateway.asked[0]?.context.tools).toMatchObject([{ name: 'weather', strict: true }])
  })

  test('reads every event of a stream', async () => {
    await using gateway = await openDoor(answering)
    const stream = await gateway.client.responses.create({ model: 'auto', input: 'Hi', stream: true })
    let text = ''
    let last = ''
    for await (const event of stream) {
      if (event.type === 'response.output_text.delta') text += event.delta
      last = event.type
    }
    expect([text, last]).toEqual(['Hello 👋', 'response.completed'])
  })

  test('puts a stream together, event by event, without complaint', async () => {
    await using gateway = await openDoor(answering)
    const stream = gateway.client.responses.stream({ model: 'auto', input: 'Hi', tools: [weather] })
    const calls: string[] = []
    stream.on('response.function_call_arguments.delta', ({ snapshot }) => calls.push(snapshot))
    const response = await stream.finalResponse()
    expect(response.output_text).toBe('Hello 👋')
    expect(response.output.map(({ type }) => type)).toEqual([
      'reasoning',
      'reasoning',
      'message',
      'function_call',
      'function_call',
    ])
    expect(calls).toEqual(['{"city":', '{"city":"Rome"}', '{}'])
    expect(response.output[3]).toMatchObject({ parsed_arguments: { city: 'Rome' } })
  })

  test('sends back what it got, and the next provider finds its own thoughts and ids', async () => {
    await using gateway = await openDoor(answering)
    const first = await gateway.client.responses.stream({ model: 'auto', input: 'Hi' }).finalResponse()
    const results = first.output.flatMap((item) =>
      item.type === 'function_call'
        ? [{ type: 'function_call_output' as const, call_id: item.call_id, output: 'sunny' }]
        : [],
    )
    const input = [
      { role: 'user' as const, content: 'Hi' },
      ...(first.output as OpenAI.Responses.ResponseInput),
      ...results,
    ]
    await gateway.client.responses.create({ model: 'auto', input })
    const [, said, one, two] = gateway.asked[1]?.context.messages ?? []
    const { content, api } = said as AssistantMessage
    expect(api).toBe('anthropic-messages')
    expect(content).toEqual(messageOf(answering()).content)
    expect([one, two]).toMatchObject([{ toolCallId: 'toolu_1' }, { toolCallId: 'toolu_2' }])
  })

  test('gets structured output', async () => {
    await using gateway = await openDoor(() => foreign((builder) => builder.text('{"city":"Rome"}')))
    const format = { type: 'json_schema', name: 'place', strict: true, schema: weather.parameters } as const
    const response = await gateway.client.responses.parse({ model: 'auto', input: 'Hi', text: { format } })
    expect(response.output_parsed).toEqual({ city: 'Rome' })
    expect(gateway.asked[0]?.options.responseFormat).toMatchObject({ type: 'json', name: 'place', strict: true })
  })

  test('takes a failed stream for a failure, whichever way it reads', async () => {
    await using gateway = await openDoor(answering, true)
    const helper = await failureOf(gateway.client.responses.stream({ model: 'auto', input: 'Hi' }).finalResponse())
    expect(helper).toBeInstanceOf(OpenAI.APIError)
    const reading = async (): Promise<void> => {
      for await (const _ of await gateway.client.responses.create({ model: 'auto', input: 'Hi', stream: true }));
    }
    expect(await failureOf(reading())).toBeInstanceOf(OpenAI.APIError)
  })

  test('reads an error', async () => {
    const server = createServer((_, response) => {
      response.writeHead(429, { 'content-type': 'application/json' })
      response.end(door.writeError({ ...failure, type: 'rate_limit_error', code: 'rate_limit_exceeded' }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'k', maxRetries: 0 })
    const error = await failureOf(client.responses.create({ model: 'auto', input: 'Hi' }))
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', type: 'rate_limit_error' })
  })
})

describe.skipIf(!present)('recorded streams, told in our own words,', () => {
  test('are put together by the official client as they were', async () => {
    let told = 0
    for (const recording of recordings.filter(
      ({ stream, payloads }) => stream && payloads.at(-1)?.['type'] === 'response.completed',
    )) {
      await using upstream = await startUpstream((response) => sendSse(response, recording.text))
      const { batches, content } = await collect(upstream.provider(), request({ model: thinker() }))
      await using gateway = await openDoor(() => changed(batches))
      const response = await gateway.client.responses.stream({ model: 'auto', input: 'Hi' }).finalResponse()
      const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []))
      const calls = content.flatMap((part) => (part.type === 'toolCall' ? [JSON.stringify(part.arguments)] : []))
      expect({ name: recording.name, text: response.output_text }).toEqual({
        name: recording.name,
        text: texts.join(''),
      })
      const got = response.output.flatMap((item) =>
        item.type === 'function_call' ? [JSON.stringify(JSON.parse(item.arguments))] : [],
      )
      expect({ name: recording.name, calls: got }).toEqual({ name: recording.name, calls })
      told++
    }
    expect(told).toBeGreaterThan(50)
  })
})
