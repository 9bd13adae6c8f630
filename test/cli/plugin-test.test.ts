import { describe, expect, test } from 'vitest'
import type { Report } from '@plugboard/sdk/testing'
import { codePlugin, manifestOf, say, writeFiles, type Files } from '../fixtures-plugins.ts'
import { startNode } from '../support/process.ts'
import { tempDir } from '../support/temp-dir.ts'

async function cli(...args: readonly string[]) {
  const process = startNode(['core/surfaces/cli/plugboard.js', 'plugin', ...args])
  const { code } = await process.exited
  return { code, stdout: process.stdout, stderr: process.stderr }
}

/** The plugin in a folder of its name, as a drop-in folder without node_modules. */
async function folderOf(id: string, files: Files) {
  const dir = await tempDir()
  await writeFiles(dir.at(id), files)
  return { dir: dir.at(id), [Symbol.asyncDispose]: () => dir.remove() }
}

describe('plugin test', () => {
  test('passes a shipped plugin, and says what was measured', async () => {
    const { code, stdout } = await cli('test', 'plugins/groq')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^groq: \d{3} checks passed, 0 failed/)
    expect(stdout).toMatch(/the connection was closed after \d+ ms/)
  })

  test('loads a drop-in folder that has no node_modules', async () => {
    await using plugin = await folderOf(
      'parrot',
      codePlugin('parrot', { stream: say('Polly', 'input: 1, output: 1499') }),
    )
    const { code, stdout, stderr } = await cli('test', plugin.dir)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^parrot: \d+ checks passed, 0 failed/)
  })

  test('fails with 1, and says what is wrong and what to do', async () => {
    const stream = `yield [{ type: 'text_start', contentIndex: 1 }]; yield { type: 'finish', reason: 'stop' }`
    await using plugin = await folderOf('parrot', codePlugin('parrot', { stream }))
    const { code, stdout } = await cli('test', plugin.dir)
    expect(code).toBe(1)
    expect(stdout).toContain('FAILED stream.index: Blocks are numbered from 0')
    expect(stdout).toContain('expected  contentIndex 0 for the block that starts next')
    expect(stdout).toContain('actual    text_start with contentIndex 1')
  })

  test('gives the whole report as JSON', async () => {
    await using plugin = await folderOf('parrot', codePlugin('parrot', { stream: 'throw new Error("no")' }))
    const { code, stdout } = await cli('test', plugin.dir, '--json')
    expect(code).toBe(1)
    const report = JSON.parse(stdout) as Report
    expect(report.plugin).toBe('parrot')
    expect(report.failed.map(({ rule }) => rule)).toContain('answer.completes')
  })

  test('takes exceptions with a reason, and settings', async () => {
    const config = { type: 'object', required: ['tone'], properties: { tone: { type: 'integer', minimum: 5 } } }
    const setup = 'if (context.config.tone !== 7) throw new Error("out of tune")'
    const parts = { setup, stream: say('Polly', 'input: 1, output: 1') }
    await using plugin = await folderOf('parrot', codePlugin('parrot', parts, { config }))
    const { code, stdout } = await cli(
      'test',
      plugin.dir,
      '--config',
      'tone=7',
      '--except',
      'usage.total=it is a parrot',
    )
    expect(stdout).toContain('it is a parrot\n    usage.total (hello)')
    expect(code).toBe(0)
    expect((await cli('test', plugin.dir, '--except', 'usage.totals=it is a parrot')).stderr).toContain(
      'no rule "usage.totals"',
    )
  })

  test('tells findings in the manifest first', async () => {
    await using plugin = await folderOf('parrot', { 'plugboard.json': manifestOf('parrot', { verson: '1.0.0' }) })
    const { code, stderr, stdout } = await cli('test', plugin.dir)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('plugboard.json: /verson unknown key "verson"; did you mean "version"?')
    const json = JSON.parse((await cli('test', plugin.dir, '--json')).stdout) as { problem: { code: string } }
    expect(json.problem).toMatchObject({ code: 'MANIFEST_INVALID', findings: [{ pointer: '/verson' }] })
  })
})

describe('plugin validate', () => {
  test('says what a good plugin offers', async () => {
    expect(await cli('validate', 'plugins/openai')).toMatchObject({
      code: 0,
      stdout: 'openai 0.1.0 can be loaded; it offers openai, openai-responses\n',
    })
  })

  test.each([
    ['code that cannot be loaded', { 'index.ts': 'export default definePlugin(' }, 'index.ts failed to load'],
    ['code that is no plugin', { 'index.ts': 'export const plugin = 1' }, 'no default export'],
    [
      'another id than its folder',
      { 'plugboard.json': manifestOf('macaw') },
      'the folder or package is named "parrot"',
    ],
    [
      'settings without a usable schema',
      { 'plugboard.json': manifestOf('parrot', { config: { type: 'object', properties: 1 } }) },
      '/config',
    ],
  ])('refuses %s', async (_, files, why) => {
    await using plugin = await folderOf('parrot', { ...codePlugin('parrot'), ...files })
    const { code, stderr } = await cli('validate', plugin.dir)
    expect(code).toBe(1)
    expect(stderr).toContain(why)
  })

  test("takes a package by its package's name, though its folder is called something else", async () => {
    const files = { ...codePlugin('parrot'), 'package.json': { name: '@birds/plugboard-parrot', type: 'module' } }
    await using plugin = await folderOf('plugboard-parrot', files)
    expect((await cli('validate', plugin.dir)).code).toBe(0)
  })
})
