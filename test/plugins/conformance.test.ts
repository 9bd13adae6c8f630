import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPlugboard, type Plugboard } from 'plugboard'
import { assertConforms, testProvider } from '@plugboard/sdk/testing'

const root = join(import.meta.dirname, '..', '..')

const pluginsIn = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .map((name) => join(folder, name))
    .filter((dir) => existsSync(join(root, dir, 'plugboard.json')))

const folders = [...pluginsIn('plugins'), ...pluginsIn('examples/drop-in-folder')]

describe('keeps the contract', () => {
  test.concurrent.for(folders)('%s', async (dir) => {
    const report = await testProvider({ dir: join(root, dir) })
    assertConforms(report)
    expect(report.passed.length).toBeGreaterThan(50)
  })
})

describe('the folders that are tried', () => {
  let plugboard: Plugboard
  beforeAll(async () => {
    plugboard = await createPlugboard({ dataDir: false, hostDir: false, env: {}, watch: false, logLevel: 'silent' })
  })
  afterAll(() => plugboard[Symbol.asyncDispose]())

  test('are those that a host loads', () => {
    const shipped = pluginsIn('plugins').map((dir) => dir.slice('plugins/'.length))
    expect(plugboard.plugins.map(({ id, state }) => `${id} ${state}`)).toEqual(shipped.map((id) => `${id} ready`))
  })
})
