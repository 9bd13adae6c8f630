import type { DatabaseSync } from 'node:sqlite'
import type { Usage } from '@plugboard/sdk'
import { conditionsOf, type ResolvedSelection } from './ledger-conditions.ts'

/** A call with a known price: all it takes to price it again. */
export interface PricedCall {
  /** Its place in the ledger. */
  readonly seq: number
  readonly provider: string
  readonly model: string
  readonly usage: Usage
  /** Nano-dollars. */
  readonly nano: number
  /** The moment whose price counts. */
  readonly at: number
  readonly batch: boolean
}

export interface PricedCallsPage {
  readonly selection: ResolvedSelection
  readonly models: readonly { readonly provider: string; readonly model: string }[]
  /** The place of the last call of the page before; 0 for the first page. */
  readonly after: number
  readonly limit: number
}

/** In the order in which they were booked, only calls to these models. */
export function pricedCalls(db: DatabaseSync, { selection, models, after, limit }: PricedCallsPage): PricedCall[] {
  const { text, values } = conditionsOf(db, selection)
  const names = models.map(() => '(?, ?)').join(', ')
  return db
    .prepare(
      `SELECT * FROM ledger WHERE seq > ? AND total_nano IS NOT NULL AND (provider, model) IN (VALUES ${names}) AND ${text}
      ORDER BY seq LIMIT ?`,
    )
    .all(after, ...models.flatMap(({ provider, model }) => [provider, model]), ...values, limit)
    .map(callOf)
}

/** Kinds of tokens that most calls do not have, and that are part of others. */
const PARTS = {
  reasoning: 'reasoning_tokens',
  cacheWrite1h: 'cache_write_1h_tokens',
  audioInput: 'audio_input_tokens',
  audioOutput: 'audio_output_tokens',
  imageInput: 'image_input_tokens',
  imageOutput: 'image_output_tokens',
} as const

function callOf(row: Readonly<Record<string, unknown>>): PricedCall {
  const number = (name: string): number => Number(row[name])
  const parts = Object.entries(PARTS).flatMap(([key, name]) => (number(name) > 0 ? [[key, number(name)]] : []))
  const [input, output, cacheRead, cacheWrite] = [
    number('input_tokens'),
    number('output_tokens'),
    number('cache_read_tokens'),
    number('cache_write_tokens'),
  ]
  const totalTokens = input + output + cacheRead + cacheWrite
  return {
    seq: number('seq'),
    provider: String(row['provider']),
    model: String(row['model']),
    usage: { input, output, cacheRead, cacheWrite, ...(Object.fromEntries(parts) as Partial<Usage>), totalTokens },
    nano: number('total_nano'),
    at: number(row['priced_at'] === null ? 'at' : 'priced_at'),
    batch: row['batch'] === 1,
  }
}
