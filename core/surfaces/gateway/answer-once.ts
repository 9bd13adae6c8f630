import type { AssistantMessage, WireFrames } from '@plugboard/sdk'
import type { Answer } from '@plugboard/sdk/protocols'
import { answerOf } from '../../pipeline/answer.ts'
import type { Call } from '../../pipeline/call.ts'
import { answerExtras } from './answer-extras.ts'
import { problemFor, stopWhenGone, type Exchange } from './exchange.ts'
import { sendProblem, type RawReply } from './send-problem.ts'

/** Answers in one piece. */
export async function answerOnce(reply: RawReply, exchange: Exchange): Promise<void> {
  const { running, asked, wanted, door, id, created } = exchange
  const { call } = running
  stopWhenGone(reply, exchange)
  try {
    const { batches } = await running.reply
    let step = await batches.next()
    // The call's own message holds what came before the batch that completes it.
    while (step.done !== true && step.value.at(-1)?.type !== 'finish') step = await batches.next()
    if (step.done === true) throw new Error('the pump ended without a finish event')
    const { value: last } = step
    const answer = new WholeAnswer(call, asked.model, id, created, last.wire)
    const body = door.writeAnswer(answer, answerExtras(call, wanted, asked.wire.protocol))
    reply.hijack()
    reply.raw.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'x-request-id': call.id,
    })
    reply.raw.end(body)
  } catch (error) {
    sendProblem(reply, problemFor(error, exchange), door)
  }
}

class WholeAnswer implements Answer {
  readonly id: string
  readonly created: number
  readonly model: string
  readonly wire: WireFrames | undefined
  readonly #call: Call

  constructor(call: Call, model: string, id: string, created: number, wire: WireFrames | undefined) {
    this.#call = call
    this.model = model
    this.id = id
    this.created = created
    this.wire = wire
  }

  /** Told when it is asked for: a door that passes the provider's own object on has no use for it. */
  get message(): AssistantMessage {
    const stopReason = this.#call.message.finish?.reason ?? 'stop'
    return answerOf(this.#call, { stopReason, timestamp: this.created * 1000 })
  }
}
