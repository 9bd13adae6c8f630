import type { DecodeResult } from './decode/decode.ts'
import type { TargetName } from './targets.ts'

/** `cpu`: microseconds per request. `rps`, `deltas`: per second. `p50`, `p99`, `firstToken`: milliseconds. */
export type Measure = 'cpu' | 'rps' | 'deltas' | 'p50' | 'p99' | 'firstToken'

/** One target in one round. */
export type Figures = Readonly<Partial<Record<Measure, number>>>

export interface ScenarioResult {
  readonly name: string
  readonly about: string
  readonly shows: readonly Measure[]
  readonly warmUp: number
  readonly requests: number
  /** Round by round; equal places were measured one right after the other. */
  readonly rounds: Readonly<Partial<Record<TargetName, readonly Figures[]>>>
}

export interface IdleResult {
  readonly startMs: readonly number[]
  readonly gatewayBytes: number | undefined
  readonly bareBytes: number | undefined
}

export interface BenchResult {
  readonly machine: { readonly node: string; readonly platform: string; readonly cpu: string; readonly cores: number }
  /** Of each target, one after the other. */
  readonly processes: number
  readonly scenarios: readonly ScenarioResult[]
  readonly idle: IdleResult | undefined
  readonly decode: readonly DecodeResult[] | undefined
}
