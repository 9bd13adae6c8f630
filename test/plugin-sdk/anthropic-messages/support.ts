import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ProviderError } from '../../../plugin-sdk/errors.ts'
import type { Batch, FinishEvent, ProviderEvent } from '../../../plugin-sdk/events.ts'
import { createHttp } from '../../../plugin-sdk/http.ts'
import { MessageBuilder } from '../../../plugin-sdk/message-builder.ts'
import type { AssistantContent } from '../../../plugin-sdk/messages.ts'
import type { Reading } from '../../../plugin-sdk/protocols/anthropic-messages/answer-decoder.ts'
import { compatOf, type AnthropicCompat } from '../../../plugin-sdk/protocols/anthropic-messages/compat.ts'
import { encodeRequest, type EncodedRequest } from '../../../plugin-sdk/protocols/anthropic-messages/encode-request.ts'
import { anthropicMessages } from '../../../plugin-sdk/protocols/anthropic-messages/index.ts'
import { readStream } from '../../../plugin-sdk/protocols/anthropic-messages/read-answer.ts'
import type { AnswerHead, DoorError, StreamWriter } from '../../../plugin-sdk/protocols/protocol.ts'
import type { Model, Provider, ProviderDeclaration, ProviderRequest } from '../../../plugin-sdk/provider.ts'
import { Secret } from '../../../plugin-sdk/secret.ts'
import { Arriving } from '../../support/arriving.ts'

export type Json = Readonly<Record<string, unknown>>

export const { door } = anthropicMessages

export const model = (more: Partial<Model> = {}): Model => ({
  id: 'claude-test',
  name: 'Claude Test',
  provider: 'anthropic',
  api: 'anthropic-messages',
  baseUrl: undefined,
  input: ['text', 'image'],
  tools: true,
  reasoning: true,
  ...more,
})

export const request = (more: Partial<ProviderRequest> = {}): ProviderRequest => ({
  model: model(),
  context: { messages: [{ role: 'user', content: 'hi' }] },
  options: {},
  stream: true,
  ...more,
})

/** The body our provider would send. */
export const encode = (more: Partial<ProviderRequest> = {}, compat: Partial<AnthropicCompat> = {}): EncodedRequest =>
  encodeRequest(request(more), { compat: compatOf({ ...compat }, more.model ?? model()), isDescribed: true })

/** A request of a client of this protocol, as a provider of this protocol would get it. */
export function relay(body: Json, compat: Partial<AnthropicCompat> = {}): EncodedRequest {
  const { context, options, stream, wire } = door.parseRequest({ model: 'claude-test', max_tokens: 100, ...body })
  return encode({ context, options, stream, wire }, compat)
}

