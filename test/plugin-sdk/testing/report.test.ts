import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assertConforms, formatReport, testProvider, type RuleId } from '@plugboard/sdk/testing'
import { startNode } from '../../support/process.ts'
import { tempDir, type TempDir } from '../../support/temp-dir.ts'
import { codePlugin, manifestOf, writeFiles } from '../../fixtures-plugins.ts'
import { spoiled, subject } from './defects/subjects.ts'

/** Never ends its texts. */
const broken = spoiled(() => (event) => (event.type === 'text_end' ? [] : [event]))

/** Gives a folder the SDK as an author has it: in node_modules. */
async function install(dir: TempDir): Promise<void> {
  await mkdir(dir.at('node_modules', '@plugboard'), { recursive: true })
  await symlink(join(import.meta.dirname, '../../../plugin-sdk'), dir.at('node_modules', '@plugboard', 'sdk'))
}

describe('a report of failures', () => {
  test('says what was expected, what happened, where, and what to do', async () => {
    const report = await testProvider(broken)
    const [first] = report.failed
    expect(first).toMatchObject({
      rule: 'stream.blocks',
      provider: 'acme',
      where: { fixture: 'text' },
      expected: 'every block to have ended before the finish',
      actual: 'block 0 is still open',
    })
    expect(first?.where.event).toBe(9)
    expect(() => assertConforms(report)).toThrow(
      /FAILED stream\.blocks: .*\n +in +acme, text, event 9\n +expected .*\n +actual +block 0 is still open\n +do +Yield its start first/,
    )
  })

  test('is nothing to throw about when there are none', async () => {
    const report = await testProvider(subject())
    expect(() => assertConforms(report)).not.toThrow()
    expect(formatReport(report)).toMatch(/^acme: \d+ checks passed, 0 failed, 3 rules not tried/)
  })

  test('tells how long a provider took to stop', async () => {
    const report = await testProvider(subject())
    const stopped = report.passed.filter(({ rule }) => rule === 'abort.upstream')
    expect(stopped.map(({ where }) => where.fixture)).toEqual(['abort', 'abort-before-first-byte'])
    for (const { actual } of stopped) expect(actual).toMatch(/^the connection was closed after \d+ ms$/)
    expect(formatReport(report)).toContain('the connection was closed after')
  })
})

describe('an exception', () => {
  test('is told as not tried, with its reason, and as nothing else', async () => {
    const except = { 'stream.blocks': 'the host knows no ends' }
    const report = await testProvider(broken, { except })
    expect(report.failed).toEqual([])
    const told = report.skipped.filter(({ rule }) => rule === 'stream.blocks')
    expect(new Set(told.map(({ actual }) => actual))).toEqual(new Set(['the host knows no ends']))
    expect(report.passed.some(({ rule }) => rule === 'stream.blocks')).toBe(false)
  })

  test('for a rule that does not exist is refused', async () => {
    const except = { 'stream.block': 'a typing error' } as Partial<Record<RuleId, string>>
    await expect(testProvider(subject(), { except })).rejects.toMatchObject({ code: 'RULE_UNKNOWN' })
  })
})

describe("a plugin's folder", () => {
  test('is read as it is: manifest, code, settings and cassettes', async () => {
    await using dir = await tempDir()
    const config = {
      type: 'object',
      required: ['apiKey', 'region', 'baseUrl'],
      properties: {
        apiKey: { type: 'string', writeOnly: true },
        region: { enum: ['eu', 'us'] },
        baseUrl: { type: 'string', default: 'https://api.wave.example/v9' },
        depth: { type: 'integer', default: 3 },
      },
    }
    const stream = `
      const { http, config } = plugin
      const url = [config.baseUrl, config.region, config.depth].join('/')
      const response = await http.request({ method: 'POST', url, headers: { 'x-key': plugin.secret('apiKey') }, signal })
      const answer = await response.body.text()
      if (response.status !== 200)
        throw classifyFailure({ ...response, body: answer, provider: 'wave', model: 'demo', secrets: [plugin.secret('apiKey')] })
      const [, said] = /^say (.*) end$/.exec(answer) ?? []
      if (said === undefined) throw new ProviderError('server', 'That is no answer.')
      yield { type: 'text_start', contentIndex: 0 }
      yield { type: 'text_delta', contentIndex: 0, delta: said }
      yield { type: 'text_end', contentIndex: 0, content: said }
      yield { type: 'finish', reason: 'stop' }`
    const top = "import { classifyFailure } from '@plugboard/sdk'"
    await writeFiles(dir.path, {
      ...codePlugin('wave', { top, setup: 'const plugin = context', stream }, { config: './config.json' }),
      'config.json': config,
      'cassettes/text.json': {
        request: { method: 'POST', path: '/v9/eu/3' },
        response: { body: 'say Splash end' },
        expect: { text: 'Splash' },
      },
    })
    await install(dir)
    const report = await testProvider({ dir: dir.path })
    assertConforms(report)
    expect(
      report.passed.filter(({ rule, where }) => rule === 'answer.content' && where.fixture === 'text'),
    ).toHaveLength(1)
    // It tells an answer only when it is whole, so there is nothing to leave in the middle of.
    expect(report.skipped.map(({ rule }) => rule)).toContain('return.frees')
  })

  test('whose code cannot be loaded fails in setup', async () => {
    await using dir = await tempDir()
    await writeFiles(dir.path, { 'plugboard.json': manifestOf('torn'), 'index.ts': 'export default {' })
    const { failed } = await testProvider({ dir: dir.path })
    expect(failed.map(({ rule }) => rule)).toEqual(['contract.setup'])
  })

  test('whose code is no plugin fails in setup', async () => {
    await using dir = await tempDir()
    await writeFiles(dir.path, { 'plugboard.json': manifestOf('torn'), 'index.ts': 'export const plugin = 1' })
    const { failed } = await testProvider({ dir: dir.path })
    expect(failed.map(({ rule, actual }) => [rule, actual])).toEqual([
      ['contract.setup', 'TypeError: the main file has no default export with a setup() function'],
    ])
  })

  test.each([
    ['is not there', {}],
    ['has no manifest', { 'index.ts': '' }],
    ['has a manifest that is no JSON', { 'plugboard.json': '{' }],
    ['declares no provider', { 'plugboard.json': { id: 'none', contributes: {} } }],
  ])('that %s is no subject', async (_, files) => {
    await using dir = await tempDir()
    await writeFiles(dir.path, files)
    await expect(testProvider({ dir: dir.path })).rejects.toMatchObject({ code: 'SUBJECT_INVALID' })
  })
})

test('needs no test runner of ours: the test of the example runs with what Node brings along', async () => {
  const run = startNode(['--test', '--test-reporter=tap', 'examples/drop-in-folder/echo/echo.test.ts'])
  expect((await run.exited).code).toBe(0)
  expect(run.stdout).toContain('# pass 1')
})
