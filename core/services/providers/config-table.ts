import { randomBytes } from 'node:crypto'
import type { StatementSync } from 'node:sqlite'
import type { Store } from '../store/store.ts'

/** What is saved for a provider, without its secrets. */
export interface ProviderConfig {
  readonly id: string
  readonly type: string
  readonly name: string | undefined
  readonly enabled: boolean
  readonly settings: Readonly<Record<string, unknown>>
  /** Another one after every change that needs a new version of the provider; 0 before the first. */
  readonly revision: number
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly updatedAt: number
}

interface Row {
  readonly id: string
  readonly type: string
  readonly name: string | null
  readonly enabled: number
  readonly settings: string
  readonly revision: number
  readonly created_at: number
  readonly updated_at: number
}

/** Random, so that no two processes draw the same one. */
export const newRevision = (): number => randomBytes(6).readUIntBE(0, 6) + 1

/** What is saved for a provider that nothing was saved for: nothing that would need another version of it. */
export const unsaved = (id: string, type: string, now: number): ProviderConfig => ({
  id,
  type,
  name: undefined,
  enabled: true,
  settings: {},
  revision: 0,
  createdAt: now,
  updatedAt: now,
})

/** The saved configurations of all processes on one database. */
export class ConfigTable {
  readonly #store: Store
  readonly #revision: StatementSync
  readonly #all: StatementSync
  readonly #validated: StatementSync

  constructor(store: Store) {
    this.#store = store
    const { db } = store
    this.#revision = db.prepare('SELECT revision FROM provider_revision')
    this.#all = db.prepare('SELECT * FROM provider_config WHERE revision <> 0 OR enabled = 0 ORDER BY created_at, id')
    this.#validated = db.prepare('SELECT last_validated_at FROM provider_config WHERE id = ?')
  }

  /** Another number whenever any process has changed anything. Cheap enough to be asked every second. */
  revision(): number {
    return (this.#revision.get() as { revision: number }).revision
  }

  /** The oldest first. */
  all(): readonly ProviderConfig[] {
    return (this.#all.all() as unknown as Row[]).map(configOf)
  }

  /**
   * Writes all but whether it is enabled, on top of the revision it was made from. False when another process has written
   * since, and nothing is changed.
   */
  write({ id, type, name, enabled, settings, ...config }: ProviderConfig, from: number): Promise<boolean> {
    return this.#store.write(() => {
      const { db } = this.#store
      const row = db.prepare('SELECT revision FROM provider_config WHERE id = ?').get(id)
      if ((row?.['revision'] ?? 0) !== from) return false
      const { revision, createdAt, updatedAt } = config
      db.prepare(
        `INSERT INTO provider_config (id, type, name, enabled, settings, revision, created_at, updated_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET type = excluded.type, name = excluded.name, settings = excluded.settings,
             revision = excluded.revision, created_at = excluded.created_at, updated_at = excluded.updated_at`,
      ).run(id, type, name ?? null, enabled ? 1 : 0, JSON.stringify(settings), revision, createdAt, updatedAt)
      this.#drawRevision()
      return true
    })
  }

  /** No change that needs another version: the revision stays. */
  switch(id: string, type: string, enabled: boolean, at: number): Promise<void> {
    return this.#store.write(() => {
      this.#store.db
        .prepare(
          `INSERT INTO provider_config (id, type, enabled, settings, revision, created_at, updated_at)
             VALUES (?1, ?2, ?3, '{}', 0, ?4, ?4) ON CONFLICT (id) DO UPDATE SET enabled = ?3, updated_at = ?4`,
        )
        .run(id, type, enabled ? 1 : 0, at)
      this.#drawRevision()
    })
  }

  remove(id: string): Promise<void> {
    return this.#store.write(() => {
      this.#store.db.prepare('DELETE FROM provider_config WHERE id = ?').run(id)
      this.#drawRevision()
    })
  }

  lastValidatedAt(id: string): number | undefined {
    const at = this.#validated.get(id)?.['last_validated_at']
    return typeof at === 'number' ? at : undefined
  }

  /** Kept for every provider, also one that nothing is saved for. No change of the configuration: nobody builds anew. */
  noteValidated(id: string, type: string, at: number): Promise<void> {
    return this.#store.write(() => {
      this.#store.db
        .prepare(
          `INSERT INTO provider_config (id, type, enabled, settings, revision, created_at, updated_at, last_validated_at)
             VALUES (?1, ?2, 1, '{}', 0, ?3, ?3, ?3) ON CONFLICT (id) DO UPDATE SET last_validated_at = ?3`,
        )
        .run(id, type, at)
    })
  }

  #drawRevision(): void {
    this.#store.db.prepare('UPDATE provider_revision SET revision = ?').run(newRevision())
  }
}

const configOf = (row: Row): ProviderConfig => ({
  id: row.id,
  type: row.type,
  name: row.name ?? undefined,
  enabled: row.enabled === 1,
  settings: JSON.parse(row.settings) as Record<string, unknown>,
  revision: row.revision,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
