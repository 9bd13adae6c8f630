import { availableParallelism, cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { measureDecoding } from './decode/decode.ts'
import { startGateway, type Gateway } from './gateway.ts'
import { Heat } from './heat.ts'
import { startLoadGenerator } from './load/generator.ts'
import { measure, type Bed } from './measure.ts'
import type { BenchOptions } from './options.ts'
import { residentBytes, usageIsReadable } from './process-usage.ts'
import type { BenchResult, Figures, IdleResult, ScenarioResult } from './results.ts'
import { BUDGET_USER, scenarios, type Scenario } from './scenarios.ts'
import { startServer, type Target } from './targets.ts'

const MIN_ROUNDS = 3
const IDLE_MS = 3_000

type Say = (text: string) => void

/** Runs what the options name. `say` hears of the progress. Rejects when anything went wrong in a way that spoils figures. */
export async function runBench(options: BenchOptions, say: Say): Promise<BenchResult> {
  const endsAt = performance.now() + options.budgetMs
  if (options.names.includes('decode')) say('decoding')
  const decode = options.names.includes('decode') ? await measureDecoding(options.rounds) : undefined
  if (options.names.every((name) => name === 'decode'))
    return { machine: machine(), scenarios: [], idle: undefined, decode }

  await using stack = new AsyncDisposableStack()
  const upstream = await startServer('upstream.ts')
  stack.use(upstream.process)
  const bare = await startServer('bare-proxy.ts', upstream.origin)
  stack.use(bare.process)

  const wantsIdle = options.names.includes('idle')
  const gateway = options.gateway
    ? await startedGateway(upstream.origin, wantsIdle ? options.starts : 1, say)
    : undefined
  if (gateway !== undefined) stack.use(gateway.last)
  const idle = wantsIdle ? await atRest(bare.process.pid, gateway, say) : undefined

  const chosen = scenarios.filter(({ name }) => options.names.includes(name))
  const wantsBudgets = options.gateway && chosen.some(({ targets }) => targets.includes('budgeted'))
  if (wantsBudgets) say('starting a gateway with budgets')
  const budgeted = wantsBudgets ? stack.use(await startGateway(upstream.origin, BUDGET_USER)) : undefined

  const headers = { authorization: 'Bearer test' }
  const targets: readonly Target[] = [
    { name: 'direct', pid: undefined, origin: upstream.origin, model: 'gpt-4o', headers },
    { name: 'bare', pid: bare.process.pid, origin: bare.origin, model: 'gpt-4o', headers },
    ...(gateway === undefined ? [] : [{ name: 'gateway' as const, model: 'openai:gpt-4o', ...gateway.last }]),
    ...(budgeted === undefined ? [] : [{ name: 'budgeted' as const, model: 'openai:gpt-4o', ...budgeted }]),
  ]
  const bed: Bed = {
    load: stack.use(startLoadGenerator()),
    served: async () => Number(await (await fetch(`${upstream.origin}/served`)).text()),
  }
  const heat = new Heat(bed, options.warmUp, say)
  const results: ScenarioResult[] = []
  for (const [index, scenario] of chosen.entries()) {
    const share = (endsAt - performance.now()) / (chosen.length - index)
    const measured = targets.filter(({ name }) => scenario.targets.includes(name))
    await heat.even(measured, scenario)
    const result = await runScenario(bed, measured, scenario, options, performance.now() + share, say)
    for (const target of measured)
      heat.add(target, scenario.path, result.requests * (result.rounds[target.name]?.length ?? 0))
    results.push(result)
  }
  return { machine: machine(), scenarios: results, idle, decode }
}

/** Target after target in every round, and back in the next: what else the machine does falls on all of them alike. */
async function runScenario(
  bed: Bed,
  targets: readonly Target[],
  scenario: Scenario,
  options: BenchOptions,
  endsAt: number,
  say: Say,
): Promise<ScenarioResult> {
  const requests = Math.ceil(scenario.requests * options.size)
  const rounds: Record<string, Figures[]> = {}
  for (let round = 1; round <= options.rounds; round++) {
    const from = performance.now()
    say(`${scenario.name}: round ${round} of ${options.rounds}`)
    for (const target of round % 2 === 1 ? targets : targets.toReversed())
      (rounds[target.name] ??= []).push(await measure(bed, target, scenario, requests))
    const nextEndsAt = 2 * performance.now() - from
    if (round >= MIN_ROUNDS && nextEndsAt > endsAt) break
  }
  const { name, about, shows } = scenario
  return { name, about, shows, warmUp: options.warmUp, requests, rounds }
}

/** Starts the gateway so many times, one after the other; the last one stays. */
async function startedGateway(origin: string, starts: number, say: Say): Promise<{ startMs: number[]; last: Gateway }> {
  const startMs: number[] = []
  for (;;) {
    say(`starting the gateway (${startMs.length + 1} of ${starts})`)
    const gateway = await startGateway(origin)
    startMs.push(gateway.startMs)
    if (startMs.length === starts) return { startMs, last: gateway }
    await gateway[Symbol.asyncDispose]()
  }
}

async function atRest(
  barePid: number,
  gateway: { startMs: readonly number[]; last: Gateway } | undefined,
  say: Say,
): Promise<IdleResult> {
  say('letting it idle')
  await sleep(IDLE_MS)
  const resident = (pid: number | undefined): number | undefined =>
    pid === undefined || !usageIsReadable ? undefined : residentBytes(pid)
  return {
    startMs: gateway?.startMs ?? [],
    gatewayBytes: resident(gateway?.last.pid),
    bareBytes: resident(barePid),
  }
}

function machine(): BenchResult['machine'] {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
  }
}
