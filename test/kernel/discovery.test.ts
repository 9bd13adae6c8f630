import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { createPlugboard, type Plugboard, type PlugboardOptions } from '../../core/index.ts'
import {
  ask,
  codeOf,
  codePlugin,
  dropIn,
  manifestOf,
  next,
  removePlugin,
  say,
  startBench,
  writeFiles,
  type Files,
} from '../fixtures-plugins.ts'
import { tempDir } from '../support/temp-dir.ts'

const open = (options: PlugboardOptions): Promise<Plugboard> =>
  createPlugboard({ dataDir: false, hostDir: false, builtIn: false, env: {}, logLevel: 'silent', ...options })

const found = ({ plugins }: Plugboard): string[] => plugins.map(({ id, origin, state }) => `${id} ${origin} ${state}`)

/** A code plugin that tells where it was found. */
const from = (id: string, place: string): Files => codePlugin(id, { stream: say(place) })

/** A package as npm would install it: JavaScript, because Node strips no types below node_modules. */
const npmPackage = (name: string, id: string, changes: Readonly<Record<string, unknown>> = {}): Files => ({
  'package.json': { name, version: '1.0.0', type: 'module', keywords: ['plugboard-plugin'], ...changes },
  'plugboard.json': manifestOf(id, { main: './index.js' }),
  'index.js': codeOf(id, { stream: say('npm') }),
})

describe('plugins are found', () => {
  it('among those that ship', async () => {
    await using plugboard = await open({ builtIn: true })
    expect(found(plugboard)).toContain('sandbox built-in ready')
    expect(plugboard.plugins.filter(({ problem }) => problem !== undefined)).toEqual([])
    expect(await ask(plugboard, 'sandbox:demo', '/say hi')).toBe('hi')
  })

  it('in the drop-in folder, which is made when it is missing', async () => {
    await using dir = await tempDir()
    await using plugboard = await open({ dataDir: dir.at('data') })
    const loaded = next(plugboard, 'plugin:swapped')
    await dropIn(dir.at('data', 'plugins'), 'acme', codePlugin('acme'))
    await loaded
    expect(found(plugboard)).toEqual(['acme drop-in ready'])
  })

  it('in a folder that is a plugin, and in a folder that holds several', async () => {
    await using dir = await tempDir()
    await writeFiles(dir.at('one'), codePlugin('one'))
    await writeFiles(dir.at('many', 'two'), codePlugin('two'))
    await writeFiles(dir.at('many', 'three'), codePlugin('three'))
    await using plugboard = await open({ plugins: [dir.at('one'), dir.at('many')] })
    expect(found(plugboard)).toEqual(['one folder ready', 'three folder ready', 'two folder ready'])
  })

  it('in a folder that is a plugin by its package.json', async () => {
    await using dir = await tempDir()
    await writeFiles(dir.at('one'), {
      'package.json': {
        name: 'plugboard-one',
        type: 'module',
        plugboard: manifestOf('one', { main: './src/index.ts' }),
      },
      'src/index.ts': codeOf('one'),
    })
    await using plugboard = await open({ plugins: [dir.at('one')] })
    expect(found(plugboard)).toEqual(['one folder ready'])
  })

  it('among the packages of the host that carry the keyword, and nowhere else in its node_modules', async () => {
    await using dir = await tempDir()
    const names = ['plugboard-acme', '@corp/plugboard-field', 'no-keyword', 'not-installed']
    await writeFiles(dir.path, {
      'package.json': {
        name: 'host',
        dependencies: { [names[0] ?? '']: '1', [names[1] ?? '']: '1', [names[2] ?? '']: '1' },
        optionalDependencies: { [names[3] ?? '']: '1' },
      },
    })
    const modules = dir.at('node_modules')
    await writeFiles(`${modules}/plugboard-acme`, npmPackage('plugboard-acme', 'acme'))
    await writeFiles(`${modules}/@corp/plugboard-field`, {
      ...npmPackage('@corp/plugboard-field', 'field', { plugboard: manifestOf('field', { main: './index.js' }) }),
      'plugboard.json': JSON.stringify(manifestOf('field', { main: './index.js' })),
    })
    await writeFiles(`${modules}/no-keyword`, npmPackage('no-keyword', 'no-keyword', { keywords: [] }))
    await writeFiles(`${modules}/plugboard-transitive`, npmPackage('plugboard-transitive', 'transitive'))
    await using plugboard = await open({ hostDir: dir.path })
    expect(found(plugboard)).toEqual(['acme npm ready', 'field npm ready'])
    expect(await ask(plugboard, 'acme:demo')).toBe('npm')
  })

  it('in a package whose manifest is the plugboard field of its package.json', async () => {
    await using dir = await tempDir()
    await writeFiles(dir.path, { 'package.json': { dependencies: { '@corp/plugboard-field': '1' } } })
    const { 'plugboard.json': manifest, ...files } = npmPackage('@corp/plugboard-field', 'field')
    await writeFiles(dir.at('node_modules', '@corp/plugboard-field'), {
      ...files,
      'package.json': { ...(files['package.json'] as object), plugboard: manifest },
    })
    await using plugboard = await open({ hostDir: dir.path })
    expect(found(plugboard)).toEqual(['field npm ready'])
  })

  it('in packages that a workspace installed above the host', async () => {
    await using dir = await tempDir()
    await writeFiles(dir.at('apps', 'host'), { 'package.json': { devDependencies: { 'plugboard-acme': '1' } } })
    await writeFiles(dir.at('node_modules', 'plugboard-acme'), npmPackage('plugboard-acme', 'acme'))
    await using plugboard = await open({ hostDir: dir.at('apps', 'host') })
    expect(found(plugboard)).toEqual(['acme npm ready'])
  })

  it('written as CommonJS too, with the same SDK', async () => {
    await using dir = await tempDir()
    await writeFiles(dir.path, { 'package.json': { dependencies: { 'plugboard-old': '1' } } })
    await writeFiles(dir.at('node_modules', 'plugboard-old'), {
      ...npmPackage('plugboard-old', 'old', { type: 'commonjs' }),
      'deep.js': `const { ProviderError } = require('@plugboard/sdk'); exports.fail = () => { throw new ProviderError('quota', 'no more') }`,
      'index.js': `
        const { fail } = require('./deep.js')
        module.exports = { setup: () => ({ providers: { old: { api: 1, async *stream() { fail() } } } }) }`,
    })
    await using plugboard = await open({ hostDir: dir.path })
    expect(plugboard.plugins[0]?.problem).toBeUndefined()
    expect(await ask(plugboard, 'old:demo')).toBe('quota: no more')
  })
})

