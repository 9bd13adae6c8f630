import type { Job } from './load/job.ts'
import type { LoadGenerator } from './load/generator.ts'
import { cpuMicroseconds, usageIsReadable } from './process-usage.ts'
import type { Figures } from './results.ts'
import type { Scenario } from './scenarios.ts'
import type { Target } from './targets.ts'

export interface Bed {
  readonly load: LoadGenerator
  /** Chat requests that have reached the upstream so far. */
  served(): Promise<number>
}

/** Sends a scenario's requests through one target. Rejects when any answer is missing, wrong, or not the upstream's own. */
export async function measure(bed: Bed, target: Target, scenario: Scenario, requests: number): Promise<Figures> {
  const { pid } = target
  const cpu = (): number => (pid !== undefined && usageIsReadable ? cpuMicroseconds(pid) : Number.NaN)
  try {
    const servedBefore = await bed.served()
    const cpuBefore = cpu()
    const { windowMs, latency, firstToken } = await bed.load.run(jobFor(target, scenario, requests))
    const cpuSpent = cpu() - cpuBefore
    const reached = (await bed.served()) - servedBefore
    if (reached !== requests) throw new Error(`${requests} requests became ${reached} at the upstream`)

    const { deltas } = scenario.expected
    const perSecond = (count: number): number => (count * 1000) / windowMs
    return {
      rps: perSecond(requests),
      ...latency,
      ...(Number.isNaN(cpuSpent) ? {} : { cpu: cpuSpent / requests }),
      ...(deltas === undefined ? {} : { deltas: perSecond(requests * deltas) }),
      ...(firstToken === undefined ? {} : { firstToken: firstToken.p50 }),
    }
  } catch (error) {
    throw new Error(`${scenario.name} through ${target.name}: ${(error as Error).message}`, { cause: error })
  }
}

function jobFor(target: Target, scenario: Scenario, requests: number): Job {
  return {
    origin: target.origin,
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json', ...target.headers },
    body: JSON.stringify({ model: target.model, ...scenario.body }),
    connections: Math.min(scenario.connections, requests),
    requests,
    restMs: scenario.restMs,
    expected: scenario.expected,
  }
}
