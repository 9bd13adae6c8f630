import Anthropic from '@anthropic-ai/sdk'
import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../plugin-sdk/events.ts'
import type { AssistantMessage } from '../../../plugin-sdk/messages.ts'
import type { DoorRequest } from '../../../plugin-sdk/protocols/protocol.ts'
import { isPlugboardError } from '../../../plugin-sdk/errors.ts'
import { EventBuilder } from '../../../plugin-sdk/event-builder.ts'
import {
  block,
  close,
  decode,
  door,
  doorError,
  ended,
  foreign,
  head,
  listen,
  sse,
  started,
  textBlock,
} from './support.ts'

interface Gateway extends AsyncDisposable {
  readonly client: Anthropic
  readonly requests: DoorRequest[]
}

/** The smallest gateway: a door before a fixed answer. */
async function startGateway(batches: readonly Batch[], message?: AssistantMessage, failing = false): Promise<Gateway> {
  const requests: DoorRequest[] = []
  const server = createServer((incoming, response) => {
    void (async () => {
      let text = ''
      for await (const chunk of incoming.setEncoding('utf8')) text += String(chunk)
      try {
        const request = door.parseRequest(JSON.parse(text))
        requests.push(request)
        if (!request.stream && message !== undefined) {
          response.setHeader('content-type', 'application/json')
          response.end(door.writeAnswer({ ...head, message }, { provider: 'openai' }))
          return
        }
        response.setHeader('content-type', 'text/event-stream')
        const writer = door.openStream(head, request)
        for (const batch of batches) response.write(writer.write(batch))
        const last = batches.at(-1)
        const finish = last?.find((event) => event.type === 'finish')
        response.end(
          failing || finish === undefined
            ? writer.fail({ ...doorError, status: 529, type: 'provider_error', message: 'Too busy.' })
            : writer.finish(finish, last?.wire, { provider: 'openai' }),
        )
      } catch (error) {
        if (!isPlugboardError(error)) throw error
        response.writeHead(400, { 'content-type': 'application/json' })
        response.end(door.writeError({ ...doorError, message: error.message, param: String(error.details['param']) }))
      }
    })()
  })
  const baseURL = `http://127.0.0.1:${await listen(server)}`
  return {
    client: new Anthropic({ baseURL, apiKey: 'pb-key', maxRetries: 0 }),
    requests,
    [Symbol.asyncDispose]: () => close(server),
  }
}

const ASK = {
  model: 'claude-test',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'hi' }],
}

const ANSWER = sse([
  started(),
  ...block(
    0,
    { type: 'thinking', thinking: '', signature: '' },
    { type: 'thinking_delta', thinking: 'Hm.' },
    { type: 'signature_delta', signature: 'c2ln' },
  ),
  ...textBlock(1, 'Hel', 'lo'),
  ...block(
    2,
    { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} },
    { type: 'input_json_delta', partial_json: '{"at":' },
    { type: 'input_json_delta', partial_json: '1}' },
  ),
  ...ended('tool_use', { input_tokens: 12, output_tokens: 7 }),
])

const CONTENT = [
  { type: 'text', text: 'Hello' },
  { type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 1 } },
]

describe('the official client', () => {
  test.each(['of this protocol', 'of another protocol'])('reads a streamed answer of a provider %s', async (origin) => {
    const { batches } = await decode(...ANSWER.split(/(?<=\n\n)/))
    const own = origin === 'of this protocol'
    await using gateway = await startGateway(own ? batches : foreign(batches))
    const texts: string[] = []
    const blocks: string[] = []
    const stream = gateway.client.messages.stream(ASK)
    stream.on('text', (delta) => texts.push(delta))
    stream.on('contentBlock', (content) => blocks.push(content.type))
    const message = await stream.finalMessage()
    expect(texts).toEqual(['Hel', 'lo'])
    expect(blocks).toEqual(['thinking', 'text', 'tool_use'])
    expect(message).toMatchObject({
      id: 'msg_1',
      role: 'assistant',
      stop_reason: 'tool_use',
      usage: { input_tokens: 12, output_tokens: 7 },
      content: [{ type: 'thinking', thinking: 'Hm.', signature: own ? 'c2ln' : 'plugboard::c2ln' }, ...CONTENT],
    })
    expect(gateway.requests[0]?.context.messages).toEqual([{ role: 'user', content: 'hi' }])
  })

  test('reads calls that a provider sent at the same time', async () => {
    const events = new EventBuilder()
    events.start()
    events.text('Look.')
    const calls = [events.openTool('call_1', 'look'), events.openTool('call_2', 'look')]
    for (const piece of ['{"at"', ':', '1}']) for (const call of calls) events.delta(call, piece)
    events.finish({ reason: 'toolUse' })
    await using gateway = await startGateway([events.take()])
    const { content } = await gateway.client.messages.stream(ASK).finalMessage()
    expect(content).toMatchObject([
      { type: 'text', text: 'Look.' },
      { type: 'tool_use', id: 'call_1', input: { at: 1 } },
      { type: 'tool_use', id: 'call_2', input: { at: 1 } },
    ])
  })

  test('reads a whole answer, and sends it back in the next request', async () => {
    const message: AssistantMessage = {
      role: 'assistant',
      api: 'openai-chat',
      content: [
        { type: 'thinking', thinking: 'Hm.', thinkingSignature: 'reasoning_content' },
        { type: 'toolCall', id: 'call_1', name: 'look', arguments: { at: 1 } },
      ],
      stopReason: 'toolUse',
    }
    await using gateway = await startGateway([], message)
    const first = await gateway.client.messages.create(ASK)
    expect(first).toMatchObject({ provider: 'openai', stop_reason: 'tool_use' })
    await gateway.client.messages.create({
      ...ASK,
      messages: [
        ...ASK.messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'seen' }] },
      ],
    })
    expect(gateway.requests[1]?.context.messages[1]).toMatchObject({ api: 'openai-chat', content: message.content })
    expect(gateway.requests[1]?.context.messages[2]).toMatchObject({ role: 'toolResult', toolName: 'look' })
  })

  test('knows a failure in the middle of a stream for one', async () => {
    const { batches } = await decode(...ANSWER.split(/(?<=\n\n)/).slice(0, 8))
    await using gateway = await startGateway(foreign(batches), undefined, true)
    const error = await gateway.client.messages
      .stream(ASK)
      .finalMessage()
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Anthropic.APIError)
    expect(error).toMatchObject({ error: { type: 'error', error: { type: 'overloaded_error', message: 'Too busy.' } } })
  })

  test('throws its own error for a refused request', async () => {
    await using gateway = await startGateway([])
    const error = await gateway.client.messages
      .create({ ...ASK, messages: [{ role: 'user', content: [{ type: 'text' } as never] }] })
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Anthropic.BadRequestError)
    expect(error).toMatchObject({
      status: 400,
      error: { error: { type: 'invalid_request_error', param: 'messages[0].content[0].text' } },
    })
  })
})
