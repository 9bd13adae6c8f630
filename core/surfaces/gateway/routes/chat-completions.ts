import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Door } from '@plugboard/sdk/protocols'
import { authenticate } from '../auth.ts'
import { callRequest, wantedExtras } from '../call-request.ts'
import type { FastLane } from '../fast-lane.ts'
import type { GatewayServices } from '../gateway.ts'
import type { RawReply } from '../send-problem.ts'
import { answerOnce } from '../answer-once.ts'
import { answerStream } from '../answer-stream.ts'

/** `POST /v1/chat/completions`, with and without `/api`. */
export function chatCompletions(app: FastifyInstance, lane: FastLane, door: Door, services: GatewayServices): void {
  const { engine, keys, clock } = services
  const answer = ({ headers, body }: Pick<FastifyRequest, 'headers' | 'body'>, reply: RawReply): Promise<void> => {
    const key = authenticate({ headers }, keys)
    const asked = door.parseRequest(body)
    const running = engine.begin(callRequest(asked, key.id))
    const exchange = { running, asked, wanted: wantedExtras(asked), door, created: Math.floor(clock.now() / 1000) }
    return asked.stream ? answerStream(reply, exchange) : answerOnce(reply, exchange)
  }
  for (const url of ['/v1/chat/completions', '/api/v1/chat/completions']) {
    lane.post(url, answer)
    app.post(url, async (request, reply) => {
      await answer(request, reply)
      return reply
    })
  }
}
