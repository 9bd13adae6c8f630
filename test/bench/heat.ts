import { measure, type Bed } from './measure.ts'
import { json, streamBurst, type Scenario } from './scenarios.ts'
import type { Target } from './targets.ts'

/** As a multiple of the warm-up; beyond it nothing changes any more. */
const MOST_HEAT = 2

/**
 * Makes targets hot for the path of a scenario, with the requests of the quickest one of that path: each as hot as the
 * hottest among them, or what V8 has still to do for one of them would count as its own work.
 */
export class Heat {
  readonly #bed: Bed
  readonly #least: number
  readonly #say: (text: string) => void
  readonly #answered = new Map<string, number>()

  constructor(bed: Bed, least: number, say: (text: string) => void) {
    this.#bed = bed
    this.#least = least
    this.#say = say
  }

  async even(targets: readonly Target[], { path }: Scenario): Promise<void> {
    // The upstream, which has none of its own, gets hot by the others.
    const own = targets.filter(({ pid }) => pid !== undefined)
    const hottest = Math.max(this.#least, ...own.map((target) => this.#of(target, path)))
    const wanted = Math.min(hottest, this.#least * MOST_HEAT)
    for (const target of own) {
      const missing = wanted - this.#of(target, path)
      if (missing <= 0) continue
      this.#say(`warming up ${target.name} for ${path === 'stream' ? 'streams' : 'whole answers'}`)
      await measure(this.#bed, target, path === 'stream' ? streamBurst : json, missing)
      this.add(target, path, missing)
    }
  }

  add(target: Target, path: Scenario['path'], requests: number): void {
    this.#answered.set(`${target.name} ${path}`, this.#of(target, path) + requests)
  }

  #of(target: Target, path: Scenario['path']): number {
    return this.#answered.get(`${target.name} ${path}`) ?? 0
  }
}
