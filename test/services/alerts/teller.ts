// A process that spends until a budget tells, and goes on living. Usage: teller.ts <data folder> <calls> <deliver|leave>
import { createPlugboard, nanoFromDecimal } from 'plugboard'

const [dataDir, calls, deliver] = process.argv.slice(2)
const plugboard = await createPlugboard({
  dataDir: dataDir as string,
  hostDir: false,
  builtIn: false,
  plugins: [new URL('../../../plugins/sandbox', import.meta.url).pathname],
  env: {},
  watch: false,
  logLevel: 'silent',
  deliverWebhooks: deliver === 'deliver',
})
plugboard.alerts.on('cost_alert', ({ id }) => console.log(`told ${id}`))
await plugboard.budgets.set({
  scope: { kind: 'global', value: '' },
  window: 'total',
  limitNano: nanoFromDecimal('1'),
  alertThreshold: 0.000_5,
})
process.on('SIGUSR2', () => {
  const context = { messages: [{ role: 'user', content: '/words 30' } as const] }
  void Promise.all(
    Array.from({ length: Number(calls) }, () => plugboard.complete('sandbox:demo', context, { maxTokens: 50 })),
  ).then((answers) => console.log(`answered ${answers.filter(({ stopReason }) => stopReason === 'stop').length}`))
})
process.on('SIGTERM', () => void plugboard[Symbol.asyncDispose]().then(() => process.exit()))
setInterval(() => undefined, 1_000)
console.log('ready')
