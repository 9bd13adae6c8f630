import type {
  Batch,
  Http,
  HttpRequest,
  HttpResponse,
  Provider,
  ProviderDeclaration,
  ProviderEvent,
  ProviderRequest,
} from '@plugboard/sdk'
import { loadProtocol } from '@plugboard/sdk/protocols'
import type { ProviderSubject, TestSetup } from '@plugboard/sdk/testing'

export const declaration: ProviderDeclaration = {
  id: 'acme',
  protocol: 'openai-chat',
  baseUrl: 'https://api.acme.example/v1',
  auth: { type: 'bearer' },
  models: [{ id: 'small' }, { id: 'thinker', reasoning: true }],
  defaultModel: 'small',
  modelDiscovery: { path: '/models' },
}

/** A good provider of Chat Completions, for others to spoil. */
export const good = async (setup: TestSetup): Promise<Provider> =>
  (await loadProtocol('openai-chat')).createProvider(setup)

export const subject = (
  provider: ProviderSubject['provider'] = good,
  more: Partial<ProviderDeclaration> = {},
): ProviderSubject => ({ declaration: { ...declaration, ...more }, provider })

/** What a fault makes of one event. Made anew for each answer, so that it may count. */
type Spoil = (event: ProviderEvent) => readonly unknown[]

export const asItIs: Spoil = (event) => [event]

/** A provider whose events go through `spoil`. What it yields for one event is one batch, or none. */
export const spoiled = (makeSpoil: (setup: TestSetup, request: ProviderRequest) => Spoil): ProviderSubject =>
  subject(async (setup) => {
    const provider = await good(setup)
    return {
      ...provider,
      async *stream(request, signal) {
        const spoil = makeSpoil(setup, request)
        for await (const item of provider.stream(request, signal))
          for (const event of item as Batch) {
            const events = spoil(event)
            if (events.length > 0) yield events as Batch
          }
      },
    }
  })

/** A provider whose failures go through `spoil`, which throws what it wants or yields something in their place. */
export const failing = (
  spoil: (
    error: unknown,
    at: { setup: TestSetup; request: ProviderRequest; seen: readonly ProviderEvent[] },
  ) => readonly ProviderEvent[],
): ProviderSubject =>
  subject(async (setup) => {
    const provider = await good(setup)
    return {
      ...provider,
      async *stream(request, signal) {
        const seen: ProviderEvent[] = []
        try {
          for await (const item of provider.stream(request, signal)) {
            seen.push(...(item as Batch))
            yield item
          }
        } catch (error) {
          yield* spoil(error, { setup, request, seen })
        }
      },
    }
  })

type Ask = (request: HttpRequest) => Promise<HttpResponse>

/** A provider whose requests go through `spoil`. */
export const asking = (spoil: (ask: Ask, setup: TestSetup) => Ask): ProviderSubject =>
  subject((setup) => {
    const http: Http = { ...setup.http, request: spoil((request) => setup.http.request(request), setup) }
    return good({ ...setup, http })
  })

/** A change of the JSON body of requests that have one. */
export const withBody =
  (change: (body: Record<string, unknown>) => object) =>
  (ask: Ask): Ask =>
  (request) =>
    ask(
      typeof request.body === 'string'
        ? { ...request, body: JSON.stringify(change(JSON.parse(request.body) as Record<string, unknown>)) }
        : request,
    )
