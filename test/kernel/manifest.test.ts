import { describe, expect, it } from 'vitest'
import type { PluginProblem } from '../../core/index.ts'
import { ask, codePlugin, manifestOf, providerOf, startBench, type Files } from '../fixtures-plugins.ts'
import { startNode } from '../support/process.ts'

const CLI = new URL('../../core/surfaces/cli/plugboard.js', import.meta.url).pathname

interface Case {
  /** Default: a good code plugin. */
  readonly files: Files
  readonly code: string
  /** Parts of the message. */
  readonly says: readonly string[]
  /** Pointers of the findings, with the proposal where there is one. */
  readonly at?: readonly string[]
}

const broken = (changes: Readonly<Record<string, unknown>>): Files => codePlugin('broken', {}, changes)
const models = (...list: readonly object[]): Files =>
  broken({ contributes: { providers: [providerOf('broken', { models: list })] } })

const CASES: Readonly<Record<string, Case>> = {
  'no manifest': { files: { 'index.ts': '' }, code: 'MANIFEST_MISSING', says: ['holds no plugboard.json'] },
  'a comma too much': {
    files: { 'plugboard.json': '{\n  "manifest": 1,\n  "id": "broken",\n}' },
    code: 'MANIFEST_UNREADABLE',
    says: ['plugboard.json is not JSON', 'line 4 column 1'],
  },
  'an unexpected token': {
    files: { 'plugboard.json': '{\n  "manifest": 1,\n  "id": broken,\n  "name": "Broken"\n}\n' },
    code: 'MANIFEST_UNREADABLE',
    says: [`Unexpected token 'b'`, 'line 3 column 9'],
  },
  'a comment': {
    files: { 'plugboard.json': '{\n  // mine\n  "manifest": 1\n}' },
    code: 'MANIFEST_UNREADABLE',
    says: ['line 2 column 3'],
  },
  'half a file': {
    files: { 'plugboard.json': '{\n  "manifest": 1,\n  "id": "bro' },
    code: 'MANIFEST_UNREADABLE',
    says: ['line 3 column'],
  },
  'an empty file': { files: { 'plugboard.json': '' }, code: 'MANIFEST_UNREADABLE', says: ['line 1 column 1'] },
  'no object': {
    files: { 'plugboard.json': '[]' },
    code: 'MANIFEST_INVALID',
    says: ['plugboard.json: the document must be of type object'],
    at: [''],
  },
  'an unknown key': {
    files: broken({ verison: '1.0.0' }),
    code: 'MANIFEST_INVALID',
    says: ['/verison unknown key "verison"; did you mean "version"?'],
    at: ['/verison version'],
  },
  'an unknown key deep inside': {
    files: models({ id: 'demo', contextwindow: 5 }),
    code: 'MANIFEST_INVALID',
    says: ['did you mean "contextWindow"?'],
    at: ['/contributes/providers/0/models/0/contextwindow contextWindow'],
  },
  'an unknown key that is like nothing known': {
    files: broken({ flavour: 'sweet' }),
    code: 'MANIFEST_INVALID',
    says: ['unknown key "flavour"'],
    at: ['/flavour'],
  },
  'a wrong type': {
    files: models({ id: 'demo', contextWindow: '128k' }),
    code: 'MANIFEST_INVALID',
    says: ['/contributes/providers/0/models/0/contextWindow must be of type integer'],
    at: ['/contributes/providers/0/models/0/contextWindow'],
  },
  'several mistakes at once': {
    files: broken({ name: undefined, version: 'one' }),
    code: 'MANIFEST_INVALID',
    says: ['/name is required', '/version must match'],
    at: ['/name', '/version'],
  },
  'a price that is a number': {
    files: models({ id: 'demo', price: { input: 2.5, output: '10' } }),
    code: 'MANIFEST_INVALID',
    says: ['/contributes/providers/0/models/0/price/input must be of type string'],
  },
  'a price that no ledger can hold': {
    files: models({ id: 'demo', price: { input: '99999999', output: '1' } }),
    code: 'MANIFEST_INVALID',
    says: ['/contributes/providers/0/models/0/price/input must match'],
  },
  'another id than its folder': {
    files: { 'plugboard.json': manifestOf('other') },
    code: 'MANIFEST_ID_MISMATCH',
    says: ['plugboard.json', '"other"', '"broken"'],
  },
  'a host that is too old for it': {
    files: broken({ engines: { plugboard: '^99.0.0' } }),
    code: 'ENGINE_UNSUPPORTED',
    says: ['plugboard.json', 'wants plugboard ^99.0.0, this is plugboard 0.'],
  },
  'a Node that is too old for it': {
    files: broken({ engines: { plugboard: '^0.1.0', node: '>=99' } }),
    code: 'ENGINE_UNSUPPORTED',
    says: ['wants node >=99, this is node '],
  },
  'any host at all': {
    files: broken({ engines: { plugboard: '*' } }),
    code: 'MANIFEST_INVALID',
    says: ['/engines/plugboard must match'],
    at: ['/engines/plugboard'],
  },
  'a range that is none': {
    files: broken({ engines: { plugboard: '1.x.y.z.q' } }),
    code: 'MANIFEST_INVALID',
    says: ['/engines/plugboard "1.x.y.z.q" is not a version range'],
    at: ['/engines/plugboard'],
  },
  'one provider twice': {
    files: broken({ contributes: { providers: [providerOf('broken'), providerOf('broken')] } }),
    code: 'MANIFEST_INVALID',
    says: ['"broken" stands twice'],
    at: ['/contributes/providers/1/id'],
  },
  'one model twice': {
    files: models({ id: 'a' }, { id: 'b' }, { id: 'a' }),
    code: 'MANIFEST_INVALID',
    says: ['"a" stands twice'],
    at: ['/contributes/providers/0/models/2/id'],
  },
  'a settings schema that is none': {
    files: broken({ config: { type: 'object', properties: { x: { type: 'strnig' } } } }),
    code: 'CONFIG_SCHEMA_INVALID',
    says: ['/config is not a usable JSON Schema'],
    at: ['/config'],
  },
  'a settings schema of something else': {
    files: broken({ config: { type: 'array' } }),
    code: 'MANIFEST_INVALID',
    says: ['/config must be a JSON Schema with "type": "object"'],
    at: ['/config'],
  },
  'a settings schema in a file that is not there': {
    files: broken({ config: './config.json' }),
    code: 'MANIFEST_INVALID',
    says: ['/config'],
    at: ['/config'],
  },
  'settings that are missing': {
    files: broken({ config: { type: 'object', required: ['region'], properties: { region: { type: 'string' } } } }),
    code: 'CONFIG_INVALID',
    says: ['settings of broken: /region is required'],
    at: ['/region'],
  },
  'a mistake in package.json': {
    files: { 'package.json': { name: 'plugboard-broken', plugboard: { ...manifestOf('broken'), verison: '1' } } },
    code: 'MANIFEST_INVALID',
    says: ['package.json: /plugboard/verison'],
    at: ['/plugboard/verison version'],
  },
  'a range in package.json that is none': {
    files: {
      'package.json': {
        name: 'plugboard-broken',
        plugboard: manifestOf('broken', { engines: { plugboard: '1.x.y.z.q' } }),
      },
    },
    code: 'MANIFEST_INVALID',
    says: ['package.json: /plugboard/engines/plugboard'],
    at: ['/plugboard/engines/plugboard'],
  },
  'a main file outside of its folder': {
    files: broken({ main: './../../elsewhere/index.ts' }),
    code: 'PLUGIN_LOAD_FAILED',
    says: ['./../../elsewhere/index.ts lies outside of'],
  },
  'a main file that is not there': {
    files: { 'plugboard.json': manifestOf('broken') },
    code: 'PLUGIN_LOAD_FAILED',
    says: ['./index.ts failed to load', 'Cannot find module'],
  },
}

