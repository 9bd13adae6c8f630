import type { SQLInputValue, StatementSync } from 'node:sqlite'
import type { Cost, ErrorClass, Usage } from '@plugboard/sdk'
import type { Store } from '../store/store.ts'
import { LedgerDays } from './ledger-days.ts'
import type { Ledger, LedgerEntry, LedgerQuery, LedgerTotals } from './ledger.ts'

const COLUMNS = [
  'id',
  'at',
  'key_id',
  'tracking_id',
  'user_id',
  'project_id',
  'provider',
  'model',
  'generation',
  'attempt',
  'outcome',
  'error_class',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'estimated',
  'input_nano',
  'output_nano',
  'cache_read_nano',
  'cache_write_nano',
  'total_nano',
  'latency_ms',
  'ttfb_ms',
  'streamed',
  'price_version',
  'priced_at',
  'batch',
  'cache_write_1h_tokens',
  'audio_input_tokens',
  'audio_output_tokens',
  'image_input_tokens',
  'image_output_tokens',
  'cache_write_1h_nano',
  'reasoning_nano',
  'audio_input_nano',
  'audio_output_nano',
  'image_input_nano',
  'image_output_nano',
  'request_nano',
  'cache_savings_nano',
  'agent_id',
] as const

/** How many of them every entry needs; the others belong to kinds of tokens that few calls have, and are empty by default. */
const COMMON = COLUMNS.indexOf('batch')

type Row = Readonly<Record<(typeof COLUMNS)[number] | 'seq', string | number | null>>

export class SqliteLedger implements Ledger {
  readonly #store: Store
  readonly #insert: StatementSync
  /** For most entries: handing over a third of the values for nothing costs as much as a tenth of all the gateway does. */
  readonly #insertCommon: StatementSync
  readonly #days: LedgerDays
  /** The last entry of the last page: mostly the one whose `before` is asked for next. */
  #pageEnd: Row | undefined

  constructor(store: Store) {
    this.#store = store
    const insert = (columns: readonly string[]): StatementSync =>
      store.db.prepare(`INSERT INTO ledger (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
    this.#insert = insert(COLUMNS)
    this.#insertCommon = insert(COLUMNS.slice(0, COMMON))
    this.#days = new LedgerDays(store)
  }

  record(entry: LedgerEntry, alongside?: () => void): Promise<void> {
    return this.#store.write(() => {
      const rare = rareValues(entry)
      const { lastInsertRowid } =
        rare === undefined
          ? this.#insertCommon.run(...commonValues(entry))
          : this.#insert.run(...commonValues(entry), ...rare)
      this.#days.note(entry.at, lastInsertRowid)
      alongside?.()
    })
  }

  entries({ limit = 100, id, since, before }: LedgerQuery = {}): readonly LedgerEntry[] {
    const conditions: [text: string, value: SQLInputValue][] = []
    if (id !== undefined) conditions.push(['id = ?', id])
    if (since !== undefined) conditions.push(['at >= ?', since])
    if (before !== undefined) conditions.push(['seq < ?', this.#seqOf(before)])
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(([text]) => text).join(' AND ')}`
    const statement = this.#store.db.prepare(`SELECT * FROM ledger ${where} ORDER BY seq DESC LIMIT ?`)
    // No index knows ids: it stops at the first that is found.
    const most = id === undefined ? limit : Math.min(limit, 1)
    const rows = statement.all(...conditions.map(([, value]) => value), most) as unknown as Row[]
    this.#pageEnd = rows.at(-1)
    return rows.map(entryOf)
  }

  booked(ids: readonly string[]): ReadonlySet<string> {
    const statement = this.#store.db.prepare('SELECT id FROM ledger WHERE id IN (SELECT value FROM json_each(?))')
    return new Set(statement.all(JSON.stringify(ids)).map(({ id }) => String(id)))
  }

  totals(): LedgerTotals {
    const statement = this.#store.db
      .prepare(`SELECT count(*) AS calls, coalesce(sum(input_tokens + cache_read_tokens + cache_write_tokens), 0) AS input,
      coalesce(sum(output_tokens), 0) AS output, coalesce(sum(total_nano), 0) AS nano, count(*) - count(total_nano) AS unpriced FROM ledger`)
    // A sum of nano-dollars may pass 2^53, some nine million dollars.
    statement.setReadBigInts(true)
    const row = statement.get() as Record<'calls' | 'input' | 'output' | 'nano' | 'unpriced', bigint>
    return {
      calls: Number(row.calls),
      inputTokens: Number(row.input),
      outputTokens: Number(row.output),
      nano: row.nano,
      unpriced: Number(row.unpriced),
    }
  }

  /** Below every other when there is no such entry. */
  #seqOf(id: string): number {
    const row =
      this.#pageEnd?.id === id
        ? this.#pageEnd
        : this.#store.db.prepare('SELECT seq FROM ledger WHERE id = ? ORDER BY seq DESC LIMIT 1').get(id)
    return Number(row?.['seq'] ?? 0)
  }
}

