import type { FastifyReply } from 'fastify'
import { spokenFor } from '../../services/agents/agents.ts'
import type { Asking } from './answer.ts'
import type { GatewayServices } from './gateway.ts'

/** Estimates a request's tokens without asking its provider; the answer says that it is an estimate. */
export async function countTokens(
  reply: FastifyReply,
  { door: { tokenCount }, body }: Pick<Asking, 'door' | 'body'>,
  { agents, catalog, counter }: Pick<GatewayServices, 'agents' | 'catalog' | 'counter'>,
): Promise<FastifyReply> {
  if (tokenCount === undefined) throw new Error('this protocol has no words for a count of tokens')
  const { model, ...asked } = tokenCount.parseRequest(body)
  const { model: name, context, options } = spokenFor(agents, model, asked)
  const { likely } = counter.input(await catalog.resolve(name), context, options)
  return reply.header('content-type', 'application/json; charset=utf-8').send(tokenCount.write(likely))
}
