import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPlugboard, nanoFromDecimal, type Plugboard } from 'plugboard'
import { startNode, type NodeProcess } from '../../support/process.ts'
import { tempDir, type TempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { idsOf, startReceiver, verify, type Receiver } from './receiver.ts'
import { openOffice, SOON, tell } from './support.ts'

const TELLER = new URL('./teller.ts', import.meta.url).pathname
const CLI = new URL('../../../core/surfaces/cli/plugboard.js', import.meta.url).pathname
const GLOBAL = { kind: 'global', value: '' } as const
/** Long enough to start a process on a machine that has too much to do. */
const BUSY_MS = 60_000
/** Time in which a second delivery would have come. */
const AFTERWARDS_MS = 1_500

let dir: TempDir
let receiver: Receiver
let here: Plugboard
let secret: string

beforeEach(async () => {
  dir = await tempDir()
  receiver = await startReceiver()
  here = await createPlugboard({
    dataDir: dir.path,
    hostDir: false,
    env: {},
    watch: false,
    deliverWebhooks: false,
    logLevel: 'silent',
  })
  secret = (await here.webhooks.add({ url: receiver.url, allowPrivate: true })).secret
})
afterEach(async () => {
  await here[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
  await dir.remove()
})

const teller = async (calls: number, deliver: 'deliver' | 'leave'): Promise<NodeProcess> => {
  const started = startNode([TELLER, dir.path, String(calls), deliver])
  await started.line(/^ready$/, BUSY_MS)
  return started
}

const serve = async (): Promise<NodeProcess> => {
  const env = { PLUGBOARD_HOME: dir.path, UNIFIED_GATEWAY_PORT: '0', PLUGBOARD_API_KEY: 'pb-0123456789abcdef' }
  const started = startNode([CLI, 'serve'], { env, cwd: dir.path })
  await started.line(/listens on/, BUSY_MS)
  return started
}

const toldBy = ({ stdout }: NodeProcess): string[] => [...stdout.matchAll(/^told (\S+)$/gm)].map(([, id = '']) => id)

describe('an alert', () => {
  it(
    'is lost by no kill -9 right after its budget crossed the threshold: the next gateway delivers it',
    async () => {
      await using crossing = await teller(100, 'leave')
      crossing.kill('SIGUSR2')
      await crossing.line(/^answered 100$/, BUSY_MS)
      crossing.kill('SIGKILL')
      await crossing.exited
      const [id] = toldBy(crossing)
      expect(here.webhooks.deliveries()).toMatchObject([{ eventId: id, state: 'pending', attempts: 0 }])

      await using gateway = await serve()
      await until(() => receiver.received.length > 0, { deadlineMs: BUSY_MS })
      await sleep(AFTERWARDS_MS)
      expect(idsOf(receiver.received)).toEqual([id])
      for (const each of receiver.received) verify(each, secret)
      gateway.kill()
      await gateway.exited
    },
    4 * BUSY_MS,
  )

  it(
    'is told once, whoever crosses: 200 calls at once in two processes that both deliver',
    async () => {
      await using first = await teller(100, 'deliver')
      await using second = await teller(100, 'deliver')
      first.kill('SIGUSR2')
      second.kill('SIGUSR2')
      await first.line(/^answered 100$/, BUSY_MS)
      await second.line(/^answered 100$/, BUSY_MS)
      await until(() => receiver.received.length > 0, { deadlineMs: BUSY_MS })
      await sleep(AFTERWARDS_MS)
      const told = [...toldBy(first), ...toldBy(second)]
      expect(told).toHaveLength(1)
      expect(idsOf(receiver.received)).toEqual(told)
      expect(here.webhooks.deliveries()).toMatchObject([{ state: 'delivered', attempts: 1 }])
      const event = receiver.received[0]?.event
      expect(event).toMatchObject({ type: 'cost_alert', kind: 'budget', threshold: 0.000_5, period: 'total' })
      expect(Number(event?.['current_cost'])).toBeGreaterThanOrEqual(0.000_5)
      expect(here.budgets.list()[0]?.alerted).toBe(true)
    },
    4 * BUSY_MS,
  )

  it(
    'of a command line is delivered by the gateway, soon and although that process is gone',
    async () => {
      await using gateway = await serve()
      const limitNano = nanoFromDecimal('0.01')
      await here.budgets.set({ scope: GLOBAL, window: 'daily', limitNano, alertThreshold: 0.000_5 })
      const args = [CLI, 'chat', '--model', 'sandbox:demo', 'Hello']
      await using chat = startNode(args, { env: { PLUGBOARD_HOME: dir.path }, cwd: dir.path })
      const { code } = await chat.exited
      expect(`${code} ${chat.stderr}`).toMatch(/^0/)
      const delivery = await until(() => here.webhooks.deliveries().find(({ state }) => state === 'delivered'), {
        deadlineMs: BUSY_MS,
      })
      expect(delivery.attempts).toBe(1)
      expect(receiver.received).toMatchObject([{ event: { type: 'cost_alert', period: 'day' } }])
      gateway.kill()
      await gateway.exited
    },
    4 * BUSY_MS,
  )
})

describe('two processes that deliver', () => {
  it(
    'share the work, and send nothing twice',
    async () => {
      const file = dir.at('shared.db')
      await using first = openOffice(file)
      await using second = openOffice(file, first.clock)
      receiver.answer = () => ({ after: sleep(20) })
      await first.webhooks.add({ url: receiver.url, allowPrivate: true })
      const ids: string[] = []
      for (let n = 0; n < 60; n++) ids.push(await tell(n % 2 === 0 ? first : second))
      first.webhooks.deliver()
      second.webhooks.deliver()
      await until(() => first.webhooks.deliveries().every(({ state }) => state === 'delivered'), { deadlineMs: 20_000 })
      expect(idsOf(receiver.received).toSorted()).toEqual(ids.toSorted())
    },
    4 * BUSY_MS,
  )

  it(
    'take over what one that died had begun, and not before it is dead for sure',
    async () => {
      const file = dir.at('shared.db')
      const times = { ...SOON, staleMs: 30_000 }
      const gate = Promise.withResolvers<void>()
      receiver.answer = { after: gate.promise }
      const dead = openOffice(file, undefined, times)
      await dead.webhooks.add({ url: receiver.url, allowPrivate: true })
      dead.webhooks.deliver()
      const id = await tell(dead)
      await until(() => receiver.received.length === 1)
      dead.crash()
      receiver.answer = {}
      await using heir = openOffice(file, dead.clock, times)
      heir.webhooks.deliver()
      await sleep(10 * SOON.lookMs)
      dead.clock.advance(29_000)
      await sleep(10 * SOON.lookMs)
      expect(receiver.received).toHaveLength(1)
      dead.clock.advance(1_001)
      await until(() => heir.webhooks.deliveries()[0]?.state === 'delivered')
      expect(idsOf(receiver.received)).toEqual([id, id])
      gate.resolve()
      await dead[Symbol.asyncDispose]()
    },
    4 * BUSY_MS,
  )

  it(
    'give back what they had begun when they end, so that the next one need not wait',
    async () => {
      const file = dir.at('shared.db')
      const gate = Promise.withResolvers<void>()
      receiver.answer = { after: gate.promise }
      const first = openOffice(file, undefined, { ...SOON, closeMs: 50 })
      await first.webhooks.add({ url: receiver.url, allowPrivate: true })
      first.webhooks.deliver()
      await tell(first)
      await until(() => receiver.received.length === 1)
      await first[Symbol.asyncDispose]()
      receiver.answer = {}
      await using second = openOffice(file, first.clock)
      second.webhooks.deliver()
      await until(() => second.webhooks.deliveries()[0]?.state === 'delivered')
      expect(second.webhooks.deliveries()).toMatchObject([{ attempts: 1 }])
      gate.resolve()
    },
    4 * BUSY_MS,
  )
})