/** In the order of COLUMNS. */
const commonValues = (entry: LedgerEntry): SQLInputValue[] => [
  entry.id,
  entry.at,
  entry.keyId ?? null,
  entry.trackingId ?? null,
  entry.userId ?? null,
  entry.projectId ?? null,
  entry.provider,
  entry.model,
  entry.generation ?? null,
  entry.attempt,
  entry.outcome,
  entry.errorClass ?? null,
  entry.usage.input,
  entry.usage.output,
  entry.usage.cacheRead,
  entry.usage.cacheWrite,
  entry.usage.reasoning ?? 0,
  entry.usage.estimated === true ? 1 : 0,
  entry.cost.input,
  entry.cost.output,
  entry.cost.cacheRead,
  entry.cost.cacheWrite,
  entry.cost.total,
  entry.latencyMs,
  entry.ttfbMs ?? null,
  entry.streamed ? 1 : 0,
  entry.cost.priceVersion ?? null,
  entry.pricedAt ?? null,
]

/** The rest of COLUMNS; undefined where each is what the database puts there by itself. */
function rareValues({ usage, cost, batch = false, agentId }: LedgerEntry): SQLInputValue[] | undefined {
  if (!batch && agentId === undefined && !hasRareParts(usage, cost)) return undefined
  const rare = [
    usage.cacheWrite1h,
    usage.audioInput,
    usage.audioOutput,
    usage.imageInput,
    usage.imageOutput,
    cost.cacheWrite1h,
    cost.reasoning,
    cost.audioInput,
    cost.audioOutput,
    cost.imageInput,
    cost.imageOutput,
    cost.request,
    cost.cacheSavings,
    agentId,
  ]
  return [batch ? 1 : 0, ...rare.map((value) => value ?? null)]
}

const hasRareParts = (usage: Usage, cost: Cost): boolean =>
  usage.cacheWrite1h !== undefined ||
  usage.audioInput !== undefined ||
  usage.audioOutput !== undefined ||
  usage.imageInput !== undefined ||
  usage.imageOutput !== undefined ||
  cost.cacheWrite1h !== undefined ||
  cost.reasoning !== undefined ||
  cost.audioInput !== undefined ||
  cost.audioOutput !== undefined ||
  cost.imageInput !== undefined ||
  cost.imageOutput !== undefined ||
  cost.request !== undefined ||
  cost.cacheSavings !== undefined

function entryOf(row: Row): LedgerEntry {
  const text = (name: keyof Row): string | undefined => (row[name] === null ? undefined : String(row[name]))
  const number = (name: keyof Row): number => Number(row[name])
  const nano = (name: keyof Row): number | null => (row[name] === null ? null : Number(row[name]))
  const only = <K extends string>(key: K, name: keyof Row): { readonly [P in K]?: number } =>
    row[name] === null ? {} : ({ [key]: number(name) } as { readonly [P in K]?: number })
  const priceVersion = text('price_version')
  const cost: Cost = {
    input: nano('input_nano'),
    output: nano('output_nano'),
    cacheRead: nano('cache_read_nano'),
    cacheWrite: nano('cache_write_nano'),
    ...only('cacheWrite1h', 'cache_write_1h_nano'),
    ...only('reasoning', 'reasoning_nano'),
    ...only('audioInput', 'audio_input_nano'),
    ...only('audioOutput', 'audio_output_nano'),
    ...only('imageInput', 'image_input_nano'),
    ...only('imageOutput', 'image_output_nano'),
    ...only('request', 'request_nano'),
    total: nano('total_nano'),
    ...only('cacheSavings', 'cache_savings_nano'),
    ...(priceVersion === undefined ? {} : { priceVersion }),
  }
  const [input, output, cacheRead, cacheWrite] = [
    number('input_tokens'),
    number('output_tokens'),
    number('cache_read_tokens'),
    number('cache_write_tokens'),
  ]
  return {
    id: String(row.id),
    at: number('at'),
    keyId: text('key_id'),
    trackingId: text('tracking_id'),
    userId: text('user_id'),
    projectId: text('project_id'),
    agentId: text('agent_id'),
    provider: String(row.provider),
    model: String(row.model),
    generation: text('generation'),
    attempt: number('attempt'),
    outcome: String(row.outcome) as LedgerEntry['outcome'],
    errorClass: text('error_class') as ErrorClass | undefined,
    usage: {
      input,
      output,
      cacheRead,
      cacheWrite,
      reasoning: number('reasoning_tokens'),
      ...only('cacheWrite1h', 'cache_write_1h_tokens'),
      ...only('audioInput', 'audio_input_tokens'),
      ...only('audioOutput', 'audio_output_tokens'),
      ...only('imageInput', 'image_input_tokens'),
      ...only('imageOutput', 'image_output_tokens'),
      totalTokens: input + output + cacheRead + cacheWrite,
      estimated: row.estimated === 1,
    },
    cost,
    pricedAt: row.priced_at === null ? undefined : number('priced_at'),
    ...(row.batch === 1 ? { batch: true } : {}),
    latencyMs: number('latency_ms'),
    ttfbMs: row.ttfb_ms === null ? undefined : number('ttfb_ms'),
    streamed: row.streamed === 1,
  }
}
