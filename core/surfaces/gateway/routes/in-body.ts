import type { FastifyInstance } from 'fastify'
import type { Door } from '@plugboard/sdk/protocols'
import { answer } from '../answer.ts'
import { authenticate } from '../auth.ts'
import { countTokens } from '../count-tokens.ts'
import { ENTRANCES, type Entrance } from '../entrances.ts'
import type { Asked, FastLane } from '../fast-lane.ts'
import type { GatewayServices } from '../gateway.ts'
import type { RawReply } from '../send-problem.ts'

const ANSWERS: Readonly<Record<string, Entrance>> = {
  '/v1/chat/completions': ENTRANCES.chat,
  '/v1/responses': ENTRANCES.responses,
  '/v1/messages': ENTRANCES.messages,
}

/** The protocols whose bodies say everything, each at one address, with and without `/api`. */
export function requestsInBody(app: FastifyInstance, lane: FastLane, services: GatewayServices): void {
  const answerAt = ({ door, idPrefix }: Entrance) => {
    return (request: Asked, reply: RawReply): Promise<void> => {
      const { id: keyId } = authenticate(request, services.keys)
      const answerThrough = (loaded: Door): Promise<void> =>
        answer(reply, { door: loaded, idPrefix, body: request.body, keyId }, services)
      const loaded = door()
      return loaded instanceof Promise ? loaded.then(answerThrough) : answerThrough(loaded)
    }
  }
  for (const prefix of ['', '/api']) {
    for (const [path, entrance] of Object.entries(ANSWERS)) {
      const answered = answerAt(entrance)
      lane.post(prefix + path, answered)
      app.post(prefix + path, async (request, reply) => {
        await answered(request, reply)
        return reply
      })
    }

    app.post(`${prefix}/v1/messages/count_tokens`, async (request, reply) => {
      authenticate(request, services.keys)
      return countTokens(reply, { door: await ENTRANCES.messages.door(), body: request.body }, services)
    })
  }
}
