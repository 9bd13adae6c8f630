import {
  MessageBuilder,
  createHttp,
  isProviderError,
  type AssistantContent,
  type Batch,
  type FinishEvent,
  type LlmError,
  type Model,
  type Provider,
  type ProviderDeclaration,
  type ProviderEvent,
  type ProviderRequest,
  type StartEvent,
  Secret,
} from '../../../../plugin-sdk/index.ts'
import { openaiChat } from '../../../../plugin-sdk/protocols/openai-chat/index.ts'
import { startHost, type Host, type Received, type Respond } from './host.ts'

export const modelOf = (model: Partial<Model> = {}): Model => ({
  id: 'test-model',
  provider: 'test',
  name: 'Test model',
  api: 'openai-chat',
  baseUrl: undefined,
  input: ['text', 'image'],
  tools: true,
  reasoning: false,
  ...model,
})

export const requestOf = (request: Partial<ProviderRequest> = {}): ProviderRequest => ({
  model: modelOf(),
  context: { messages: [{ role: 'user', content: 'Hello' }] },
  options: {},
  stream: true,
  ...request,
})

export interface ProviderOptions extends Partial<ProviderDeclaration> {
  readonly key?: string
}

/** Disposing it closes its connections. */
export function providerAt(url: string, options: ProviderOptions = {}): Provider & AsyncDisposable {
  const { key, ...declaration } = options
  const http = createHttp([new URL(url).host])
  const provider = openaiChat.createProvider({
    declaration: { id: 'test', auth: { type: 'none' }, ...declaration },
    baseUrl: url,
    http,
    apiKey: key === undefined ? undefined : new Secret(key),
    headers: {},
  })
  return { ...provider, [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() }
}

/** What one call told, and how it ended. */
export interface Told {
  readonly batches: readonly Batch[]
  readonly events: readonly ProviderEvent[]
  readonly content: readonly AssistantContent[]
  readonly text: string
  readonly start: StartEvent | undefined
  readonly finish: FinishEvent | undefined
  readonly error: LlmError | undefined
  readonly hint: string | undefined
}

export async function collect(stream: AsyncIterable<ProviderEvent | Batch>): Promise<Told> {
  const batches: Batch[] = []
  let error: LlmError | undefined
  let hint: string | undefined
  try {
    for await (const batch of stream) batches.push(batch as Batch)
  } catch (thrown) {
    if (!isProviderError(thrown)) throw thrown
    error = thrown.info
    hint = thrown.hint
  }
  const message = new MessageBuilder()
  for (const batch of batches) message.add(batch)
  return {
    batches,
    events: batches.flat(),
    content: message.content,
    text: message.content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    start: message.start,
    finish: message.finish,
    error,
    hint,
  }
}

export interface Exchange extends Told {
  readonly sent: Received | undefined
}

/** One call to a host that answers so. */
export async function call(
  respond: Respond,
  request: Partial<ProviderRequest> = {},
  options: ProviderOptions = {},
): Promise<Exchange> {
  await using host = await startHost(respond)
  return await callHost(host, request, options)
}

async function callHost(
  host: Host,
  request: Partial<ProviderRequest> = {},
  options: ProviderOptions = {},
): Promise<Exchange> {
  await using provider = providerAt(host.url, options)
  const told = await collect(provider.stream(requestOf(request), new AbortController().signal))
  return { ...told, sent: host.received.at(-1) }
}
