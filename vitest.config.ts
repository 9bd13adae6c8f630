import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests run in Node's own module loader, as production does: only then do the plugin loader's hooks run.
    experimental: { viteModuleRunner: false },
    fsModuleCache: false,
    // Tests keep no state in modules; loading all of them anew for each file takes as long as half of the tests.
    isolate: false,
    // Each worker is a process that mostly waits for others it started.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
