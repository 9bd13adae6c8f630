import type { Batch, FinishEvent } from '@plugboard/sdk'
import { answerOf } from '../../pipeline/answer.ts'
import { answerExtras } from './answer-extras.ts'
import { problemFor, stopWhenGone, type Exchange } from './exchange.ts'
import { sendProblem, type RawReply } from './send-problem.ts'

/** Answers in one piece. */
export async function answerOnce(reply: RawReply, exchange: Exchange): Promise<void> {
  const { running, asked, wanted, door, id, created } = exchange
  const { call } = running
  stopWhenGone(reply, exchange)
  try {
    const { last, finish } = await readAll((await running.reply).batches)
    const message = answerOf(call, { stopReason: finish.reason, timestamp: created * 1000 })
    const head = { id, created, model: asked.model, message }
    const body = door.writeAnswer(
      last.wire === undefined ? head : { ...head, wire: last.wire },
      answerExtras(call, wanted, asked.wire.protocol),
    )
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

/** The batch that completes the answer. The call's own message holds what came before. */
async function readAll(batches: AsyncIterator<Batch>): Promise<{ last: Batch; finish: FinishEvent }> {
  for (;;) {
    const step = await batches.next()
    if (step.done === true) throw new Error('the pump ended without a finish event')
    const finish = step.value.at(-1)
    if (finish?.type === 'finish') return { last: step.value, finish }
  }
}
