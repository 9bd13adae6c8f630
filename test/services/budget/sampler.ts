// A thread that looks at the balances all the while, with its own connection and its own clock.
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { Sampled } from './sampling.ts'

const { file, pauseMs } = workerData as { readonly file: string; readonly pauseMs: number }
const db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
const look = db.prepare(`SELECT spent_nano + held_nano AS taken, spent_nano + held_nano - limit_nano AS above, held_nano
  FROM budget_balance JOIN budget ON id = budget_id WHERE limit_nano IS NOT NULL AND removed_at IS NULL`)
const seen: { -readonly [K in keyof Sampled]: Sampled[K] } = { looks: 0, most: 0, above: -Infinity, negative: 0 }
let stopped = false
parentPort?.on('message', () => {
  stopped = true
})
parentPort?.postMessage('ready')

function sample(): void {
  for (let n = 0; n < 10; n++)
    for (const row of look.all()) {
      seen.looks++
      seen.most = Math.max(seen.most, Number(row['taken']))
      seen.above = Math.max(seen.above, Number(row['above']))
      if (Number(row['held_nano']) < 0) seen.negative++
    }
  if (!stopped) return void (pauseMs > 0 ? setTimeout(sample, pauseMs) : setImmediate(sample))
  db.close()
  parentPort?.postMessage(seen)
  parentPort?.close()
}
sample()
