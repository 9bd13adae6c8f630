import type { DatabaseSync } from 'node:sqlite'
import { token } from '../../kernel/scope.ts'

/** The SQLite database the services keep their tables in. */
export interface Store {
  readonly db: DatabaseSync
  /** Counts transactions. While one of them runs, nobody else changes the database. */
  readonly transactions: number
  /**
   * Runs a write together with all others of the same tick in one transaction, alone among all processes that share the
   * file. Resolves with its result when it is committed, and so survives the process being killed; rejects when this write
   * could not be made, without harm to the others. The work may run more than once, so it must only touch the database. It
   * lets the database's errors out: some end the transaction, and what was written after them would stand outside of it.
   */
  write<T>(work: () => T): Promise<T>
  /**
   * Runs `work` at the end of every transaction from now on, as a part of it: what writes have only noted is written there
   * once for all of them. An error in it fails the transaction, whose writes are then made again one by one.
   */
  beforeCommit(work: () => void): void
}

export const Store = token<Store>('store')
