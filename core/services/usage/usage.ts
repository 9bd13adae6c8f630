import { token } from '../../kernel/scope.ts'
import type { Period } from '../budget/budget.ts'

export const USAGE_DIMENSIONS = [
  'provider',
  'model',
  'key',
  'user',
  'project',
  'agent',
  'day',
  'month',
  'tracking',
] as const

/** What calls can be added up by. `tracking` is the caller's own name for a run. */
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number]

export const USAGE_PERIODS = ['day', 'week', 'month'] as const

/** A calendar day, week (from Monday) or month. */
export type UsagePeriod = (typeof USAGE_PERIODS)[number]

/** Milliseconds since 1970, an ISO date (its first moment in the time zone asked for), or an ISO date-time with its offset. */
export type Moment = number | string

/** Only calls that have all of these. */
export interface UsageFilter {
  readonly provider?: string
  /** Without its provider. */
  readonly model?: string
  readonly keyId?: string
  readonly userId?: string
  readonly projectId?: string
  readonly agentId?: string
  readonly trackingId?: string
}

/** Which calls to add up. A call counts at the moment it began, as it does for budgets. */
export interface UsageSelection {
  /** Default: from the first call, or as `period` says. */
  readonly since?: Moment | undefined
  /** The first moment after. Default: up to the last call, or as `period` says. */
  readonly until?: Moment | undefined
  /** Decides the ends that are left out: the period that runs now, or as long after `since` or before `until`. */
  readonly period?: UsagePeriod | undefined
  readonly filter?: UsageFilter | undefined
  /** IANA name; whose days and months. Default UTC. */
  readonly timeZone?: string | undefined
  /** Also what was put aside by a reset. Default false. */
  readonly all?: boolean | undefined
}

export interface UsageQuery extends UsageSelection {
  /** Default: everything in one row. */
  readonly by?: UsageDimension | undefined
}

/** `total` is input, output, cacheRead and cacheWrite together; each of the others is part of one of these. */
export interface UsageTokens {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly cacheWrite1h: number
  readonly reasoning: number
  readonly audioInput: number
  readonly audioOutput: number
  readonly imageInput: number
  readonly imageOutput: number
  readonly total: number
}

/** Nano-dollars of the calls whose price was known. `total` is what was charged: the exact sum of all others. */
export interface UsageCost {
  readonly input: bigint
  readonly output: bigint
  readonly cacheRead: bigint
  readonly cacheWrite: bigint
  readonly cacheWrite1h: bigint
  readonly reasoning: bigint
  readonly audioInput: bigint
  readonly audioOutput: bigint
  readonly imageInput: bigint
  readonly imageOutput: bigint
  readonly request: bigint
  readonly total: bigint
}

/** What a number of calls used and cost. Each entry of the ledger is one call. */
export interface UsageSums {
  readonly calls: number
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
  readonly tokens: UsageTokens
  /** `null` when there were calls and the price of none of them was known. */
  readonly cost: UsageCost | null
  /** Calls whose price was not known: they are in no amount. */
  readonly unpriced: number
  /** Calls whose provider told no usage, so that we counted, and what these cost. */
  readonly estimated: number
  readonly estimatedNano: bigint
  /** Nano-dollars that tokens read from a cache would have cost more as ordinary input. */
  readonly cacheSavings: bigint
  /** Of the completed calls; `null` when there is none. */
  readonly averageLatencyMs: number | null
  /** To the first batch of the answer, of the completed calls. */
  readonly averageTtfbMs: number | null
}

export interface UsageRow extends UsageSums {
  /** An id, `provider:model`, a date (`2026-03-29`) or a month (`2026-03`); `null` for calls that name none. */
  readonly key: string | null
  readonly provider?: string
  /** Without its provider. */
  readonly model?: string
  /** When the row is a day or month: 23 or 25 hours where clocks were changed. */
  readonly period?: Period
}

/** Where the month that runs now is heading. It is about the whole month: resets do not touch it. Nano-dollars. */
export interface Projection {
  readonly timeZone: string
  readonly month: Period
  /** So far; `null` when there were calls and the price of none of them was known. */
  readonly spent: bigint | null
  /** Calls of this month whose price is not known; nothing here counts them. */
  readonly unpriced: number
  /** At the end of the month; never below `spent`. `null` when nobody can tell, and `why` says the reason. */
  readonly amount: bigint | null
  /** Some four of five months will end between these. */
  readonly low: bigint | null
  readonly high: bigint | null
  readonly why: string | null
  /**
   * What is added to `spent`: for each day to come the mean of the full days before, or of those on the same weekday; for
   * today the part of it that is left.
   */
  readonly method: 'mean_day' | 'mean_weekday' | null
  /** Full days it rests on, at most 28, counted from the first call; days without a call are among them. */
  readonly days: number
  /** `You're on track for $12.34 this month.`, or why that cannot be told. */
  readonly text: string
}

