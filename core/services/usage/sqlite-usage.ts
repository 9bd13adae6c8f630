import type { AuditLog } from '../audit/audit.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Clock } from '../clock/clock.ts'
import type { CostService } from '../cost/cost.ts'
import type { Store } from '../store/store.ts'
import { advise } from './advise.ts'
import { checkedTimeZone } from './calendar.ts'
import { FILTER_KEYS, resetOf } from './ledger-conditions.ts'
import { LedgerReader } from './ledger-reader.ts'
import { projection } from './projection.ts'
import { projectionBasis } from './projection-basis.ts'
import { checkedFilter, resolvedQuery, resolvedSelection } from './resolve-query.ts'
import { summaryLine } from './summary.ts'
import type {
  AdviceReport,
  Projection,
  UsageFilter,
  UsageQuery,
  UsageReport,
  UsageReports,
  UsageReset,
  UsageRow,
  UsageSelection,
  UsageSummary,
  UsageSums,
} from './usage.ts'

export interface UsageParts {
  readonly store: Store
  readonly clock: Clock
  readonly audit: AuditLog
  readonly prices: CostService
  /** Asked for with the first advice: the catalogue may be built later than this. */
  readonly catalog: () => Catalog
}

const ADVICE_MS = 30 * 86_400_000

/** Usage as it stands in the ledger's table. */
export class SqliteUsage implements UsageReports, AsyncDisposable {
  readonly #parts: UsageParts
  readonly #reader: LedgerReader

  constructor(parts: UsageParts) {
    this.#parts = parts
    this.#reader = new LedgerReader(parts.store)
  }

  async rows(query: UsageQuery = {}): Promise<readonly UsageRow[]> {
    const [rows = []] = await this.rowsOf([query])
    return rows
  }

  async rowsOf(queries: readonly UsageQuery[]): Promise<readonly (readonly UsageRow[])[]> {
    const now = this.#parts.clock.now()
    const resolved = queries.map((query) => resolvedQuery(query, now))
    return this.#reader.read('rows', resolved)
  }

  async totals(selection: UsageSelection = {}): Promise<UsageSums> {
    return onlyOf(await this.rows({ ...selection, by: undefined }))
  }

  getUsage(provider?: string): Promise<UsageSums> {
    return this.totals(provider === undefined ? {} : { filter: { provider } })
  }

  async summary(selection: UsageSelection = {}): Promise<UsageSummary> {
    const [total = [], providers = []] = await this.rowsOf([selection, { ...selection, by: 'provider' }])
    return {
      total: summaryLine(onlyOf(total)),
      providers: Object.fromEntries(providers.map((row) => [row.key, summaryLine(row)])),
    }
  }

  async topModels(selection: UsageSelection = {}, limit = 10): Promise<readonly UsageRow[]> {
    return mostUsed(await this.rows({ ...selection, by: 'model' }), limit)
  }

  async report(asked: UsageSelection = {}): Promise<UsageReport> {
    const { period = 'month' } = asked
    const selection = resolvedSelection({ ...asked, period }, this.#parts.clock.now())
    const { since = 0, until = Infinity, timeZone, all } = selection
    const groups = ['provider', 'model', 'key', 'user', 'project', 'agent', 'day'] as const
    const [totals = [], ...rows] = await this.rowsOf([selection, ...groups.map((by) => ({ ...selection, by }))])
    const [byProvider = [], byModel = [], byKey = [], byUser = [], byProject = [], byAgent = [], byDay = []] = rows
    const last = all ? undefined : this.resets().find(({ scope }) => Object.keys(scope).length === 0)
    return {
      period,
      timeZone,
      since,
      until,
      totals: onlyOf(totals),
      byProvider,
      byModel,
      byKey,
      byUser,
      byProject,
      byAgent,
      byDay,
      topModels: mostUsed(byModel, 10),
      resetAt: last !== undefined && last.at >= since && last.at < until ? last.at : null,
    }
  }

  async projection({ timeZone, filter = {} }: Pick<UsageSelection, 'timeZone' | 'filter'> = {}): Promise<Projection> {
    const zone = checkedTimeZone(timeZone)
    const basis = await projectionBasis(this.#reader, checkedFilter(filter), zone, this.#parts.clock.now())
    return projection(basis)
  }

  async advice(selection: UsageSelection = {}): Promise<AdviceReport> {
    const now = this.#parts.clock.now()
    const named = selection.since ?? selection.until ?? selection.period
    const resolved = resolvedSelection(named === undefined ? { ...selection, since: now - ADVICE_MS } : selection, now)
    return advise({ reader: this.#reader, catalog: this.#parts.catalog(), prices: this.#parts.prices }, resolved)
  }

  async reset({
    actor,
    scope = {},
  }: {
    readonly actor: string
    readonly scope?: UsageFilter | undefined
  }): Promise<UsageReset> {
    const { store, clock, audit } = this.#parts
    checkedFilter(scope)
    // One writing of each scope, by which the last reset of it is found.
    const named = FILTER_KEYS.flatMap((key) => (scope[key] === undefined ? [] : [[key, scope[key]] as const]))
    const text = JSON.stringify(Object.fromEntries(named))
    const reset = await store.write(() =>
      resetOf(
        store.db
          .prepare('INSERT INTO usage_reset (at, scope, actor) VALUES (?, ?, ?) RETURNING *')
          .get(clock.now(), text, actor) as Record<string, unknown>,
      ),
    )
    const { seq, at } = reset
    await audit.record({ action: 'usage_reset', subject: String(seq), actor, details: { scope: reset.scope, at } })
    return reset
  }

  resets(): readonly UsageReset[] {
    return this.#parts.store.db.prepare('SELECT * FROM usage_reset ORDER BY seq DESC').all().map(resetOf)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]()
  }
}

/** They come dearest first, and sorting keeps that order among equals. */
const mostUsed = (models: readonly UsageRow[], limit: number): readonly UsageRow[] =>
  models.toSorted((one, other) => other.calls - one.calls).slice(0, limit)

function onlyOf([row]: readonly UsageRow[]): UsageSums {
  if (row === undefined) throw new Error('a query without groups has one row')
  const { key: _key, ...sums } = row
  return sums
}
