import type { ServerResponse } from 'node:http'
import type { Door } from '@plugboard/sdk/protocols'
import type { Problem } from './problem.ts'

/** A reply as answers are written to it: past fastify, which would look at each once more on its way. */
export interface RawReply {
  readonly raw: ServerResponse
  /** Tells fastify, where it is asked, that the answer is no longer its own. */
  hijack(): unknown
}

/** Answers with an error in the words of the door's protocol. */
export function sendProblem(reply: RawReply, problem: Problem, door: Door): void {
  reply.hijack()
  const body = door.writeError(problem)
  reply.raw
    .writeHead(problem.status, {
      // A body that was not read to its end would be taken for the next request.
      ...(problem.status === 413 ? { connection: 'close' } : {}),
      ...(problem.retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(problem.retryAfterMs / 1000)) }),
      'x-request-id': problem.requestId,
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    })
    .end(body)
}