export const ADVICE_KINDS = [
  'cheaper_model',
  'failed_calls_billed',
  'cache_never_read',
  'no_cache_reads',
  'unknown_price',
] as const

export interface Advice {
  readonly kind: (typeof ADVICE_KINDS)[number]
  readonly provider: string
  readonly model: string
  /** `provider:model` that the same calls would have cost less on. */
  readonly alternative?: string
  /** The calls it is about. */
  readonly calls: number
  /** Nano-dollars these were charged; `null` where that is not known. */
  readonly charged: bigint | null
  /** Nano-dollars that would have been saved; `null` where the ledger cannot prove any. */
  readonly saving: bigint | null
  readonly text: string
}

export interface AdviceReport {
  /** Largest saving first. Alternatives for one model exclude one another. */
  readonly advice: readonly Advice[]
  /** What the comparison cannot know. */
  readonly limits: readonly string[]
}

export interface UsageReport {
  readonly period: UsagePeriod
  readonly timeZone: string
  readonly since: number
  readonly until: number
  readonly totals: UsageSums
  readonly byProvider: readonly UsageRow[]
  readonly byModel: readonly UsageRow[]
  readonly byKey: readonly UsageRow[]
  readonly byUser: readonly UsageRow[]
  readonly byProject: readonly UsageRow[]
  readonly byAgent: readonly UsageRow[]
  readonly byDay: readonly UsageRow[]
  /** The ten most used, most used first. */
  readonly topModels: readonly UsageRow[]
  /** The last reset of everything, when it lies in the period and was kept to. */
  readonly resetAt: number | null
}

export interface UsageSummaryLine {
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** `null` when the price of no call was known. */
  readonly costUsd: number | null
  readonly unpricedCalls: number
  /** `1,523 calls, 2,100,000 tokens in, 400,000 out, $45.67` */
  readonly text: string
}

export interface UsageSummary {
  readonly total: UsageSummaryLine
  readonly providers: Readonly<Record<string, UsageSummaryLine>>
}

export interface UsageReset {
  readonly seq: number
  /** Calls settled up to this time, in milliseconds since 1970, no longer count. */
  readonly at: number
  /** Empty: all calls. */
  readonly scope: UsageFilter
  readonly actor: string
}

/**
 * What the ledger adds up to. All methods that take a query throw PlugboardError `USAGE_QUERY_INVALID`, with the field in
 * `details.param`. Long queries do not keep this process from its work.
 */
export interface UsageReports {
  /** Days and months in their order, everything else dearest first. */
  rows(query?: UsageQuery): Promise<readonly UsageRow[]>
  /** Several queries answered from one moment, so that their sums agree while calls go on being booked. */
  rowsOf(queries: readonly UsageQuery[]): Promise<readonly (readonly UsageRow[])[]>
  totals(selection?: UsageSelection): Promise<UsageSums>
  /** Since the last reset: of one provider, or of all. */
  getUsage(provider?: string): Promise<UsageSums>
  summary(selection?: UsageSelection): Promise<UsageSummary>
  /** Most used first. Default limit 10. */
  topModels(selection?: UsageSelection, limit?: number): Promise<readonly UsageRow[]>
  /** Every grouping of one period; default: the month that runs now. */
  report(selection?: UsageSelection): Promise<UsageReport>
  projection(options?: Pick<UsageSelection, 'timeZone' | 'filter'>): Promise<Projection>
  /** Default: the last 30 days. */
  advice(selection?: UsageSelection): Promise<AdviceReport>
  /**
   * Lets usage start at nothing: nothing is deleted, and budgets and the projection do not change. `scope`: only these
   * calls; default all.
   */
  reset(options: { readonly actor: string; readonly scope?: UsageFilter | undefined }): Promise<UsageReset>
  /** Newest first. */
  resets(): readonly UsageReset[]
}

export const UsageReports = token<UsageReports>('usage')
