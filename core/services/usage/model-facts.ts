import type { DatabaseSync } from 'node:sqlite'
import { conditionsOf, type ResolvedSelection } from './ledger-conditions.ts'

/** What the ledger proves about the calls to one model. */
export interface ModelFacts {
  readonly provider: string
  readonly model: string
  readonly calls: number
  /** Calls with a known price, what they cost together, and their tokens by kind. */
  readonly priced: number
  readonly nano: bigint
  readonly pricedInput: number
  readonly pricedOutput: number
  readonly pricedCacheRead: number
  readonly pricedCacheWrite: number
  readonly unpriced: number
  readonly unpricedTokens: number
  /** Tokens. */
  readonly largestInput: number
  readonly longestOutput: number
  /** Failed and cancelled calls that cost something. */
  readonly failedBilled: number
  readonly failedNano: bigint
  readonly inputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  /** Calls that wrote into a cache. */
  readonly cacheWriters: number
  readonly cacheWriteNano: bigint
}

const ALL_INPUT = 'input_tokens + cache_read_tokens + cache_write_tokens'
const PRICED = 'FILTER (WHERE total_nano IS NOT NULL)'
const LOST = "outcome <> 'completed' AND total_nano > 0"

const FACTS: Readonly<Record<Exclude<keyof ModelFacts, 'provider' | 'model'>, string>> = {
  calls: 'count(*)',
  priced: 'count(total_nano)',
  nano: 'sum(total_nano)',
  pricedInput: `sum(input_tokens) ${PRICED}`,
  pricedOutput: `sum(output_tokens) ${PRICED}`,
  pricedCacheRead: `sum(cache_read_tokens) ${PRICED}`,
  pricedCacheWrite: `sum(cache_write_tokens) ${PRICED}`,
  unpriced: 'count(*) - count(total_nano)',
  unpricedTokens: `sum(${ALL_INPUT} + output_tokens) FILTER (WHERE total_nano IS NULL)`,
  largestInput: `max(${ALL_INPUT})`,
  longestOutput: 'max(output_tokens)',
  failedBilled: `count(*) FILTER (WHERE ${LOST})`,
  failedNano: `sum(total_nano) FILTER (WHERE ${LOST})`,
  inputTokens: 'sum(input_tokens)',
  cacheReadTokens: 'sum(cache_read_tokens)',
  cacheWriteTokens: 'sum(cache_write_tokens)',
  cacheWriters: 'count(*) FILTER (WHERE cache_write_tokens > 0)',
  cacheWriteNano: `sum(cache_write_nano + coalesce(cache_write_1h_nano, 0)) ${PRICED}`,
}

const AMOUNTS: readonly string[] = ['nano', 'failedNano', 'cacheWriteNano'] satisfies (keyof ModelFacts)[]

/** By model, in the order of their names. */
export function modelFacts(db: DatabaseSync, selection: ResolvedSelection): readonly ModelFacts[] {
  const { text, values } = conditionsOf(db, selection)
  const columns = Object.entries(FACTS).map(([name, sql]) => `${sql} AS ${name}`)
  const statement = db.prepare(
    `SELECT provider, model, ${columns.join(', ')} FROM ledger WHERE ${text} GROUP BY provider, model ORDER BY 1, 2`,
  )
  statement.setReadBigInts(true)
  return statement.all(...values).map((row) => {
    const facts = Object.keys(FACTS).map((name) => {
      const value = (row[name] ?? 0n) as bigint
      return [name, AMOUNTS.includes(name) ? value : Number(value)]
    })
    return { provider: row['provider'], model: row['model'], ...Object.fromEntries(facts) } as unknown as ModelFacts
  })
}
