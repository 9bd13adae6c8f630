import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Door } from '@plugboard/sdk/protocols'
import type { ApiKey } from '../../../services/keys/keys.ts'
import { answer } from '../answer.ts'
import { authenticate } from '../auth.ts'
import { countTokens } from '../count-tokens.ts'
import { ENTRANCES, type Entrance } from '../entrances.ts'
import type { Address, Asked, FastLane } from '../fast-lane.ts'
import type { GatewayServices } from '../gateway.ts'

const ANSWERS: Readonly<Record<string, Entrance>> = {
  '/v1/chat/completions': ENTRANCES.chat,
  '/v1/responses': ENTRANCES.responses,
  '/v1/messages': ENTRANCES.messages,
}

/** The protocols whose bodies say everything, each at one address, with and without `/api`. */
export function requestsInBody(app: FastifyInstance, lane: FastLane, services: GatewayServices): void {
  const admit = (request: Asked): ApiKey => authenticate(request, services.keys)
  const onRequest = async (request: FastifyRequest): Promise<void> => void admit(request)

  const addressOf = ({ door, idPrefix }: Entrance): Address => ({
    admit,
    answer(request, reply, { id: keyId }) {
      const answerThrough = (loaded: Door): Promise<void> =>
        answer(reply, { door: loaded, idPrefix, body: request.body, keyId }, services)
      const loaded = door()
      return loaded instanceof Promise ? loaded.then(answerThrough) : answerThrough(loaded)
    },
  })
  for (const prefix of ['', '/api']) {
    for (const [path, entrance] of Object.entries(ANSWERS)) {
      const address = addressOf(entrance)
      lane.post(prefix + path, address)
      app.post(prefix + path, { onRequest }, async (request, reply) => {
        await address.answer(request, reply, admit(request))
        return reply
      })
    }

    app.post(`${prefix}/v1/messages/count_tokens`, { onRequest }, async (request, reply) =>
      countTokens(reply, { door: await ENTRANCES.messages.door(), body: request.body }, services),
    )
  }
}
