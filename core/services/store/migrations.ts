import type { DatabaseSync } from 'node:sqlite'
import { PlugboardError } from '@plugboard/sdk'
import { ledgerKeysAudit } from './migrations/001-ledger-keys-audit.ts'
import { priceVersions } from './migrations/002-price-versions.ts'
import { budgets } from './migrations/003-budgets.ts'
import { usage } from './migrations/004-usage.ts'
import { providerConfigs } from './migrations/005-provider-configs.ts'
import { agents } from './migrations/006-agents.ts'
import { webhooks } from './migrations/007-webhooks.ts'
import { budgetLines } from './migrations/008-budget-lines.ts'
import { ledgerRows } from './migrations/009-ledger-rows.ts'

/** The schema's history; entry n brings version n to n+1. Entries are never changed once released. */
export const MIGRATIONS: readonly string[] = [
  ledgerKeysAudit,
  priceVersions,
  budgets,
  usage,
  providerConfigs,
  agents,
  webhooks,
  budgetLines,
  ledgerRows,
]

/** Brings the database to this version of the schema. Two processes that start at once do it once. */
export function migrate(db: DatabaseSync): void {
  if (versionOf(db) === MIGRATIONS.length) return
  db.exec('BEGIN IMMEDIATE')
  try {
    const from = versionOf(db)
    if (from > MIGRATIONS.length)
      throw new PlugboardError(
        'STORE_TOO_NEW',
        `The database has schema version ${from}; this Plugboard knows ${MIGRATIONS.length}.`,
        {
          hint: 'Use the newer Plugboard that wrote it, or another data folder.',
        },
      )
    for (const step of MIGRATIONS.slice(from)) db.exec(step)
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`)
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

const versionOf = (db: DatabaseSync): number =>
  (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
