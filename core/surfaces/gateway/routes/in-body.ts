import type { FastifyInstance } from 'fastify'
import { answer } from '../answer.ts'
import { authenticate } from '../auth.ts'
import { countTokens } from '../count-tokens.ts'
import { ENTRANCES } from '../entrances.ts'
import type { GatewayServices } from '../gateway.ts'

const ANSWERS = {
  '/v1/chat/completions': ENTRANCES.chat,
  '/v1/responses': ENTRANCES.responses,
  '/v1/messages': ENTRANCES.messages,
}

/** The protocols whose bodies say everything, each at one address, with and without `/api`. */
export function requestsInBody(app: FastifyInstance, services: GatewayServices): void {
  for (const prefix of ['', '/api']) {
    for (const [path, { door, idPrefix }] of Object.entries(ANSWERS))
      app.post(prefix + path, async (request, reply) => {
        const { id: keyId } = authenticate(request, services.keys)
        const loaded = door()
        const asking = { idPrefix, body: request.body, keyId }
        return answer(reply, { door: loaded instanceof Promise ? await loaded : loaded, ...asking }, services)
      })

    app.post(`${prefix}/v1/messages/count_tokens`, async (request, reply) => {
      authenticate(request, services.keys)
      return countTokens(reply, { door: await ENTRANCES.messages.door(), body: request.body }, services)
    })
  }
}
