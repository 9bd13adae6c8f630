import type { AnswerExtras } from '@plugboard/sdk/protocols'
import type { Call } from '../../pipeline/call.ts'
import { dollars } from '../../services/cost/money.ts'

/** Which of our fields a client wants; all but `include_model_info` are on unless it says no. */
export interface WantedExtras {
  readonly cost: boolean
  readonly latency: boolean
}

/** What the gateway adds to a settled answer. Costs are dollars, `null` where the price is not known; times milliseconds. */
export function answerExtras({ facts }: Call, wanted: WantedExtras): AnswerExtras {
  return {
    provider: facts.target?.provider ?? null,
    ...(wanted.cost ? { cost: costOf(facts) } : {}),
    ...(wanted.latency ? { latency: latencyOf(facts) } : {}),
  }
}

function costOf({ cost, usage }: Call['facts']): object {
  const total = cost?.total ?? null
  const asked =
    cost === undefined || cost.input === null || cost.cacheRead === null || cost.cacheWrite === null
      ? null
      : cost.input + cost.cacheRead + cost.cacheWrite
  const tokens = usage?.totalTokens ?? 0
  return {
    input_cost: asked === null ? null : dollars(asked),
    output_cost: cost?.output === undefined || cost.output === null ? null : dollars(cost.output),
    total_cost: total === null ? null : dollars(total),
    cost_per_1k_tokens: total === null ? null : tokens === 0 ? 0 : dollars(Math.round((total * 1_000) / tokens)),
    currency: 'USD',
    ...(usage?.estimated === true ? { estimated: true } : {}),
  }
}

function latencyOf({ latencyMs = 0, ttfbMs = 0 }: Call['facts']): object {
  return {
    total_time_ms: Math.round(latencyMs),
    ttfb_ms: Math.round(ttfbMs),
    processing_time_ms: Math.round(latencyMs - ttfbMs),
  }
}
