import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests run in Node's own module loader, as production does: only then do the plugin loader's hooks run.
    experimental: { viteModuleRunner: false },
    fsModuleCache: false,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
