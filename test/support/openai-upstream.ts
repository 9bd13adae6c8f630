import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { answerTo, errorAnswer, jsonAnswer, type Answer } from './openai-upstream/answer.ts'
import { createArrivals } from './openai-upstream/arrivals.ts'
import { recordConnections } from './openai-upstream/connections.ts'
import { deliver, type Progress } from './openai-upstream/deliver.ts'
import { unknownUrl, wrongKey } from './openai-upstream/errors.ts'
import type { Plan } from './openai-upstream/plan.ts'
import type { AnswerEnd, RecordedConnection, RecordedRequest } from './openai-upstream/recording.ts'
import { plannerOf, type Script } from './openai-upstream/script.ts'
import { validateChat } from './openai-upstream/validate-chat.ts'

export type { Plan } from './openai-upstream/plan.ts'

export interface OpenAIUpstreamOptions {
  /** The bearer key that is asked for. Default: none is. */
  readonly apiKey?: string
  /** Default `gpt-4o` and `gpt-4o-mini`. */
  readonly models?: readonly string[]
  /** Default `{}`: good, quick answers. */
  readonly script?: Script
  /** Default: any free one. A given one lets a test bring a server back that went away. */
  readonly port?: number
}

export interface OpenAIUpstream extends AsyncDisposable {
  /** `http://127.0.0.1:<port>/v1` */
  readonly url: string
  readonly port: number
  /** Every request that arrived whole, also the refused ones. */
  readonly requests: readonly RecordedRequest[]
  /** The chat requests among them. */
  readonly chats: readonly RecordedRequest[]
  readonly connections: readonly RecordedConnection[]
  /** The chat request at that place (from 0), as soon as it has arrived. */
  chat(index: number): Promise<RecordedRequest>
  /** From now on, chat requests are answered so. */
  script(script: Script): void
  /** Cuts what is still running. Rejects with the first plan that could not be played. */
  close(): Promise<void>
}

const KEEP_ALIVE_MS = 75_000

/**
 * A server on loopback that behaves as OpenAI's API does for chat completions (JSON and SSE) and the model list: key,
 * model and body are checked, answers come in its shapes, and a script says what each answer holds and how it fails.
 */
export async function startOpenAIUpstream(options: OpenAIUpstreamOptions = {}): Promise<OpenAIUpstream> {
  const { apiKey, models = ['gpt-4o', 'gpt-4o-mini'], port = 0 } = options
  const requests: RecordedRequest[] = []
  const chats = createArrivals<RecordedRequest>()
  const broken: unknown[] = []
  let plan = plannerOf(options.script ?? {})
  let closing = false

  const server = createServer((message, response) => {
    handle(message, response).catch((error: unknown) => {
      broken.push(error)
      response.destroy()
    })
  })
  // Clients keep idle connections: closing them early would add failures that no test asked for.
  server.keepAliveTimeout = KEEP_ALIVE_MS
  const connections = recordConnections(server)

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(message).catch(() => undefined)
    if (body === undefined) return
    const { request, progress, left } = record(message, response, body)
    const id = randomBytes(12).toString('hex')
    response.setHeader('x-request-id', `req_${id}`)
    response.setHeader('openai-version', '2020-10-01')
    response.setHeader('openai-processing-ms', '1')
    try {
      const [answer, played] = await answerFor(request, id)
      await deliver(response, answer, played, progress, left)
    } catch (error) {
      if (left.aborted) return
      progress.cut = true
      throw error
    }
  }

  function record(message: IncomingMessage, response: ServerResponse, body: string) {
    const progress: Progress = { deltasSent: 0, cut: false }
    const gone = new AbortController()
    const over = Promise.withResolvers<AnswerEnd>()
    let leftAt: number | undefined
    const request: RecordedRequest = {
      index: requests.length,
      method: message.method ?? '',
      path: message.url ?? '',
      headers: message.headers,
      text: body,
      body: jsonObject(body) ?? {},
      connection: connections.of(message.socket),
      receivedAt: performance.now(),
      answer: progress,
      get leftAt() {
        return leftAt
      },
      over: over.promise,
    }
    response.once('close', () => {
      const end = response.writableFinished ? 'sent' : progress.cut || closing ? 'cut' : 'left'
      if (end === 'left') leftAt = performance.now()
      gone.abort(new Error('the connection is closed'))
      over.resolve(end)
    })
    requests.push(request)
    return { request, progress, left: gone.signal }
  }

  async function answerFor(request: RecordedRequest, id: string): Promise<[Answer, Plan]> {
    if (apiKey !== undefined && request.headers.authorization !== `Bearer ${apiKey}`)
      return [errorAnswer(wrongKey.status, wrongKey.error), {}]
    const path = request.path.split('?', 1)[0]
    if (request.method === 'GET' && path === '/v1/models') return [jsonAnswer(200, modelList(models)), {}]
    if (request.method !== 'POST' || path !== '/v1/chat/completions') {
      const { status, error } = unknownUrl(request.method, request.path)
      return [errorAnswer(status, error), {}]
    }
    chats.add(request)
    const refusal = validateChat(jsonObject(request.text), models)
    if (refusal !== undefined) return [errorAnswer(refusal.status, refusal.error), {}]
    const { body } = request
    const played = await plan(request)
    const asked = {
      id,
      model: body['model'] as string,
      stream: body['stream'] === true,
      includeUsage: (body['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage === true,
      characters: request.text.length,
    }
    return [answerTo(asked, played), played]
  }

  async function close(): Promise<void> {
    if (server.listening) {
      closing = true
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    }
    if (broken.length > 0) throw broken.shift()
  }

  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const taken = (server.address() as AddressInfo).port
  return {
    url: `http://127.0.0.1:${taken}/v1`,
    port: taken,
    requests,
    chats: chats.list,
    connections: connections.list,
    chat: (index) => chats.at(index),
    script(script) {
      plan = plannerOf(script)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

const modelList = (models: readonly string[]): object => ({
  object: 'list',
  data: models.map((id) => ({ id, object: 'model', created: 1_715_367_049, owned_by: 'system' })),
})
