import type { StatementSync } from 'node:sqlite'
import type { Store } from '../store/store.ts'
import type { Settings } from './settings.ts'

export class SqliteSettings implements Settings {
  readonly #store: Store
  readonly #select: StatementSync
  readonly #replace: StatementSync
  readonly #delete: StatementSync

  constructor(store: Store) {
    this.#store = store
    this.#select = store.db.prepare('SELECT value FROM setting WHERE key = ?')
    this.#replace = store.db.prepare('INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)')
    this.#delete = store.db.prepare('DELETE FROM setting WHERE key = ?')
  }

  get(key: string): string | undefined {
    const row = this.#select.get(key)
    return row === undefined ? undefined : String(row['value'])
  }

  set(key: string, value: string | undefined): Promise<void> {
    return this.#store.write(() => {
      if (value === undefined) this.#delete.run(key)
      else this.#replace.run(key, value)
    })
  }
}
