import type { FastifyReply } from 'fastify'
import type { Asking } from './answer.ts'
import type { GatewayServices } from './gateway.ts'

/** Estimates a request's tokens without asking its provider; the answer says that it is an estimate. */
export async function countTokens(
  reply: FastifyReply,
  { door: { tokenCount }, body }: Pick<Asking, 'door' | 'body'>,
  { catalog, counter }: Pick<GatewayServices, 'catalog' | 'counter'>,
): Promise<FastifyReply> {
  if (tokenCount === undefined) throw new Error('this protocol has no words for a count of tokens')
  const { model, context, options } = tokenCount.parseRequest(body)
  const { likely } = counter.input(await catalog.resolve(model), context, options)
  return reply.header('content-type', 'application/json; charset=utf-8').send(tokenCount.write(likely))
}
