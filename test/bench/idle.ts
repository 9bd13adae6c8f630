import { setTimeout as sleep } from 'node:timers/promises'
import { startGateway, type Gateway } from './gateway.ts'
import type { BenchOptions } from './options.ts'
import { residentBytes, usageIsReadable } from './process-usage.ts'
import type { IdleResult } from './results.ts'
import { startServer } from './targets.ts'

const IDLE_MS = 3_000

/** What a proxy takes that has not been asked for anything yet, and how long the gateway takes to start. */
export async function measureIdle(
  upstreamOrigin: string,
  { gateway: wantsGateway, starts }: BenchOptions,
  say: (text: string) => void,
): Promise<IdleResult> {
  await using stack = new AsyncDisposableStack()
  const bare = await startServer('bare-proxy.ts', upstreamOrigin)
  stack.use(bare.process)
  const startMs: number[] = []
  let gateway: Gateway | undefined
  while (wantsGateway && startMs.length < starts) {
    await gateway?.[Symbol.asyncDispose]()
    say(`starting the gateway (${startMs.length + 1} of ${starts})`)
    gateway = await startGateway(upstreamOrigin)
    startMs.push(gateway.startMs)
  }
  if (gateway !== undefined) stack.use(gateway)
  say('letting it idle')
  await sleep(IDLE_MS)
  const resident = (pid: number | undefined): number | undefined =>
    pid === undefined || !usageIsReadable ? undefined : residentBytes(pid)
  return { startMs, gatewayBytes: resident(gateway?.pid), bareBytes: resident(bare.process.pid) }
}
