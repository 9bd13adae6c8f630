import type { Cost, Warning } from '@plugboard/sdk'
import type { AnswerExtras } from '@plugboard/sdk/protocols'
import type { Call } from '../../pipeline/call.ts'
import { warningsOf } from '../../pipeline/answer.ts'
import { dollars } from '../../services/cost/money.ts'

/** Which of our fields a client wants; all but `include_model_info` are on unless it says no. */
export interface WantedExtras {
  readonly cost: boolean
  readonly latency: boolean
}

/**
 * What the gateway adds to a settled answer for a client of a protocol. Costs are dollars, `null` where the price is not
 * known; times milliseconds. Warnings only when there are any.
 */
export function answerExtras(call: Call, wanted: WantedExtras, protocol: string): AnswerExtras {
  const { facts } = call
  const extras: Record<string, unknown> = { provider: facts.target?.provider ?? null }
  if (wanted.cost) extras['cost'] = costOf(facts)
  if (wanted.latency) extras['latency'] = latencyOf(facts)
  const warnings = warningsFor(call, protocol)
  if (warnings.length > 0) extras['warnings'] = warnings
  return extras
}

/** What could not be done as asked, and what of the answer has no words in the client's protocol. */
function warningsFor(call: Call, protocol: string): readonly Warning[] {
  const warnings = warningsOf(call)
  const foreign = call.message.opaqueProtocols.filter((made) => made !== protocol)
  return foreign.length === 0 ? warnings : [...warnings, ...foreign.map(leftOut)]
}

const leftOut = (protocol: string): Warning => ({
  type: 'unsupported',
  feature: `content:${protocol}`,
  message: `The answer holds content that only ${protocol} knows; it was left out.`,
})

function costOf({ cost = UNKNOWN, usage }: Call['facts']): object {
  const { total } = cost
  const tokens = usage?.totalTokens ?? 0
  const told: Record<string, unknown> = {
    input_cost: sum(cost.input, cost.cacheRead, cost.cacheWrite, cost.cacheWrite1h, cost.audioInput, cost.imageInput),
    output_cost: sum(cost.output, cost.reasoning, cost.audioOutput, cost.imageOutput),
    total_cost: total === null ? null : dollars(total),
    cost_per_1k_tokens: total === null ? null : tokens === 0 ? 0 : dollars(Math.round((total * 1_000) / tokens)),
    currency: 'USD',
  }
  if (cost.request !== undefined) told['request_cost'] = dollars(cost.request)
  if (cost.cacheSavings !== undefined) told['cache_savings'] = dollars(cost.cacheSavings)
  if (usage?.estimated === true) told['estimated'] = true
  return told
}

const UNKNOWN: Cost = { input: null, output: null, cacheRead: null, cacheWrite: null, total: null }

/** Dollars of these parts together; not known when one of them is not. */
function sum(...parts: readonly (number | null | undefined)[]): number | null {
  let nano = 0
  for (const part of parts) {
    if (part === null) return null
    nano += part ?? 0
  }
  return dollars(nano)
}

function latencyOf({ latencyMs = 0, ttfbMs = 0 }: Call['facts']): object {
  return {
    total_time_ms: Math.round(latencyMs),
    ttfb_ms: Math.round(ttfbMs),
    processing_time_ms: Math.round(latencyMs - ttfbMs),
  }
}
