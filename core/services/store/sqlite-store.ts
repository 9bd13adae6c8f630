import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { PlugboardError } from '@plugboard/sdk'
import { migrate } from './migrations.ts'
import type { Store } from './store.ts'

/**
 * Least milliseconds between two commits. A commit costs as much as some twenty rows: when one has just been made, the next
 * waits so long for company. A write that comes alone is committed at once.
 */
const COMMIT_INTERVAL_MS = 3
/** So many writes are company enough. */
const COMMIT_ROWS = 16

/** Milliseconds a write waits for another process that holds the database. */
const BUSY_TIMEOUT_MS = 5_000

interface Pending {
  readonly work: () => unknown
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
  /** What the work gave, once the transaction that it was part of is made. */
  result: unknown
}

/**
 * A store in one file (`:memory:` for none). WAL with synchronous=NORMAL: a commit survives the death of the process;
 * the last commits before a power cut may be missing, never half-written.
 */
export class SqliteStore implements Store, Disposable {
  readonly db: DatabaseSync
  transactions = 0
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #beforeCommit: (() => void)[] = []
  #pending: Pending[] = []
  #committedAt = Number.NEGATIVE_INFINITY
  #waiting: NodeJS.Timeout | undefined
  #closed = false

  constructor(file: string) {
    this.db = open(file)
    migrate(this.db)
    this.#begin = this.db.prepare('BEGIN IMMEDIATE')
    this.#commit = this.db.prepare('COMMIT')
  }

  write<T>(work: () => T): Promise<T> {
    if (this.#closed)
      return Promise.reject(
        new PlugboardError('STORE_CLOSED', 'The database is closed.', { hint: 'The process is shutting down.' }),
      )
    return new Promise((resolve, reject) => {
      if (this.#pending.length === 0) this.#schedule()
      this.#pending.push({ work, resolve: resolve as Pending['resolve'], reject, result: undefined })
      if (this.#pending.length === COMMIT_ROWS && this.#waiting !== undefined) setImmediate(() => this.#flush())
    })
  }

  beforeCommit(work: () => void): void {
    this.#beforeCommit.push(work)
  }

  [Symbol.dispose](): void {
    if (this.#closed) return
    this.#flush()
    this.#closed = true
    this.db.close()
  }

  #schedule(): void {
    const since = performance.now() - this.#committedAt
    if (since >= COMMIT_INTERVAL_MS) setImmediate(() => this.#flush())
    else this.#waiting = setTimeout(() => this.#flush(), COMMIT_INTERVAL_MS)
  }

  #flush(): void {
    const batch = this.#pending
    this.#pending = []
    clearTimeout(this.#waiting)
    this.#waiting = undefined
    if (batch.length === 0) return
    try {
      this.#transaction(batch)
    } catch {
      // Nothing is written twice: a COMMIT that fails was not made, as SQLite keeps to itself what fails after it, in the
      // checkpoint; and whatever else fails, the transaction is rolled back.
      return this.#flushOneByOne(batch)
    }
    for (const { resolve, result } of batch) resolve(result)
  }

  /** One bad write must not take the others with it. */
  #flushOneByOne(batch: readonly Pending[]): void {
    for (const pending of batch) {
      try {
        this.#transaction([pending])
        pending.resolve(pending.result)
      } catch (error) {
        pending.reject(storeError(error))
      }
    }
  }

  #transaction(batch: readonly Pending[]): void {
    this.#begin.run()
    this.transactions++
    try {
      for (const pending of batch) pending.result = pending.work()
      for (const work of this.#beforeCommit) work()
      this.#commit.run()
      this.#committedAt = performance.now()
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK')
      throw error
    }
  }
}

function open(file: string): DatabaseSync {
  try {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON')
    if (file !== ':memory:') chmodSync(file, 0o600)
    return db
  } catch (error) {
    throw new PlugboardError(
      'STORE_UNAVAILABLE',
      `The database ${file} cannot be opened: ${(error as Error).message}`,
      {
        hint: 'Set PLUGBOARD_HOME to a folder this user can write to.',
        cause: error,
      },
    )
  }
}

const storeError = (cause: unknown): PlugboardError =>
  new PlugboardError('STORE_WRITE_FAILED', `The database refused a write: ${(cause as Error).message}.`, {
    hint: 'Check the free space and the permissions of the data folder.',
    cause,
  })