const pointersOf = ({ findings = [] }: PluginProblem): string[] =>
  findings.map(({ pointer, didYouMean }) => (didYouMean === undefined ? pointer : `${pointer} ${didYouMean}`))

describe.concurrent('a manifest is refused for', () => {
  it.each(Object.entries(CASES))('%s', async (_name, { files, code, says, at }) => {
    await using bench = await startBench({ broken: files, good: codePlugin('good') }, { watch: false })
    const { plugboard } = bench
    const [info, good] = plugboard.plugins
    expect(info).toMatchObject({ id: 'broken', state: 'failed', generation: undefined, providers: [] })
    const problem = info?.problem as PluginProblem
    expect(problem).toMatchObject({ code, hint: expect.any(String) as string })
    for (const part of says) expect(problem.message).toContain(part)
    if (at !== undefined) expect(pointersOf(problem)).toEqual(at)
    for (const { file } of problem.findings ?? []) expect(problem.message).toContain(file)

    expect(good).toMatchObject({ id: 'good', state: 'ready', problem: undefined })
    expect(await ask(plugboard, 'good:demo')).toBe('good')
    expect(await ask(plugboard, 'broken:demo')).toMatch(/^not_found: /)
  })
})

describe('a manifest is taken', () => {
  it.each([
    [
      'with a byte order mark',
      { ...codePlugin('good'), 'plugboard.json': `\uFEFF${JSON.stringify(manifestOf('good'))}` },
    ],
    [
      'from package.json',
      {
        ...codePlugin('good'),
        'plugboard.json': undefined,
        'package.json': { name: 'plugboard-good', type: 'module', plugboard: manifestOf('good') },
      },
    ],
    [
      'with a schema in a file',
      {
        ...codePlugin('good', {}, { config: './config.json' }),
        'config.json': { type: 'object', properties: { x: { type: 'string' } } },
      },
    ],
    [
      'with a schema that names its fields for people',
      codePlugin(
        'good',
        {},
        {
          config: {
            type: 'object',
            additionalProperties: false,
            properties: { key: { title: 'Key', type: 'string', format: 'password', writeOnly: true } },
          },
        },
      ),
    ],
  ])('%s', async (_name, files) => {
    await using bench = await startBench({ good: present(files) }, { watch: false })
    expect(bench.plugboard.plugins[0]?.problem).toBeUndefined()
    expect(await ask(bench.plugboard, 'good:demo')).toBe('good')
  })
})

