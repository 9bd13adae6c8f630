import type { FastifyInstance } from 'fastify'
import type { Door } from '@plugboard/sdk/protocols'
import { authenticate } from '../auth.ts'
import { callRequest, wantedExtras } from '../call-request.ts'
import type { GatewayServices } from '../gateway.ts'
import { answerOnce } from '../answer-once.ts'
import { answerStream } from '../answer-stream.ts'

/** `POST /v1/chat/completions`, with and without `/api`. */
export function chatCompletions(app: FastifyInstance, door: Door, services: GatewayServices): void {
  const { engine, keys, clock } = services
  for (const url of ['/v1/chat/completions', '/api/v1/chat/completions']) {
    app.post(url, async (request, reply) => {
      const key = authenticate(request, keys)
      const asked = door.parseRequest(request.body)
      const running = engine.begin(callRequest(asked, key.id))
      const exchange = { running, asked, wanted: wantedExtras(asked), door, created: Math.floor(clock.now() / 1000) }
      await (asked.stream ? answerStream(reply, exchange) : answerOnce(reply, exchange))
      return reply
    })
  }
}
