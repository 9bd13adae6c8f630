import type { Door } from '@plugboard/sdk/protocols'
import { answerOnce } from './answer-once.ts'
import { answerStream } from './answer-stream.ts'
import { callRequest, wantedExtras } from './call-request.ts'
import type { GatewayServices } from './gateway.ts'
import type { RawReply } from './send-problem.ts'

/** What a client asks of a model. */
export interface Asking {
  readonly door: Door
  /** Stands before the id of an answer whose provider gave none. */
  readonly idPrefix: string
  /** As the door reads it. */
  readonly body: unknown
  readonly keyId: string
}

/** Calls the model and answers in the words of the door, whole or as a stream. */
export function answer(
  reply: RawReply,
  { door, idPrefix, body, keyId }: Asking,
  { engine, clock }: Pick<GatewayServices, 'engine' | 'clock'>,
): Promise<void> {
  const asked = door.parseRequest(body)
  const wanted = wantedExtras(asked)
  const running = engine.begin(callRequest(asked, keyId))
  const id = idPrefix + running.call.id
  const exchange = { running, asked, wanted, door, id, created: Math.floor(clock.now() / 1000) }
  return asked.stream ? answerStream(reply, exchange) : answerOnce(reply, exchange)
}