describe('plugins are not found', () => {
  it('in dot folders, plain files, empty folders and node_modules', async () => {
    await using dir = await tempDir()
    for (const name of ['.hidden', 'node_modules', 'good']) await writeFiles(dir.at('p', name), codePlugin('good'))
    await writeFile(dir.at('p', 'README.md'), 'not a plugin')
    await mkdir(dir.at('p', 'empty'))
    await symlink('nowhere', dir.at('p', 'dangling'))
    await using plugboard = await open({ plugins: [dir.at('p')] })
    expect(found(plugboard)).toEqual(['good folder ready'])
  })

  it('where the folder named is not there', async () => {
    await using dir = await tempDir()
    await expect(open({ plugins: [dir.at('nowhere')] })).rejects.toMatchObject({
      code: 'PLUGIN_FOLDER_MISSING',
      message: expect.stringContaining('nowhere') as string,
    })
    await writeFile(dir.at('file'), '')
    await expect(open({ plugins: [dir.at('file')] })).rejects.toMatchObject({ code: 'PLUGIN_FOLDER_MISSING' })
  })
})

describe('a link', () => {
  it('is a plugin under the name of the link, and is followed when its target changes', async () => {
    await using bench = await startBench()
    const { plugboard, plugins, dir } = bench
    const target = await writeFiles(dir.at('elsewhere', 'v1'), from('acme', 'first'))
    const loaded = next(plugboard, 'plugin:swapped')
    await symlink(target, `${plugins}/acme`)
    await loaded
    expect(await ask(plugboard, 'acme:demo')).toBe('first')
    const swapped = next(plugboard, 'plugin:swapped')
    await writeFiles(target, from('acme', 'second'))
    await swapped
    expect(await ask(plugboard, 'acme:demo')).toBe('second')
  })

  it('to itself is a broken plugin and stops nobody, neither now nor later', async () => {
    await using dir = await tempDir()
    await writeFiles(dir.at('p', 'good'), codePlugin('good'))
    await symlink('loop', dir.at('p', 'loop'))
    await using plugboard = await open({ plugins: [dir.at('p')] })
    expect(found(plugboard)).toEqual(['good folder ready', 'loop folder failed'])
    expect(plugboard.plugins[1]?.problem).toMatchObject({ code: 'PLUGIN_UNREADABLE' })
    const loaded = next(plugboard, 'plugin:swapped')
    await dropIn(dir.at('p'), 'late', codePlugin('late'))
    await loaded
    expect(await ask(plugboard, 'late:demo')).toBe('late')
  })
})

