import { startGateway } from './gateway.ts'
import type { BenchOptions } from './options.ts'
import { BUDGET_USER, type Scenario } from './scenarios.ts'
import { startServer, type Target } from './targets.ts'

/** One fresh process of each target, in front of the same upstream. */
export interface TargetSet extends AsyncDisposable {
  readonly targets: readonly Target[]
}

export async function startTargets(
  upstreamOrigin: string,
  { gateway }: BenchOptions,
  scenarios: readonly Scenario[],
): Promise<TargetSet> {
  await using stack = new AsyncDisposableStack()
  const bare = await startServer('bare-proxy.ts', upstreamOrigin)
  stack.use(bare.process)
  const headers = { authorization: 'Bearer test' }
  const targets: Target[] = [
    { name: 'direct', pid: undefined, origin: upstreamOrigin, model: 'gpt-4o', headers },
    { name: 'bare', pid: bare.process.pid, origin: bare.origin, model: 'gpt-4o', headers },
  ]
  for (const name of gateway ? (['gateway', 'budgeted'] as const) : []) {
    if (!scenarios.some((scenario) => scenario.targets.includes(name))) continue
    const started = stack.use(await startGateway(upstreamOrigin, name === 'budgeted' ? BUDGET_USER : undefined))
    targets.push({ name, model: 'openai:gpt-4o', ...started })
  }
  const running = stack.move()
  return { targets, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
