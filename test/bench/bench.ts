import { availableParallelism, cpus } from 'node:os'
import { measureDecoding } from './decode/decode.ts'
import { measureIdle } from './idle.ts'
import { startLoadGenerator } from './load/generator.ts'
import type { Bed } from './measure.ts'
import { measureSet } from './measure-set.ts'
import type { BenchOptions } from './options.ts'
import type { BenchResult, ScenarioResult } from './results.ts'
import { scenarios } from './scenarios.ts'
import { startTargets } from './target-set.ts'
import { startServer } from './targets.ts'

type Say = (text: string) => void

/** Runs what the options name. `say` hears of the progress. Rejects when anything went wrong in a way that spoils figures. */
export async function runBench(options: BenchOptions, say: Say): Promise<BenchResult> {
  const endsAt = performance.now() + options.budgetMs
  const { names, processes } = options
  if (names.includes('decode')) say('decoding')
  const decode = names.includes('decode') ? await measureDecoding(options.rounds) : undefined
  const common = { machine: machine(), processes, decode }
  if (names.every((name) => name === 'decode')) return { ...common, scenarios: [], idle: undefined }

  await using stack = new AsyncDisposableStack()
  const upstream = await startServer('upstream.ts')
  stack.use(upstream.process)
  const idle = names.includes('idle') ? await measureIdle(upstream.origin, options, say) : undefined
  const bed: Bed = {
    load: stack.use(startLoadGenerator()),
    served: async () => Number(await (await fetch(`${upstream.origin}/served`)).text()),
  }
  const chosen = scenarios.filter(({ name }) => names.includes(name))
  let results: readonly ScenarioResult[] = []
  for (let done = 0; done < processes && chosen.length > 0; done++) {
    const tell: Say = (text) => say(`processes ${done + 1} of ${processes}: ${text}`)
    const shareMs = (endsAt - performance.now()) / (processes - done)
    tell('starting')
    await using set = await startTargets(upstream.origin, options, chosen)
    results = withMore(results, await measureSet(bed, set.targets, chosen, { ...options, budgetMs: shareMs }, tell))
  }
  return { ...common, scenarios: results, idle }
}

/** The same scenarios, with the rounds of one set of processes after those of another. */
const withMore = (some: readonly ScenarioResult[], more: readonly ScenarioResult[]): readonly ScenarioResult[] =>
  more.map((result, index) => {
    const before = some[index]?.rounds ?? {}
    const rounds = Object.entries(result.rounds).map(([name, figures]) => [
      name,
      [...(before[name as keyof typeof before] ?? []), ...figures],
    ])
    return { ...result, rounds: Object.fromEntries(rounds) as ScenarioResult['rounds'] }
  })

function machine(): BenchResult['machine'] {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
  }
}
