// A process that from SIGUSR2 on reserves and books calls until it is killed, and says which it was told are booked. It has the
// books alone and no kernel, so that many can start on a busy machine. Usage: victim.ts <data folder>
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isPlugboardError } from '@plugboard/sdk'
import { systemClock } from '../../../core/services/clock/clock.ts'
import { LANES, SHORT_LEASE, WORST_NANO } from './callers.ts'
import { entry, openBooks, request, SPENDER } from './support.ts'

const books = openBooks(join(process.argv[2] as string, 'plugboard.db'), systemClock, SHORT_LEASE)
let calls = 0

async function lane(): Promise<void> {
  for (;;) {
    const id = `req_${process.pid}_${++calls}`
    try {
      const hold = await books.budgets.reserve(request(WORST_NANO, { id }))
      await sleep(20 + Math.random() * 200)
      const nano = 1 + Math.floor(Math.random() * WORST_NANO)
      await books.budgets.book({ entry: entry(systemClock, { nano, id }), spender: SPENDER, hold })
      console.log(`settled ${id} ${nano}`)
    } catch (error) {
      if (!isPlugboardError(error) || !error.code.startsWith('BUDGET_')) throw error
      await sleep(50)
    }
  }
}

process.once('SIGUSR2', () => {
  for (let n = 0; n < LANES; n++) void lane()
})
setInterval(() => undefined, 1_000)
console.log('ready')
