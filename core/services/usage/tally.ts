import type { UsageCost, UsageSums, UsageTokens } from './usage.ts'

/** One entry of the ledger: the values of `TALLIED`, and of other columns behind them. */
export type LedgerRow = readonly (string | number | null)[]

const TOKENS: Readonly<Record<Exclude<keyof UsageTokens, 'total'>, string>> = {
  input: 'input_tokens',
  output: 'output_tokens',
  cacheRead: 'cache_read_tokens',
  cacheWrite: 'cache_write_tokens',
  cacheWrite1h: 'cache_write_1h_tokens',
  reasoning: 'reasoning_tokens',
  audioInput: 'audio_input_tokens',
  audioOutput: 'audio_output_tokens',
  imageInput: 'image_input_tokens',
  imageOutput: 'image_output_tokens',
}

const COSTS: Readonly<Record<Exclude<keyof UsageCost, 'total'>, string>> = {
  input: 'input_nano',
  output: 'output_nano',
  cacheRead: 'cache_read_nano',
  cacheWrite: 'cache_write_nano',
  cacheWrite1h: 'cache_write_1h_nano',
  reasoning: 'reasoning_nano',
  audioInput: 'audio_input_nano',
  audioOutput: 'audio_output_nano',
  imageInput: 'image_input_nano',
  imageOutput: 'image_output_nano',
  request: 'request_nano',
}

const TOKEN_KINDS = Object.keys(TOKENS) as (keyof typeof TOKENS)[]
const COST_KINDS = Object.keys(COSTS) as (keyof typeof COSTS)[]

const OWN = ['outcome', 'estimated', 'latency_ms', 'ttfb_ms', 'cache_savings_nano', 'total_nano']
const FIRST_COST = OWN.length
const FIRST_TOKENS = FIRST_COST + COST_KINDS.length

/** The columns a tally reads, in the order it expects them. */
export const TALLIED: readonly string[] = [...OWN, ...Object.values(COSTS), ...Object.values(TOKENS)]

/** What a number of entries are together. */
export class Tally {
  #calls = 0
  #completed = 0
  #failed = 0
  #unpriced = 0
  #estimated = 0
  #latencyMs = 0
  #ttfbMs = 0
  #ttfbCalls = 0
  readonly #tokens = TOKEN_KINDS.map(() => 0)
  readonly #cost = COST_KINDS.map(() => new ExactSum())
  readonly #total = new ExactSum()
  readonly #estimatedNano = new ExactSum()
  readonly #cacheSavings = new ExactSum()

  add(row: LedgerRow): void {
    const [outcome, estimated, latencyMs, ttfbMs, saved, total] = row
    this.#calls++
    if (outcome === 'completed') {
      this.#completed++
      this.#latencyMs += Number(latencyMs)
      if (ttfbMs !== null) {
        this.#ttfbCalls++
        this.#ttfbMs += Number(ttfbMs)
      }
    } else if (outcome === 'failed') this.#failed++
    if (estimated === 1) this.#estimated++
    for (let kind = 0; kind < TOKEN_KINDS.length; kind++) {
      const tokens = row[FIRST_TOKENS + kind] as number | null
      if (tokens !== null) this.#tokens[kind]! += tokens
    }
    if (total === null) this.#unpriced++
    else this.#addCost(row, Number(total), Number(saved), estimated === 1)
  }

  get sums(): UsageSums {
    const tokens = byKind(TOKEN_KINDS, (kind) => this.#tokens[kind] ?? 0)
    const cost = byKind(COST_KINDS, (kind) => this.#cost[kind]?.value ?? 0n)
    const known = this.#calls === 0 || this.#unpriced < this.#calls
    return {
      calls: this.#calls,
      completed: this.#completed,
      failed: this.#failed,
      cancelled: this.#calls - this.#completed - this.#failed,
      tokens: { ...tokens, total: tokens.input + tokens.output + tokens.cacheRead + tokens.cacheWrite },
      cost: known ? { ...cost, total: this.#total.value } : null,
      unpriced: this.#unpriced,
      estimated: this.#estimated,
      estimatedNano: this.#estimatedNano.value,
      cacheSavings: this.#cacheSavings.value,
      averageLatencyMs: this.#completed === 0 ? null : this.#latencyMs / this.#completed,
      averageTtfbMs: this.#ttfbCalls === 0 ? null : this.#ttfbMs / this.#ttfbCalls,
    }
  }

  /** Of a call whose price is known as a whole: known parts of others are in no amount. */
  #addCost(row: LedgerRow, total: number, saved: number, estimated: boolean): void {
    for (let kind = 0; kind < COST_KINDS.length; kind++) {
      const nano = row[FIRST_COST + kind] as number | null
      if (nano !== null && nano !== 0) this.#cost[kind]!.add(nano)
    }
    this.#total.add(total)
    if (saved !== 0) this.#cacheSavings.add(saved)
    if (estimated) this.#estimatedNano.add(total)
  }
}

/** Where the next number could be added to without rounding. */
const HALF = 2 ** 52

/** A sum of whole numbers that stays exact, and is only as slow as that where it must. */
class ExactSum {
  #low = 0
  #high = 0n

  add(amount: number): void {
    if (amount < HALF && this.#low < HALF) this.#low += amount
    else {
      this.#high += BigInt(this.#low) + BigInt(amount)
      this.#low = 0
    }
  }

  get value(): bigint {
    return this.#high + BigInt(this.#low)
  }
}

const byKind = <K extends string, T>(kinds: readonly K[], read: (index: number) => T): Record<K, T> =>
  Object.fromEntries(kinds.map((kind, index) => [kind, read(index)])) as Record<K, T>
