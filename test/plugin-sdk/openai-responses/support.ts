import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Batch, ProviderEvent } from '../../../plugin-sdk/events.ts'
import { createHttp } from '../../../plugin-sdk/http.ts'
import { MessageBuilder } from '../../../plugin-sdk/message-builder.ts'
import type { AssistantContent, AssistantMessage, Context, Warning } from '../../../plugin-sdk/messages.ts'
import type { GenerationOptions, WireFields } from '../../../plugin-sdk/options.ts'
import { compatOf } from '../../../plugin-sdk/protocols/openai-responses/compat.ts'
import { encodeRequest } from '../../../plugin-sdk/protocols/openai-responses/encode-request.ts'
import { openaiResponses } from '../../../plugin-sdk/protocols/openai-responses/index.ts'
import type { Model, Provider, ProviderDeclaration, ProviderRequest } from '../../../plugin-sdk/provider.ts'
import { Secret } from '../../../plugin-sdk/secret.ts'

export type Json = Readonly<Record<string, unknown>>

export const KEY = 'sk-secret-of-the-test-1234'

export const model = (differences: Partial<Model> = {}): Model => ({
  id: 'gpt-test',
  name: 'GPT test',
  provider: 'openai',
  api: 'openai-responses',
  baseUrl: undefined,
  input: ['text', 'image'],
  tools: true,
  reasoning: false,
  ...differences,
})

export const thinker = (differences: Partial<Model> = {}): Model => model({ reasoning: true, ...differences })

export interface Asked {
  readonly model?: Model
  readonly context?: Context
  readonly options?: GenerationOptions
  readonly stream?: boolean
  readonly wire?: WireFields
}

export const request = ({ wire, ...asked }: Asked = {}): ProviderRequest => ({
  model: model(),
  context: { messages: [{ role: 'user', content: 'Hi' }] },
  options: {},
  stream: true,
  ...asked,
  ...(wire === undefined ? {} : { wire }),
})

/** The body our provider would send. */
export function encode(asked: Asked = {}): { body: Json; input: Json[]; warnings: readonly Warning[] } {
  const wanted = request(asked)
  const { body, warnings } = encodeRequest(wanted, { compat: compatOf({}, wanted.model), isDescribed: true })
  return { body, input: body['input'] as Json[], warnings }
}

export const clientWire = (fields: Json): WireFields => ({ protocol: 'openai-responses', fields })

interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Json
}

export interface Upstream extends AsyncDisposable {
  readonly received: Received[]
  readonly sockets: () => number
  provider(declaration?: Partial<ProviderDeclaration>): Provider
}

export type Respond = (response: ServerResponse, received: Received) => void | Promise<void>

/** A provider on the loopback interface, and our side of it. */
export async function startUpstream(respond: Respond): Promise<Upstream> {
  const received: Received[] = []
  let sockets = 0
  const server = createServer((incoming, response) => {
    void (async () => {
      let text = ''
      for await (const chunk of incoming.setEncoding('utf8')) text += String(chunk)
      const { method = '', url = '', headers } = incoming
      const entry: Received = { method, url, headers, body: text === '' ? {} : (JSON.parse(text) as Json) }
      received.push(entry)
      await respond(response, entry)
    })()
  })
  server.on('connection', () => sockets++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const http = createHttp([`127.0.0.1:${port}`])
  return {
    received,
    sockets: () => sockets,
    provider: (declaration = {}) =>
      openaiResponses.createProvider({
        declaration: { id: 'openai', ...declaration },
        baseUrl: `http://127.0.0.1:${port}/v1`,
        http,
        apiKey: new Secret(KEY),
        headers: declaration.headers ?? {},
      }),
    async [Symbol.asyncDispose]() {
      await http[Symbol.asyncDispose]()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export const sse = (events: readonly unknown[]): string =>
  events.map((event) => `event: ${String((event as Json)['type'])}\ndata: ${JSON.stringify(event)}\n\n`).join('')

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

export function sendSse(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  response.end(text)
}

export interface Collected {
  readonly batches: readonly Batch[]
  readonly events: readonly ProviderEvent[]
  readonly content: readonly AssistantContent[]
  readonly finish: MessageBuilder['finish']
  readonly start: MessageBuilder['start']
  /** As the kernel would put it together. */
  readonly message: AssistantMessage
}

export async function collect(provider: Provider, asked: ProviderRequest = request()): Promise<Collected> {
  const batches: Batch[] = []
  const built = new MessageBuilder()
  for await (const item of provider.stream(asked, new AbortController().signal)) {
    const batch = Array.isArray(item) ? (item as Batch) : ([item] as unknown as Batch)
    batches.push(batch)
    built.add(batch)
  }
  const { content, finish, start } = built
  const message: AssistantMessage = {
    role: 'assistant',
    content,
    api: 'openai-responses',
    provider: asked.model.provider,
    model: asked.model.id,
    ...(finish === undefined ? {} : { stopReason: finish.reason }),
    ...(finish?.usage === undefined ? {} : { usage: finish.usage }),
    ...(start?.responseId === undefined ? {} : { responseId: start.responseId }),
  }
  return { batches, events: batches.flat(), content, finish, start, message }
}

/** Answers with these events and tells what our provider made of them. */
export async function decode(events: readonly unknown[], asked?: Asked): Promise<Collected> {
  await using upstream = await startUpstream((response) => sendSse(response, sse(events)))
  return await collect(upstream.provider(), request(asked))
}

export async function failureOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** Events of a stream as OpenAI sends them. */
export const created = (fields: Json = {}): Json => ({
  type: 'response.created',
  response: { id: 'resp_1', object: 'response', status: 'in_progress', model: 'gpt-test', output: [], ...fields },
})

export const completed = (output: readonly unknown[] = [], fields: Json = {}): Json => ({
  type: 'response.completed',
  response: {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'gpt-test',
    output,
    usage: {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 17,
    },
    ...fields,
  },
})

export const added = (output_index: number, item: Json): Json => ({
  type: 'response.output_item.added',
  output_index,
  item,
})

export const itemDone = (output_index: number, item: Json): Json => ({
  type: 'response.output_item.done',
  output_index,
  item,
})

export const textDelta = (output_index: number, delta: string, fields: Json = {}): Json => ({
  type: 'response.output_text.delta',
  output_index,
  content_index: 0,
  delta,
  ...fields,
})

export const message = (id: string, text: string, fields: Json = {}): Json => ({
  id,
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: text === '' ? [] : [{ type: 'output_text', text, annotations: [], logprobs: [] }],
  ...fields,
})

export const call = (id: string, callId: string, args: string, fields: Json = {}): Json => ({
  id,
  type: 'function_call',
  status: 'completed',
  call_id: callId,
  name: 'weather',
  arguments: args,
  ...fields,
})
