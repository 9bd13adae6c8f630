import type { StatementSync } from 'node:sqlite'
import type { ErrorClass } from '@plugboard/sdk'
import type { Clock } from '../clock/clock.ts'
import type { LedgerEntry } from '../ledger/ledger.ts'
import type { Store } from '../store/store.ts'
import type { Measured, Measurement } from './measured.ts'

/** Bounds the query on a ledger of any size: it walks back so many rows along the primary key and never further. */
const NEWEST_CALLS = 5_000
const LATELY_MS = 7 * 24 * 3_600_000
const FRESH_MS = 10_000

interface Row {
  readonly provider: string
  readonly model: string
  readonly outcome: LedgerEntry['outcome']
  readonly error_class: ErrorClass | null
  readonly latency_ms: number
  readonly ttfb_ms: number | null
  readonly output_tokens: number
  readonly streamed: number
}

/** Failures that say something about the request and nothing about the model's provider. */
const CALLERS_FAULT: ReadonlySet<ErrorClass | null> = new Set<ErrorClass>([
  'invalid_request',
  'context_overflow',
  'content_filter',
  'unsupported',
  'aborted',
])

/** One query for all models, asked again after ten seconds by whoever wants to know; nobody else pays for it. */
export class LedgerMeasured implements Measured {
  readonly #clock: Clock
  readonly #rows: StatementSync
  #known: { readonly at: number; readonly byModel: ReadonlyMap<string, Measurement> } | undefined

  constructor(store: Store, clock: Clock) {
    this.#clock = clock
    this.#rows = store.db.prepare(
      `SELECT provider, model, outcome, error_class, latency_ms, ttfb_ms, output_tokens, streamed
       FROM (SELECT at, provider, model, outcome, error_class, latency_ms, ttfb_ms, output_tokens, streamed FROM ledger ORDER BY seq DESC LIMIT ${NEWEST_CALLS}) WHERE at >= ?`,
    )
  }

  of({ provider, id }: Parameters<Measured['of']>[0]): Measurement | undefined {
    const now = this.#clock.monotonic()
    if (this.#known === undefined || now - this.#known.at >= FRESH_MS)
      this.#known = { at: now, byModel: this.#measure() }
    return this.#known.byModel.get(`${provider}:${id}`)
  }

  #measure(): ReadonlyMap<string, Measurement> {
    const rows = this.#rows.all(this.#clock.now() - LATELY_MS) as unknown as Row[]
    const byModel = Map.groupBy(rows, ({ provider, model }) => `${provider}:${model}`)
    return new Map([...byModel].map(([name, calls]) => [name, measurementOf(calls)]))
  }
}

function measurementOf(calls: readonly Row[]): Measurement {
  const complete = calls.filter(({ outcome }) => outcome === 'completed')
  const streamed = complete.filter(
    (call): call is Row & { ttfb_ms: number } => call.streamed === 1 && call.ttfb_ms !== null,
  )
  const latencies = complete.map(({ latency_ms }) => latency_ms)
  const streamingMs = sum(streamed.map(({ latency_ms, ttfb_ms }) => latency_ms - ttfb_ms))
  const failed = calls.filter(({ outcome, error_class }) => outcome === 'failed' && !CALLERS_FAULT.has(error_class))
  const judged = complete.length + failed.length
  return {
    calls: calls.length,
    meanMs: latencies.length === 0 ? null : Math.round(sum(latencies) / latencies.length),
    medianMs: median(latencies),
    medianTtfbMs: median(streamed.map(({ ttfb_ms }) => ttfb_ms)),
    tokensPerSecond: streamingMs === 0 ? null : (1_000 * sum(streamed.map((call) => call.output_tokens))) / streamingMs,
    errorShare: judged === 0 ? null : failed.length / judged,
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

/** The upper one of the two in the middle. */
function median(numbers: readonly number[]): number | null {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? null
}