describe('of several plugins with one id', () => {
  it('the strongest serves: folder over drop-in over npm over built-in', async () => {
    await using dir = await tempDir()
    await writeFiles(dir.at('host'), { 'package.json': { dependencies: { 'plugboard-sandbox': '1' } } })
    await writeFiles(dir.at('host', 'node_modules', 'plugboard-sandbox'), npmPackage('plugboard-sandbox', 'sandbox'))
    await writeFiles(dir.at('data', 'plugins', 'sandbox'), from('sandbox', 'drop-in'))
    await writeFiles(dir.at('own', 'sandbox'), from('sandbox', 'folder'))
    const answer = async (options: PlugboardOptions): Promise<string> => {
      await using plugboard = await open({ builtIn: true, watch: false, ...options })
      return await ask(plugboard, 'sandbox:demo', '/say built-in')
    }
    const hostDir = dir.at('host')
    const dataDir = dir.at('data')
    expect(await answer({})).toBe('built-in')
    expect(await answer({ hostDir })).toBe('npm')
    expect(await answer({ hostDir, dataDir })).toBe('drop-in')
    expect(await answer({ hostDir, dataDir, plugins: [dir.at('own')] })).toBe('folder')
  })

  it('the weaker one is back as soon as the stronger one goes', async () => {
    await using bench = await startBench({}, { builtIn: true })
    const { plugboard, plugins } = bench
    const built = plugboard.plugins.find(({ id }) => id === 'sandbox')
    const overridden = next(plugboard, 'plugin:swapped', ({ id }) => id === 'sandbox')
    await dropIn(plugins, 'sandbox', from('sandbox', 'mine'))
    await overridden
    expect(await ask(plugboard, 'sandbox:demo', '/say built-in')).toBe('mine')
    const restored = next(plugboard, 'plugin:swapped', ({ id }) => id === 'sandbox')
    await removePlugin(plugins, 'sandbox')
    await restored
    expect(await ask(plugboard, 'sandbox:demo', '/say built-in')).toBe('built-in')
    expect(plugboard.plugins.find(({ id }) => id === 'sandbox')).toEqual(built)
  })
})

describe('a copy of a plugin', () => {
  it('serves from where it lies, also when both are the same byte for byte', async () => {
    await using bench = await startBench({}, { builtIn: true })
    const { plugboard, plugins } = bench
    const [shipped] = plugboard.plugins.filter(({ id }) => id === 'sandbox')
    const copied = next(plugboard, 'plugin:swapped')
    await cp(shipped?.dir ?? '', `${plugins}/sandbox`, { recursive: true })
    await copied
    expect(plugboard.plugins.find(({ id }) => id === 'sandbox')).toMatchObject({
      origin: 'drop-in',
      dir: `${plugins}/sandbox`,
    })
    const restored = next(plugboard, 'plugin:swapped')
    await removePlugin(plugins, 'sandbox')
    await restored
    expect(plugboard.plugins.find(({ id }) => id === 'sandbox')).toEqual(shipped)
  })
})

describe('two plugins that claim one provider', () => {
  const claiming = (id: string): Files => ({
    'plugboard.json': manifestOf(id, { contributes: { providers: [{ id: 'shared', models: [{ id: 'demo' }] }] } }),
    'index.ts': codeOf('shared', { stream: say(id) }),
  })

  it('do not fight: the first serves, the second is refused until the first goes', async () => {
    await using bench = await startBench({ one: claiming('one') })
    const { plugboard, plugins } = bench
    const refused = next(plugboard, 'plugin:rejected')
    await dropIn(plugins, 'two', claiming('two'))
    expect((await refused).problem).toMatchObject({
      code: 'CONTRIBUTION_TAKEN',
      message: expect.stringMatching(/"shared" of plugin "two" is already offered by plugin "one"/) as string,
    })
    expect(await ask(plugboard, 'shared:demo')).toBe('one')
    const taken = next(plugboard, 'plugin:swapped')
    await removePlugin(plugins, 'one')
    expect((await taken).id).toBe('two')
    expect(await ask(plugboard, 'shared:demo')).toBe('two')
    expect(plugboard.plugins.find(({ id }) => id === 'two')).toMatchObject({ state: 'ready', problem: undefined })
  })

  it('get it by their origin at every start, not by chance', async () => {
    await using dir = await tempDir()
    await writeFiles(dir.at('data', 'plugins', 'weak'), claiming('weak'))
    await writeFiles(dir.at('own', 'strong'), { ...claiming('strong') })
    for (let start = 0; start < 3; start++) {
      await using plugboard = await open({ dataDir: dir.at('data'), plugins: [dir.at('own')], watch: false })
      expect(found(plugboard)).toEqual(['strong folder failed', 'weak drop-in ready'])
    }
  })
})
