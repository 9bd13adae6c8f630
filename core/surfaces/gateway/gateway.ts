import type { Server } from 'node:http'
import { fastify, type FastifyError, type FastifyInstance } from 'fastify'
import { PlugboardError, isPlugboardError } from '@plugboard/sdk'
import type { Engine } from '../../pipeline/engine.ts'
import type { Agents } from '../../services/agents/agents.ts'
import type { Catalog } from '../../services/catalog/catalog.ts'
import type { Clock } from '../../services/clock/clock.ts'
import type { CostService } from '../../services/cost/cost.ts'
import type { KeyRing } from '../../services/keys/keys.ts'
import type { Logger } from '../../services/logger/logger.ts'
import type { Measured } from '../../services/measured/measured.ts'
import type { TokenCounter } from '../../services/tokens/tokens.ts'
import type { UsageReports } from '../../services/usage/usage.ts'
import { callId } from '../../pipeline/call-id.ts'
import { BODY_LIMIT, readJsonBodies } from './body.ts'
import { ENTRANCES, entranceOf } from './entrances.ts'
import { FastLane, type Asked } from './fast-lane.ts'
import { NO_SCHEMAS } from './no-schemas.ts'
import { problemOf, type Problem } from './problem.ts'
import { analytics } from './routes/analytics.ts'
import { requestsInBody } from './routes/in-body.ts'
import { requestsInUrl } from './routes/in-url.ts'
import { models } from './routes/models.ts'
import { sendProblem, type RawReply } from './send-problem.ts'
import { unknownRoute } from './unknown-route.ts'

/** What a `Plugboard` holds. */
export interface GatewayServices {
  readonly engine: Engine
  readonly agents: Agents
  readonly catalog: Catalog
  readonly keys: KeyRing
  /** Answers clients that ask how many tokens a request has. */
  readonly counter: TokenCounter
  /** Without it, the list of models shows no prices. */
  readonly prices?: CostService | undefined
  /** Without it, the list of models shows no latencies. */
  readonly measured?: Measured | undefined
  /** Without it, there are no analytics. */
  readonly usage?: UsageReports | undefined
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
/**
 * Connections that may wait to be taken; the system's own limit holds besides. With Node's 511, a thousand clients that come
 * at once lose some of their connections, and those try again only after a second.
 */
const BACKLOG = 4_096

/** The HTTP server in front of an engine. */
export async function createGateway(host: GatewayServices): Promise<Gateway> {
  const { engine, agents, catalog, keys, counter, prices, measured, usage, clock, logger } = host
  // Looked up once: a host may find each of them anew whenever it is asked.
  const services = { engine, agents, catalog, keys, counter, prices, measured, usage, clock, logger }
  const requestId = (): string => callId(services.clock.now())
  const tell = async (problem: Problem, request: Asked, reply: RawReply): Promise<void> => {
    const door = entranceOf(request).door()
    sendProblem(reply, problem, door instanceof Promise ? await door : door)
  }
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 500 },
    exposeHeadRoutes: false,
    schemaController: NO_SCHEMAS,
    frameworkErrors: (error, request, reply) => void tell(problemOf(known(error), requestId()), request, reply),
  })
  const log = services.logger.child({ surface: 'gateway' })
  readJsonBodies(app)
  await ENTRANCES.chat.door()

  const failed = (error: unknown, request: Asked, reply: RawReply): Promise<void> => {
    const problem = problemOf(known(error as FastifyError), requestId())
    if (problem.status >= 500) log.error('a request failed', { requestId: problem.requestId, error })
    return tell(problem, request, reply)
  }
  const lane = new FastLane(failed)
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    await failed(error, request, reply)
    return reply
  })
  app.setNotFoundHandler(async (request, reply) => {
    await tell(problemOf(unknownRoute(request), requestId()), request, reply)
    return reply
  })
  requestsInBody(app, lane, services)
  requestsInUrl(app, services)
  models(app, services)
  analytics(app, services)
  lane.openBefore(app)

  return {
    async listen({ port, host }) {
      try {
        await app.listen({ port, host, backlog: BACKLOG })
      } catch (error) {
        throw listenError(error as NodeJS.ErrnoException, port, host)
      }
      const address = app.server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : port
      return { port: bound, url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}` }
    },
    close: (graceMs = GRACE_MS) => close(app, lane, services.engine, graceMs),
    [Symbol.asyncDispose]: () => close(app, lane, services.engine, 0),
  }
}

async function close(app: FastifyInstance, lane: FastLane, engine: Engine, graceMs: number): Promise<void> {
  const reason = new PlugboardError('SHUTTING_DOWN', 'The gateway is shutting down.', {
    hint: 'Ask again when it is back.',
  })
  const timer = setTimeout(() => engine.stopAll(reason), graceMs)
  try {
    lane.close()
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
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      // Fastify's own words repeat the URL, which may hold a key.
      return new PlugboardError('REQUEST_INVALID', 'The URL cannot be read.', {
        hint: 'Percent-encode what stands in it, and keep the name of the model short.',
      })
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new PlugboardError('JSON_INVALID', 'The body is empty.', { hint: 'Send a JSON object.' })
    default:
      return typeof error.statusCode === 'number' && error.statusCode < 500
        ? new PlugboardError('REQUEST_INVALID', error.message, { hint: 'Correct the request.' })
        : error
  }
}

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