const present = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).filter(([, content]) => content !== undefined))

describe('plugboard plugin list', () => {
  it('lists a broken plugin with its problem beside the good ones', async () => {
    await using bench = await startBench(
      { broken: broken({ verison: '1' }), good: codePlugin('good') },
      { watch: false },
    )
    await using listing = startNode([CLI, 'plugin', 'list', '--json'], {
      env: { PLUGBOARD_HOME: bench.dir.at('data') },
      cwd: bench.dir.path,
    })
    expect(await listing.exited).toMatchObject({ code: 0 })
    const listed = JSON.parse(listing.stdout) as { id: string; state: string; problem?: PluginProblem }[]
    expect(listed.find(({ id }) => id === 'good')).toMatchObject({ state: 'ready' })
    expect(listed.find(({ id }) => id === 'broken')).toMatchObject({
      state: 'failed',
      problem: { code: 'MANIFEST_INVALID', findings: [{ pointer: '/verison', didYouMean: 'version' }] },
    })

    await using table = startNode([CLI, 'plugin', 'list'], {
      env: { PLUGBOARD_HOME: bench.dir.at('data') },
      cwd: bench.dir.path,
    })
    expect(await table.exited).toMatchObject({ code: 0 })
    expect(table.stdout).toMatch(/^good +1\.0\.0 +ready +drop-in +good$/m)
    expect(table.stdout).toMatch(/^broken: MANIFEST_INVALID$/m)
    expect(table.stdout).toContain('did you mean "version"?')
  })

  it('says which folder is missing', async () => {
    await using bench = await startBench({}, { watch: false })
    const missing = bench.dir.at('nowhere')
    await using listing = startNode([CLI, 'plugin', 'list', '--plugins', missing], {
      env: { PLUGBOARD_HOME: bench.dir.at('data') },
    })
    expect(await listing.exited).toMatchObject({ code: 1 })
    expect(listing.stderr).toContain(`The plugin folder ${missing} cannot be read`)
    expect(listing.stderr).not.toContain('    at ')
  })
})
