import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tempDir } from '../../support/temp-dir.ts'
import { World, check, command, run } from './world.ts'

describe('whatever happens to several processes on one database', () => {
  it('spent + held stays within every limit, held is the sum of holds, and spent the sum of the ledger', async () => {
    await using dir = await tempDir()
    let runs = 0
    const property = fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: 60, size: 'max' }), async (all) => {
      const world = new World(dir.at(`${++runs}.db`))
      try {
        for (const each of all) {
          await run(world, each)
          check(world)
        }
      } finally {
        await world.close()
      }
    })
    await fc.assert(property, { numRuns: 120 })
    expect(runs).toBeGreaterThanOrEqual(120)
  }, 120_000)
})
