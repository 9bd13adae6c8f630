import type { FastifyServerOptions } from 'fastify'

const none = (): never => {
  throw new Error('routes are not described by schemas')
}

/** No route has a schema. Unless it is told so, fastify loads two compilers of schemas at every start: 40 ms, and their memory. */
export const NO_SCHEMAS: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: { buildValidator: none, buildSerializer: none },
}
