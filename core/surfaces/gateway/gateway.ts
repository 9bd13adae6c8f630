import type { Server } from 'node:http'
import { fastify, type FastifyError, type FastifyInstance } from 'fastify'
import { PlugboardError, isPlugboardError } from '@plugboard/sdk'
import { loadProtocol } from '@plugboard/sdk/protocols'
import type { Engine } from '../../pipeline/engine.ts'
import type { Catalog } from '../../services/catalog/catalog.ts'
import type { Clock } from '../../services/clock/clock.ts'
import type { CostService } from '../../services/cost/cost.ts'
import type { KeyRing } from '../../services/keys/keys.ts'
import type { Logger } from '../../services/logger/logger.ts'
import type { UsageReports } from '../../services/usage/usage.ts'
import { callId } from '../../pipeline/call-id.ts'
import { BODY_LIMIT, readJsonBodies } from './body.ts'
import { problemOf } from './problem.ts'
import { analytics } from './routes/analytics.ts'
import { chatCompletions } from './routes/chat-completions.ts'
import { models } from './routes/models.ts'
import { sendProblem } from './send-problem.ts'

export interface GatewayServices {
  readonly engine: Engine
  readonly catalog: Catalog
  readonly keys: KeyRing
  /** Without it, the list of models shows no prices. */
  readonly prices?: CostService
  /** Without it, there are no analytics. */
  readonly usage?: UsageReports
  readonly clock: Clock
  readonly logger: Logger
}

export interface Gateway extends AsyncDisposable {
  /** Begins to listen. Rejects with PlugboardError `PORT_TAKEN` or `LISTEN_FAILED`. Port 0 takes any free one. */
  listen(options: {
    readonly port: number
    readonly host: string
  }): Promise<{ readonly url: string; readonly port: number }>
  /** Takes no new calls and lets those that run finish, at most `graceMs` (default 30,000); then stops them. */
  close(graceMs?: number): Promise<void>
}

const GRACE_MS = 30_000

/** The HTTP server in front of an engine. */
export async function createGateway(services: GatewayServices): Promise<Gateway> {
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 500 },
    exposeHeadRoutes: false,
  })
  const log = services.logger.child({ surface: 'gateway' })
  readJsonBodies(app)
  const { door } = await loadProtocol('openai-chat')
  const requestId = (): string => callId(services.clock.now())

  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const problem = problemOf(known(error), requestId())
    if (problem.status >= 500) log.error('a request failed', { requestId: problem.requestId, error })
    sendProblem(reply, problem, door)
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, problemOf(unknownRoute(request.method, request.url), requestId()), door),
  )
  chatCompletions(app, door, services)
  models(app, services)
  analytics(app, services)

  return {
    async listen({ port, host }) {
      try {
        await app.listen({ port, host })
      } catch (error) {
        throw listenError(error as NodeJS.ErrnoException, port, host)
      }
      const address = app.server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : port
      return { port: bound, url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}` }
    },
    close: (graceMs = GRACE_MS) => close(app, services.engine, graceMs),
    [Symbol.asyncDispose]: () => close(app, services.engine, 0),
  }
}

async function close(app: FastifyInstance, engine: Engine, graceMs: number): Promise<void> {
  const reason = new PlugboardError('SHUTTING_DOWN', 'The gateway is shutting down.', {
    hint: 'Ask again when it is back.',
  })
  const timer = setTimeout(() => engine.stopAll(reason), graceMs)
  try {
    const closed = app.close()
    await engine.idle()
    // What is left are connections between requests and answers whose last bytes are on their way.
    const stragglers = setInterval(() => (app.server as Server).closeIdleConnections(), 50)
    const force = setTimeout(() => (app.server as Server).closeAllConnections(), 1_000)
    await closed.finally(() => {
      clearInterval(stragglers)
      clearTimeout(force)
    })
  } finally {
    clearTimeout(timer)
  }
}

/** Fastify's own errors in our words. */
function known(error: FastifyError): unknown {
  if (isPlugboardError(error)) return error
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new PlugboardError('BODY_TOO_LARGE', `The body is larger than ${BODY_LIMIT / 1024 / 1024} MB.`, {
        hint: 'Send images by URL, or a shorter conversation.',
      })
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new PlugboardError('JSON_INVALID', 'The body is empty.', { hint: 'Send a JSON object.' })
    default:
      return typeof error.statusCode === 'number' && error.statusCode < 500
        ? new PlugboardError('REQUEST_INVALID', error.message, { hint: 'Correct the request.' })
        : error
  }
}

const unknownRoute = (method: string, url: string): PlugboardError =>
  new PlugboardError('ROUTE_UNKNOWN', `There is nothing at ${method} ${url.slice(0, 200)}.`, {
    hint: 'The gateway answers at POST /v1/chat/completions, GET /v1/models and GET /v1/analytics/usage, with and without /api before them.',
  })

function listenError(error: NodeJS.ErrnoException, port: number, host: string): PlugboardError {
  if (error.code === 'EADDRINUSE')
    return new PlugboardError('PORT_TAKEN', `Port ${port} on ${host} is already in use.`, {
      hint: 'Stop the other program, or choose another port with UNIFIED_GATEWAY_PORT or --port.',
      cause: error,
    })
  return new PlugboardError('LISTEN_FAILED', `The gateway cannot listen on ${host}:${port}: ${error.message}`, {
    hint: 'Check UNIFIED_GATEWAY_HOST and UNIFIED_GATEWAY_PORT.',
    cause: error,
  })
}
