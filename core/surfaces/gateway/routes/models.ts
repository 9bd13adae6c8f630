import type { FastifyInstance } from 'fastify'
import type { Model, Usage } from '@plugboard/sdk'
import type { Catalog } from '../../../services/catalog/catalog.ts'
import type { CostService } from '../../../services/cost/cost.ts'
import { dollars } from '../../../services/cost/money.ts'
import { authenticate } from '../auth.ts'
import { ENTRANCES, entranceOf } from '../entrances.ts'
import type { GatewayServices } from '../gateway.ts'
import { googleModel } from '../google-models.ts'

/** `GET /v1/models` and `/v1/models/{id}`, with and without `/api`, and the same for Google's clients. An id may hold slashes. */
export function models(app: FastifyInstance, { catalog, keys, prices }: GatewayServices): void {
  for (const url of ['/v1/models', '/api/v1/models', '/v1beta/models', '/api/v1beta/models']) {
    app.get(url, async (request) => {
      const isGoogles = entranceOf(request) === ENTRANCES.google
      authenticate(request, keys, isGoogles)
      const list = await catalog.list()
      if (isGoogles) return { models: list.map(googleModel) }
      return { object: 'list', data: list.map((model) => described(model, prices)) }
    })
    app.get<{ Params: { '*': string } }>(`${url}/*`, async (request) => {
      const isGoogles = entranceOf(request) === ENTRANCES.google
      authenticate(request, keys, isGoogles)
      const model = await find(catalog, request.params['*'])
      return isGoogles ? googleModel(model) : described(model, prices)
    })
  }
}

const THOUSAND_EACH: Usage = { input: 1_000, output: 1_000, cacheRead: 0, cacheWrite: 0, totalTokens: 2_000 }

const find = async (catalog: Catalog, name: string): Promise<Model> => catalog.resolve(name)

/** OpenAI's fields, and what a client needs to choose: abilities, limits, prices in dollars (`null`: not known). */
function described(model: Model, prices: CostService | undefined): object {
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
      max_tokens: model.maxTokens ?? null,
      context_window: model.contextWindow ?? null,
      supports_vision: model.input.includes('image'),
      supports_function_calling: model.tools,
      supports_reasoning: model.reasoning,
      supports_streaming: true,
      cost_per_1k_input_tokens: per1k('input'),
      cost_per_1k_output_tokens: per1k('output'),
    },
  }
}
