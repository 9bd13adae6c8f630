import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** They wait most of the time, or start many processes: begun last, one of them would keep everybody waiting at the end. */
const LONG = [
  'budgets.property',
  'budget/processes',
  'testing/defects',
  'gateway/crash',
  'cli/providers',
  'cli/plugin-new',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.some((name) => moduleId.includes(name))
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests run in Node's own module loader, as production does: only then do the plugin loader's hooks run.
    experimental: { viteModuleRunner: false },
    fsModuleCache: false,
    // Tests keep no state in modules; loading all of them anew for each file takes as long as half of the tests.
    isolate: false,
    // Each worker mostly waits, for time to pass or for processes it started.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
