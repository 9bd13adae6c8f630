import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ApiKey } from '../../../services/keys/keys.ts'
import { answer } from '../answer.ts'
import { authenticate } from '../auth.ts'
import { countTokens } from '../count-tokens.ts'
import { ENTRANCES } from '../entrances.ts'
import type { GatewayServices } from '../gateway.ts'
import { GOOGLE_METHODS } from '../google-models.ts'
import { unknownRoute } from '../unknown-route.ts'

type Named = FastifyRequest<{ Params: { '*': string } }>

/** Google's clients differ in the version they ask for. */
const ROOTS = ['/v1beta/models', '/v1/models', '/api/v1beta/models', '/api/v1/models']

/**
 * Google's protocol, whose URLs name the model and what is wanted of it: `/v1beta/models/{model}:{method}`, with and without
 * `/api`. Our model names hold slashes and colons, so the last colon is the one before the method.
 */
export function requestsInUrl(app: FastifyInstance, services: GatewayServices): void {
  const admit = (request: FastifyRequest): ApiKey => authenticate(request, services.keys, true)
  const onRequest = async (request: FastifyRequest): Promise<void> => void admit(request)
  for (const root of ROOTS)
    app.post(`${root}/*`, { onRequest }, async (request: Named, reply) => {
      const { id: keyId } = admit(request)
      const name = request.params['*']
      const colon = name.lastIndexOf(':')
      const method = name.slice(colon + 1)
      if (colon <= 0 || !GOOGLE_METHODS.includes(method)) throw unknownRoute(request)
      const { door: load, idPrefix } = ENTRANCES.google
      const door = await load()
      const body = { ...(request.body as object), model: name.slice(0, colon) }
      if (method === 'countTokens') return countTokens(reply, { door, body }, services)
      const { alt = 'json' } = request.query as Readonly<Record<string, unknown>>
      const form = method === 'generateContent' ? { stream: false } : { stream: true, alt }
      await answer(reply, { door, idPrefix, body: { ...body, ...form }, keyId }, services)
      return reply
    })
}
