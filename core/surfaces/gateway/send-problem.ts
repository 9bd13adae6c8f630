import type { FastifyReply } from 'fastify'
import type { Door } from '@plugboard/sdk/protocols'
import type { Problem } from './problem.ts'

/** Answers with an error in the words of the door's protocol. */
export function sendProblem(reply: FastifyReply, problem: Problem, door: Door): void {
  // A body that was not read to its end would be taken for the next request.
  if (problem.status === 413) void reply.header('connection', 'close')
  if (problem.retryAfterMs !== undefined)
    void reply.header('retry-after', String(Math.ceil(problem.retryAfterMs / 1000)))
  void reply
    .code(problem.status)
    .header('x-request-id', problem.requestId)
    .header('content-type', 'application/json; charset=utf-8')
    .send(door.writeError(problem))
}
