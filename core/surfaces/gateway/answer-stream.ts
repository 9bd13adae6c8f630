import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Batch } from '@plugboard/sdk'
import type { StreamWriter } from '@plugboard/sdk/protocols'
import type { Reply } from '../../pipeline/compose.ts'
import { answerExtras } from './answer-extras.ts'
import { problemFor, stopWhenGone, type Exchange } from './exchange.ts'
import { sendProblem, type RawReply } from './send-problem.ts'

/**
 * Answers as server-sent events. What fails before the first batch is an ordinary error with its status; what fails later
 * ends the stream with an error event, and never with the protocol's sign of completion.
 */
export async function answerStream(reply: RawReply, exchange: Exchange): Promise<void> {
  const { running, asked, door, id, created } = exchange
  stopWhenGone(reply, exchange)
  let begun: Reply
  try {
    begun = await running.reply
  } catch (error) {
    return sendProblem(reply, problemFor(error, exchange), door)
  }
  reply.hijack()
  const { raw } = reply
  const api = running.call.facts.target?.api
  const head = { id, created, model: asked.model, ...(api === undefined ? {} : { api }) }
  const writer = door.openStream(head, asked)
  raw.writeHead(200, {
    'content-type': writer.contentType ?? 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    'x-request-id': running.call.id,
  })
  try {
    await pipe(begun.batches, raw, writer, exchange)
  } catch (error) {
    if (!raw.destroyed) raw.end(writer.fail(problemFor(error, exchange)))
  }
}

/** Writes once per batch, and waits when the client reads more slowly than the provider writes. */
async function pipe(
  batches: AsyncIterator<Batch>,
  raw: ServerResponse,
  writer: StreamWriter,
  { running, wanted, asked }: Exchange,
): Promise<void> {
  for (;;) {
    const step = await batches.next()
    if (step.done === true) return
    const { value: batch } = step
    const passing = batch.wire?.protocol === asked.wire.protocol ? batch.wire.bytes : undefined
    const finish = batch.at(-1)
    raw.cork()
    let flows = passing === undefined || raw.write(passing)
    const content = writer.write(batch)
    if (content !== '') flows = raw.write(content)
    if (finish?.type === 'finish')
      raw.end(writer.finish(finish, batch.wire, answerExtras(running.call, wanted, asked.wire.protocol)))
    raw.uncork()
    if (finish?.type === 'finish') return
    if (!flows) await drained(raw)
  }
}

async function drained(raw: ServerResponse): Promise<void> {
  if (raw.destroyed) return
  const stop = new AbortController()
  try {
    await Promise.race([once(raw, 'drain', { signal: stop.signal }), once(raw, 'close', { signal: stop.signal })])
  } finally {
    stop.abort()
  }
}
