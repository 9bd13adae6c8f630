// A process that from SIGUSR2 on calls a model again and again, and says what it was told of each call that ended.
// Usage: caller.ts <data folder>
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Alerts, AuditLog, Budgets, Clock, Ledger, Logger, WorstCase, createPlugboard } from 'plugboard'
import { SqliteBudgets } from '../../../core/services/budget/sqlite-budgets.ts'
import { Store } from '../../../core/services/store/store.ts'
import { LANES, SHORT_LEASE, WORST_NANO } from './callers.ts'

const plugboard = await createPlugboard({
  dataDir: process.argv[2] as string,
  hostDir: false,
  builtIn: false,
  plugins: [new URL('../../../plugins/sandbox', import.meta.url).pathname],
  env: {},
  watch: false,
  logLevel: 'silent',
  services: (scope) =>
    scope
      .value(WorstCase, () => ({ nano: WORST_NANO, inputTokens: 1, outputTokens: 1, likelyInputTokens: 1 }))
      .provide(
        Budgets,
        (own) =>
          new SqliteBudgets({
            store: own.get(Store),
            ledger: own.get(Ledger),
            audit: own.get(AuditLog),
            alerts: own.get(Alerts),
            clock: own.get(Clock),
            log: own.get(Logger),
            lease: SHORT_LEASE,
          }),
      ),
})
let stopping = false
process.on('SIGTERM', () => {
  stopping = true
})

async function lane(n: number): Promise<void> {
  for (let i = 0; !stopping; i++) {
    const messages = [{ role: 'user', content: `/words ${10 + ((n + i) % 30)}\n/delay 8` } as const]
    const answer = plugboard.stream('sandbox:demo', { messages }, { maxTokens: 100 })
    const { stopReason, cost, error } = await answer.result()
    if (stopReason === 'stop') console.log(`settled ${answer.id} ${cost?.total}`)
    else if (error?.providerCode?.startsWith('BUDGET_') === true) await sleep(50)
    else throw new Error(JSON.stringify(error))
  }
}

const go = once(process, 'SIGUSR2')
// Waiting for a signal keeps no process alive.
const awake = setInterval(() => undefined, 1_000)
console.log('ready')
await go
clearInterval(awake)
await Promise.all(Array.from({ length: LANES }, (_, n) => lane(n)))
await plugboard[Symbol.asyncDispose]()
console.log('done')
