import { dollars } from '../../services/cost/money.ts'
import type {
  Advice,
  AdviceReport,
  Projection,
  UsageReport,
  UsageRow,
  UsageSums,
  UsageTokens,
} from '../../services/usage/usage.ts'

/**
 * The answer of `GET /v1/analytics/usage`. Costs are dollars, `null` where no price is known; calls without a known price
 * are in no amount and counted in `unpriced_requests`. A group named "" holds the calls that name none.
 */
export function analyticsBody(report: UsageReport, projection: Projection, { advice, limits }: AdviceReport): object {
  const { period, timeZone, since, until, totals, resetAt } = report
  return {
    period,
    start_time: time(since),
    end_time: time(until),
    total_requests: totals.calls,
    total_cost: costOf(totals),
    avg_latency_ms: rounded(totals.averageLatencyMs),
    cost_by_provider: costs(report.byProvider),
    top_models: report.topModels.map((row) => ({
      model: row.model,
      provider: row.provider,
      usage_count: row.calls,
      cost: costOf(row),
    })),
    time_zone: timeZone,
    currency: 'USD',
    completed_requests: totals.completed,
    failed_requests: totals.failed,
    cancelled_requests: totals.cancelled,
    unpriced_requests: totals.unpriced,
    avg_ttfb_ms: rounded(totals.averageTtfbMs),
    cost_by_model: costs(report.byModel),
    cost_by_key: costs(report.byKey),
    cost_by_user: costs(report.byUser),
    cost_by_project: costs(report.byProject),
    cost_by_agent: costs(report.byAgent),
    cost_by_day: costs(report.byDay),
    tokens: tokensOf(totals.tokens),
    estimated: {
      requests: totals.estimated,
      cost: usd(totals.estimatedNano),
      share: totals.calls === 0 ? 0 : totals.estimated / totals.calls,
    },
    cache_savings: usd(totals.cacheSavings),
    counted_since_reset: resetAt === null ? null : time(resetAt),
    projection: projectionOf(projection),
    advice: advice.map(adviceOf),
    advice_limits: limits,
  }
}

const usd = (nano: bigint): number => dollars(Number(nano))
const orNull = (nano: bigint | null): number | null => (nano === null ? null : usd(nano))
const costOf = ({ cost }: UsageSums): number | null => orNull(cost === null ? null : cost.total)
const rounded = (ms: number | null): number | null => (ms === null ? null : Math.round(ms))

const costs = (rows: readonly UsageRow[]): object => Object.fromEntries(rows.map((row) => [row.key ?? '', costOf(row)]))

/** `2024-01-01T00:00:00Z`; milliseconds only where there are some. */
const time = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z')

const tokensOf = (tokens: UsageTokens): object => ({
  input: tokens.input,
  output: tokens.output,
  cache_read: tokens.cacheRead,
  cache_write: tokens.cacheWrite,
  cache_write_1h: tokens.cacheWrite1h,
  reasoning: tokens.reasoning,
  audio_input: tokens.audioInput,
  audio_output: tokens.audioOutput,
  image_input: tokens.imageInput,
  image_output: tokens.imageOutput,
  total: tokens.total,
})

const projectionOf = ({ month, spent, amount, low, high, why, method, days, unpriced, text }: Projection): object => ({
  month_start: time(month.start),
  month_end: time(month.end),
  spent: orNull(spent),
  amount: orNull(amount),
  low: orNull(low),
  high: orNull(high),
  method,
  full_days: days,
  unpriced_requests: unpriced,
  reason: why,
  message: text,
})

const adviceOf = ({ kind, provider, model, alternative, calls, charged, saving, text }: Advice): object => ({
  kind,
  model: `${provider}:${model}`,
  alternative: alternative ?? null,
  requests: calls,
  charged: orNull(charged),
  saving: orNull(saving),
  message: text,
})