/** The text of a server-sent event stream. */
export const sse = (events: readonly Json[]): string =>
  events.map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`).join('')

/** The payloads of a server-sent event stream, and that each is named after its type. */
export function payloads(text: string): Json[] {
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      const lines = event.split('\n')
      const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice('data: '.length))
      const payload = JSON.parse(data.join('\n')) as Json
      if (lines[0] !== `event: ${String(payload['type'])}`) throw new Error(`not named after its type: ${event}`)
      return payload
    })
}

export const started = (message: Json = {}): Json => ({
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [],
    model: 'claude-test',
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 1 },
    ...message,
  },
})

export const ended = (stopReason = 'end_turn', usage: Json = { output_tokens: 5 }): Json[] => [
  { type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null }, usage },
  { type: 'message_stop' },
]

/** A whole block of a stream: its start, its deltas, its stop. */
export const block = (index: number, start: Json, ...deltas: Json[]): Json[] => [
  { type: 'content_block_start', index, content_block: start },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
]

export const textBlock = (index: number, ...pieces: string[]): Json[] =>
  block(index, { type: 'text', text: '' }, ...pieces.map((text) => ({ type: 'text_delta', text })))

export interface Collected {
  readonly batches: Batch[]
  readonly events: ProviderEvent[]
  readonly content: readonly AssistantContent[]
  readonly start: MessageBuilder['start']
  readonly finish: FinishEvent | undefined
  readonly error: unknown
}

export async function gather(batches: AsyncIterable<ProviderEvent | Batch>): Promise<Collected> {
  const list: Batch[] = []
  const message = new MessageBuilder()
  let error: unknown
  try {
    for await (const item of batches) {
      const batch = item as Batch
      list.push(batch)
      message.add(batch)
    }
  } catch (thrown) {
    error = thrown
  }
  const { content, start, finish } = message
  return { batches: list, events: list.flat(), content, start, finish, error }
}

export const reading: Reading = {
  provider: 'anthropic',
  model: 'claude-test',
  warnings: [],
  failure: (event) => new ProviderError('server', JSON.stringify(event)),
  unreadable: (text) => new ProviderError('server', `unreadable: ${text}`, { provider: 'anthropic' }),
}

/** What our provider makes of a stream that arrives in these chunks. */
export const decode = (...chunks: readonly string[]): Promise<Collected> =>
  gather(readStream(new Arriving(chunks.map((chunk) => Buffer.from(chunk))), reading))

/** Our own events without their wire form, as if a provider of another protocol had said them. */
export const foreign = (batches: readonly Batch[]): Batch[] => batches.map((batch) => [...batch])

export const head: AnswerHead = { id: 'msg_head', created: 1, model: 'asked-model' }

/** Everything a client gets of a streamed answer. */
export function stream(batches: readonly Batch[], extras: Json = {}, more: Partial<AnswerHead> = {}): string {
  const writer = openStream(more)
  let text = ''
  for (const batch of batches) text += writer.write(batch)
  const last = batches.at(-1)
  const finish = last?.find((event) => event.type === 'finish')
  if (finish === undefined) throw new Error('the answer has no end')
  return text + writer.finish(finish, last?.wire, extras)
}

export const openStream = (more: Partial<AnswerHead> = {}): StreamWriter =>
  door.openStream({ ...head, ...more }, door.parseRequest({ ...MINIMAL, stream: true }))

export const MINIMAL = { model: 'claude-test', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }

export const doorError: DoorError = {
  status: 400,
  message: 'No.',
  type: 'invalid_request_error',
  code: 'REQUEST_INVALID',
  param: 'messages',
  provider: null,
  requestId: 'req_1',
}

export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

export interface Upstream extends AsyncDisposable {
  readonly received: Received[]
  provider(
    declaration?: Partial<ProviderDeclaration>,
    headers?: Readonly<Record<string, string>>,
    key?: string | null,
  ): Provider
}

export const KEY = 'sk-ant-the-key-of-the-test-0001'

/** A provider's server on loopback, and our provider talking to it. */
export async function startUpstream(
  respond: (response: ServerResponse, received: Received) => void | Promise<void>,
): Promise<Upstream> {
  const received: Received[] = []
  await using servers = new AsyncDisposableStack()
  const server = createServer((incoming, response) => {
    void (async () => {
      let text = ''
      for await (const chunk of incoming.setEncoding('utf8')) text += String(chunk)
      const { method = '', url = '', headers } = incoming
      const entry: Received = { method, url, headers, body: text === '' ? undefined : JSON.parse(text) }
      received.push(entry)
      await respond(response, entry)
    })()
  })
  const port = await listen(server)
  servers.defer(() => close(server))
  const http = servers.use(createHttp([`127.0.0.1:${port}`]))
  const kept = servers.move()
  return {
    received,
    provider: (declaration = {}, headers = {}, key = KEY) =>
      anthropicMessages.createProvider({
        declaration: { id: 'anthropic', ...declaration },
        baseUrl: `http://127.0.0.1:${port}/v1`,
        http,
        apiKey: key === null ? undefined : new Secret(key),
        headers,
      }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

export async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

export function sendJson(response: ServerResponse, json: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(typeof json === 'string' ? json : JSON.stringify(json))
}

export function sendSse(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  response.end(text)
}

export const ask = (provider: Provider, asked: ProviderRequest = request()): Promise<Collected> =>
  gather(provider.stream(asked, new AbortController().signal))
