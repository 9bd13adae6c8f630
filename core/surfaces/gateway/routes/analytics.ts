import type { FastifyInstance } from 'fastify'
import { PlugboardError, isPlugboardError } from '@plugboard/sdk'
import {
  USAGE_PERIODS,
  type AdviceReport,
  type UsagePeriod,
  type UsageReports,
  type UsageSelection,
} from '../../../services/usage/usage.ts'
import { analyticsBody } from '../analytics-body.ts'
import { authenticate } from '../auth.ts'
import type { GatewayServices } from '../gateway.ts'

/** `GET /v1/analytics/usage`, with and without `/api`. */
export function analytics(app: FastifyInstance, { keys, usage }: GatewayServices): void {
  if (usage === undefined) return
  for (const url of ['/v1/analytics/usage', '/api/v1/analytics/usage']) {
    app.get<{ Querystring: Query }>(url, async (request) => {
      authenticate(request, keys)
      const selection = asked(request.query)
      try {
        return await answer(usage, selection)
      } catch (error) {
        throw inTheirWords(error)
      }
    })
  }
}

type Query = Readonly<Record<string, string | readonly string[]>>

/** Our names of the parameters, by theirs. */
const PARAMETERS = { period: 'period', start: 'since', end: 'until', time_zone: 'timeZone', all: 'all' } as const

async function answer(usage: UsageReports, selection: UsageSelection): Promise<object> {
  const report = await usage.report(selection)
  const { since, until, timeZone, totals } = report
  const projection = await usage.projection({ timeZone })
  const advice = totals.calls === 0 ? NO_ADVICE : await usage.advice({ ...selection, since, until })
  return analyticsBody(report, projection, advice)
}

const NO_ADVICE: AdviceReport = { advice: [], limits: [] }

function asked(query: Query): UsageSelection {
  for (const [name, value] of Object.entries(query)) {
    if (!Object.hasOwn(PARAMETERS, name))
      throw wrong(name, `There is no parameter "${name.slice(0, 100)}".`, `Use ${Object.keys(PARAMETERS).join(', ')}.`)
    if (typeof value !== 'string') throw wrong(name, `"${name}" is there twice.`, 'Name it once.')
  }
  const { period, start, end, time_zone: timeZone, all = 'false' } = query as Readonly<Record<string, string>>
  if (period !== undefined && !isPeriod(period))
    throw wrong('period', `"${period.slice(0, 100)}" is no period.`, `Use one of: ${USAGE_PERIODS.join(', ')}.`)
  if (all !== 'true' && all !== 'false') throw wrong('all', '"all" must be true or false.', 'Leave it out for false.')
  return { period, since: start, until: end, timeZone, all: all === 'true' }
}

const isPeriod = (text: string): text is UsagePeriod => (USAGE_PERIODS as readonly string[]).includes(text)

function inTheirWords(error: unknown): unknown {
  if (!isPlugboardError(error) || error.code !== 'USAGE_QUERY_INVALID') return error
  const { param } = error.details
  const [name = String(param)] = Object.entries(PARAMETERS).find(([, ours]) => ours === param) ?? []
  return wrong(name, `"${name}" is wrong: ${error.message}`, error.hint ?? '')
}

const wrong = (param: string, message: string, hint: string): PlugboardError =>
  new PlugboardError('REQUEST_INVALID', message, { hint, details: { param } })
