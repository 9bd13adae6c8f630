// A thread that reads the ledger through a connection of its own, so that a long query holds up nobody.
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { ledgerReads, type LedgerReads } from './read-ledger.ts'

interface Request {
  readonly id: number
  readonly what: keyof LedgerReads
  readonly about: never
}

const db = new DatabaseSync((workerData as { file: string }).file, { readOnly: true })
const reads = ledgerReads(db)

parentPort?.on('message', ({ id, what, about }: Request) => {
  try {
    // One transaction, so that everything asked at once is answered from one moment.
    db.exec('BEGIN')
    try {
      parentPort?.postMessage({ id, answer: reads[what](about) })
    } finally {
      db.exec('COMMIT')
    }
  } catch (error) {
    parentPort?.postMessage({ id, error: (error as Error).message })
  }
})
