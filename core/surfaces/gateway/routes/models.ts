import type { FastifyInstance } from 'fastify'
import type { Model, Usage } from '@plugboard/sdk'
import { capabilitiesOf, categoryOf, tierOf } from '../../../services/capabilities/capabilities.ts'
import type { Catalog } from '../../../services/catalog/catalog.ts'
import { dollars } from '../../../services/cost/money.ts'
import { authenticate } from '../auth.ts'
import { ENTRANCES, entranceOf } from '../entrances.ts'
import type { GatewayServices } from '../gateway.ts'
import { googleModel } from '../google-models.ts'

/** `GET /v1/models` and `/v1/models/{id}`, with and without `/api`, and the same for Google's clients. An id may hold slashes. */
export function models(app: FastifyInstance, services: GatewayServices): void {
  const { catalog, keys } = services
  for (const url of ['/v1/models', '/api/v1/models', '/v1beta/models', '/api/v1beta/models']) {
    app.get(url, async (request) => {
      const isGoogles = entranceOf(request) === ENTRANCES.google
      authenticate(request, keys, isGoogles)
      const list = await catalog.list()
      if (isGoogles) return { models: list.map(googleModel) }
      return { object: 'list', data: list.map((model) => described(model, services)) }
    })
    app.get<{ Params: { '*': string } }>(`${url}/*`, async (request) => {
      const isGoogles = entranceOf(request) === ENTRANCES.google
      authenticate(request, keys, isGoogles)
      const model = await find(catalog, request.params['*'])
      return isGoogles ? googleModel(model) : described(model, services)
    })
  }
}

const THOUSAND_EACH: Usage = { input: 1_000, output: 1_000, cacheRead: 0, cacheWrite: 0, totalTokens: 2_000 }

const find = async (catalog: Catalog, name: string): Promise<Model> => catalog.resolve(name)

/**
 * OpenAI's fields, and what a client needs to choose: abilities, limits, prices in dollars, the mean latency lately, what
 * kind of model it is and its price class. `null`: not known.
 */
function described(model: Model, { prices, measured }: GatewayServices): object {
  const { tools, thinking, vision, structuredOutput, streaming, contextWindow, maxTokens } = capabilitiesOf(model)
  const price = prices?.costOf(model, THOUSAND_EACH)
  const per1k = (kind: 'input' | 'output'): number | null => {
    const nano = price?.[kind] ?? null
    return nano === null ? null : dollars(nano)
  }
  return {
    id: `${model.provider}:${model.id}`,
    object: 'model',
    created: 0,
    owned_by: model.provider,
    provider: model.provider,
    display_name: model.name,
    capabilities: {
      max_tokens: maxTokens,
      context_window: contextWindow,
      supports_vision: vision,
      supports_function_calling: tools,
      supports_reasoning: thinking,
      supports_structured_output: structuredOutput,
      supports_streaming: streaming,
      cost_per_1k_input_tokens: per1k('input'),
      cost_per_1k_output_tokens: per1k('output'),
      avg_latency_ms: measured?.of(model)?.meanMs ?? null,
    },
    category: categoryOf(model),
    tier: prices === undefined ? null : tierOf(model, prices),
  }
}
