import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHttp } from '../../../plugin-sdk/http.ts'
import type { Batch, ProviderEvent } from '../../../plugin-sdk/events.ts'
import { MessageBuilder } from '../../../plugin-sdk/message-builder.ts'
import type { AssistantContent } from '../../../plugin-sdk/messages.ts'
import { compatOf } from '../../../plugin-sdk/protocols/google-generative-ai/compat.ts'
import { encodeRequest } from '../../../plugin-sdk/protocols/google-generative-ai/encode-request.ts'
import { googleGenerativeAi } from '../../../plugin-sdk/protocols/google-generative-ai/index.ts'
import type { Model, Provider, ProviderDeclaration, ProviderRequest } from '../../../plugin-sdk/provider.ts'
import { Secret } from '../../../plugin-sdk/secret.ts'

export type Json = Readonly<Record<string, unknown>>

export const model = (more: Partial<Model> = {}): Model => ({
  id: 'gemini-test',
  name: 'Gemini Test',
  provider: 'google',
  api: 'google-generative-ai',
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

/** The body our provider would send, and what it warns about. */
export function encode(more: Partial<ProviderRequest>, compat: Json = {}) {
  const asked = request(more)
  return encodeRequest(asked, { compat: compatOf(compat, asked.model), isDescribed: true })
}

export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

export interface Upstream extends AsyncDisposable {
  readonly received: Received[]
  readonly baseUrl: string
  provider(declaration?: Partial<ProviderDeclaration>, key?: string): Provider
}

/** A provider's server on loopback, and our provider talking to it. */
export async function startUpstream(
  respond: (response: ServerResponse, received: Received) => void | Promise<void>,
): Promise<Upstream> {
  const received: Received[] = []
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
  const http = createHttp([`127.0.0.1:${port}`])
  return {
    received,
    baseUrl: `http://127.0.0.1:${port}/v1beta`,
    provider: (declaration, key = 'AIza-secret-of-the-test-1234') =>
      googleGenerativeAi.createProvider({
        declaration: { id: 'google', ...declaration },
        baseUrl: `http://127.0.0.1:${port}/v1beta`,
        http,
        apiKey: new Secret(key),
        headers: {},
      }),
    async [Symbol.asyncDispose]() {
      await http[Symbol.asyncDispose]()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

export const sse = (chunks: readonly unknown[]): string =>
  chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('')

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

export function sendSse(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(text)
}

export interface Collected {
  readonly batches: Batch[]
  readonly events: ProviderEvent[]
  readonly content: readonly AssistantContent[]
  readonly finish: MessageBuilder['finish']
  readonly start: MessageBuilder['start']
}

export async function collect(provider: Provider, asked: ProviderRequest = request()): Promise<Collected> {
  const batches: Batch[] = []
  const message = new MessageBuilder()
  for await (const item of provider.stream(asked, new AbortController().signal)) {
    const batch = Array.isArray(item) ? (item as Batch) : ([item] as unknown as Batch)
    batches.push(batch)
    message.add(batch)
  }
  return { batches, events: batches.flat(), content: message.content, finish: message.finish, start: message.start }
}

/** Answers with these chunks and tells what our provider made of them. */
export async function decode(chunks: readonly unknown[], asked?: ProviderRequest): Promise<Collected> {
  await using upstream = await startUpstream((response) => sendSse(response, sse(chunks)))
  return await collect(upstream.provider(), asked)
}

export const chunk = (parts: readonly unknown[], more: Json = {}, candidate: Json = {}): Json => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...candidate }],
  modelVersion: 'gemini-test',
  responseId: 'r1',
  ...more,
})

export const last = (parts: readonly unknown[], finishReason = 'STOP', more: Json = {}): Json =>
  chunk(
    parts,
    { usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 3, totalTokenCount: 8 }, ...more },
    { finishReason },
  )
