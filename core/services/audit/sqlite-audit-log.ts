import type { Clock } from '../clock/clock.ts'
import type { Store } from '../store/store.ts'
import type { AuditEntry, AuditLog } from './audit.ts'

export class SqliteAuditLog implements AuditLog {
  readonly #store: Store
  readonly #clock: Clock

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  record({ action, subject, actor, details }: Omit<AuditEntry, 'seq' | 'at'>): Promise<void> {
    const at = this.#clock.now()
    const text = JSON.stringify(details)
    return this.#store.write(() => {
      this.#store.db
        .prepare('INSERT INTO audit (at, action, subject, actor, details) VALUES (?, ?, ?, ?, ?)')
        .run(at, action, subject, actor, text)
    })
  }

  entries(limit = 100): readonly AuditEntry[] {
    const rows = this.#store.db.prepare('SELECT * FROM audit ORDER BY seq DESC LIMIT ?').all(limit)
    return (rows as unknown as (Omit<AuditEntry, 'details'> & { readonly details: string })[]).map(
      ({ details, ...entry }) => ({
        ...entry,
        details: JSON.parse(details) as Record<string, unknown>,
      }),
    )
  }
}
