import type { FastifyRequest } from 'fastify'
import { PlugboardError } from '@plugboard/sdk'

/** Without the query, which may hold a key. */
export const unknownRoute = ({ method, url }: Pick<FastifyRequest, 'method' | 'url'>): PlugboardError =>
  new PlugboardError('ROUTE_UNKNOWN', `There is nothing at ${method} ${url.split('?', 1)[0]?.slice(0, 200) ?? ''}.`, {
    hint:
      'The gateway answers at POST /v1/chat/completions, /v1/responses, /v1/messages and ' +
      '/v1beta/models/{model}:generateContent, and at GET /v1/models and /v1/analytics/usage, with and without /api before them.',
  })
