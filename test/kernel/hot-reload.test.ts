import { utimes } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import {
  ask,
  codeOf,
  codePlugin,
  dropIn,
  hello,
  infoOf,
  manifestOf,
  next,
  providerOf,
  removePlugin,
  say,
  sayExpression,
  startBench,
  writeFiles,
} from '../fixtures-plugins.ts'

const priced = (price: unknown): object =>
  manifestOf('acme', { contributes: { providers: [providerOf('acme', { models: [{ id: 'demo', price }] })] } })

describe('a folder that is dropped in', () => {
  it('is callable within a second, with no restart', async () => {
    await using bench = await startBench()
    const { plugboard, plugins } = bench
    expect(await ask(plugboard, 'acme:demo')).toMatch(/^not_found: /)
    const loaded = next(plugboard, 'plugin:swapped', () => true, 1_000)
    await dropIn(plugins, 'acme', codePlugin('acme'))
    expect(await loaded).toMatchObject({ id: 'acme', from: undefined })
    expect(await ask(plugboard, 'acme:demo')).toBe('acme')
    expect(await plugboard.catalog.list()).toMatchObject([{ provider: 'acme', id: 'demo' }])
  })

  it('loads as a whole also when its files arrive one by one', async () => {
    await using bench = await startBench()
    const { plugboard, plugins } = bench
    const loaded = next(plugboard, 'plugin:swapped')
    const files = codePlugin('acme', { top: `import { text } from './deep/text.ts'`, stream: sayExpression('text') })
    await writeFiles(`${plugins}/acme`, { 'plugboard.json': files['plugboard.json'] })
    await writeFiles(`${plugins}/acme`, { 'index.ts': files['index.ts'] })
    await writeFiles(`${plugins}/acme`, { 'deep/text.ts': `export const text = 'whole'` })
    await loaded
    expect(await ask(plugboard, 'acme:demo')).toBe('whole')
  })

  it('tells what it added, replaced and removed', async () => {
    await using bench = await startBench()
    const { plugboard, plugins } = bench
    const both = {
      providers: [
        providerOf('acme'),
        providerOf('extra', { protocol: 'openai-chat', baseUrl: 'http://127.0.0.1:9/v1' }),
      ],
    }
    const changed = () => next(plugboard, 'providers:changed')

    const added = changed()
    await dropIn(plugins, 'acme', codePlugin('acme'))
    expect(await added).toEqual({ added: ['acme'], removed: [], replaced: [] })
    const grown = changed()
    await writeFiles(`${plugins}/acme`, { 'plugboard.json': manifestOf('acme', { contributes: both }) })
    expect(await grown).toEqual({ added: ['extra'], removed: [], replaced: ['acme'] })
    const shrunk = changed()
    await writeFiles(`${plugins}/acme`, { 'plugboard.json': manifestOf('acme') })
    expect(await shrunk).toEqual({ added: [], removed: ['extra'], replaced: ['acme'] })
    const gone = changed()
    await removePlugin(plugins, 'acme')
    expect(await gone).toEqual({ added: [], removed: ['acme'], replaced: [] })
  })
})

describe.concurrent('a change of a file', () => {
  it('of a price changes what the next call costs', async () => {
    await using bench = await startBench({
      acme: { ...codePlugin('acme'), 'plugboard.json': priced({ input: '2.50', output: '10.00' }) },
    })
    const { plugboard, plugins } = bench
    const cost = async (): Promise<unknown> => (await plugboard.complete('acme:demo', hello)).cost?.total
    expect(await cost()).toBe(7_500_000)
    for (const [price, total] of [
      [{ input: '5', output: '20' }, 15_000_000],
      [undefined, null],
      ['free', 0],
    ] as const) {
      const swapped = next(plugboard, 'plugin:swapped')
      await writeFiles(`${plugins}/acme`, { 'plugboard.json': priced(price) })
      await swapped
      expect(await cost()).toBe(total)
    }
    expect(plugboard.ledger.entries().map(({ cost: { total } }) => total)).toEqual([0, null, 15_000_000, 7_500_000])
  })

  it('deep inside reloads the plugin: code, and data beside it', async () => {
    await using bench = await startBench({
      acme: {
        ...codePlugin('acme', {
          top: `import { answer } from './lib/answer.ts'`,
          stream: sayExpression('answer'),
        }),
        'lib/answer.ts': `import data from '../data.json' with { type: 'json' }
          import { shout } from './shout.ts'
          export const answer = shout(data.answer)`,
        'lib/shout.ts': 'export const shout = (text: string): string => text.toUpperCase()',
        'data.json': { answer: 'one' },
      },
    })
    const { plugboard, plugins } = bench
    expect(await ask(plugboard, 'acme:demo')).toBe('ONE')
    const seen = [infoOf(bench, 'acme').generation]
    for (const [files, answer] of [
      [{ 'lib/shout.ts': 'export const shout = (text: string): string => `${text}!`' }, 'one!'],
      [{ 'data.json': { answer: 'two' } }, 'two!'],
    ] as const) {
      const swapped = next(plugboard, 'plugin:swapped')
      await writeFiles(`${plugins}/acme`, files)
      expect(await swapped).toMatchObject({ from: seen.at(-1) })
      expect(await ask(plugboard, 'acme:demo')).toBe(answer)
      seen.push(infoOf(bench, 'acme').generation)
    }
    expect(new Set(seen).size).toBe(3)
  })

  it('in CommonJS reloads the plugin too', async () => {
    const deep = (text: string): string => `exports.text = '${text}'`
    await using bench = await startBench({
      acme: {
        'package.json': { type: 'commonjs' },
        'plugboard.json': manifestOf('acme', { main: './index.js' }),
        'index.js': `const { definePlugin } = require('@plugboard/sdk'); const { text } = require('./deep.js')
          module.exports = definePlugin({ setup: () => ({ providers: { acme: { api: 1, async *stream() { ${sayExpression('text')} } } } }) })`,
        'deep.js': deep('one'),
      },
    })
    const { plugboard, plugins } = bench
    expect(await ask(plugboard, 'acme:demo')).toBe('one')
    const swapped = next(plugboard, 'plugin:swapped')
    await writeFiles(`${plugins}/acme`, { 'deep.js': deep('two') })
    await swapped
    expect(await ask(plugboard, 'acme:demo')).toBe('two')
  })

  it('that changes nothing reloads nothing', async () => {
    await using bench = await startBench({ acme: codePlugin('acme'), other: codePlugin('other') })
    const { plugboard, plugins } = bench
    const { generation } = infoOf(bench, 'acme')
    const swaps: string[] = []
    plugboard.on('plugin:swapped', ({ id }) => swaps.push(id))
    const later = next(plugboard, 'plugin:swapped', ({ id }) => id === 'other')
    await utimes(`${plugins}/acme/index.ts`, new Date(), new Date())
    await writeFiles(`${plugins}/acme`, { 'plugboard.json': manifestOf('acme'), '.swp': 'an editor was here' })
    await writeFiles(`${plugins}/other`, { 'index.ts': codeOf('other', { stream: say('changed') }) })
    await later
    await plugboard.reloadPlugin('acme')
    expect(swaps).toEqual(['other'])
    expect(infoOf(bench, 'acme')).toMatchObject({ generation, state: 'ready' })
  })
})

describe.concurrent('a change that breaks a plugin', () => {
  it.each([
    ['the code', { 'index.ts': 'export default {\n  setup( {\n}' }, 'PLUGIN_LOAD_FAILED', '(at index.ts:3)'],
    ['a file deep inside', { 'lib/deep.ts': 'export const deep = (\n' }, 'PLUGIN_LOAD_FAILED', '(at lib/deep.ts:'],
    [
      'code while it is evaluated',
      { 'lib/deep.ts': `export const deep = 1\nnull.boom()` },
      'PLUGIN_LOAD_FAILED',
      '(at lib/deep.ts:2:',
    ],
    ['an import', { 'index.ts': `import { nope } from './lib/deep.ts'` }, 'PLUGIN_LOAD_FAILED', '(at index.ts:1'],
    ['the manifest', { 'plugboard.json': '{\n  "manifest": 1,\n  oops\n}' }, 'MANIFEST_UNREADABLE', 'line 3 column 3'],
    [
      'setup()',
      { 'index.ts': codeOf('acme', { setup: `throw new Error('no such thing')` }) },
      'PLUGIN_SETUP_FAILED',
      'no such thing',
    ],
  ])('in %s keeps the old version serving, and says what and where', async (_name, files, code, place) => {
    const good = { ...codePlugin('acme', { top: `import './lib/deep.ts'` }), 'lib/deep.ts': 'export const deep = 1' }
    await using bench = await startBench({ acme: good })
    const { plugboard, plugins } = bench
    const { generation } = infoOf(bench, 'acme')
    const rejected = next(plugboard, 'plugin:rejected')
    await writeFiles(`${plugins}/acme`, files)
    const { problem, serving } = await rejected
    expect(serving).toBe(generation)
    expect(problem).toMatchObject({ code, hint: expect.any(String) as string })
    expect(problem.message).toContain(place)
    expect(infoOf(bench, 'acme')).toMatchObject({ state: 'rejected', generation, problem })
    expect(await ask(plugboard, 'acme:demo')).toBe('acme')

    const cleared = next(plugboard, 'plugin:state', ({ state }) => state === 'ready')
    await writeFiles(`${plugins}/acme`, good)
    expect(await cleared).toMatchObject({ generation, problem: undefined })
    expect(await ask(plugboard, 'acme:demo')).toBe('acme')
  })

  it('is refused once, not again for a file that was only touched', async () => {
    await using bench = await startBench({ acme: codePlugin('acme') })
    const { plugboard, plugins } = bench
    let refusals = 0
    plugboard.on('plugin:rejected', () => refusals++)
    const rejected = next(plugboard, 'plugin:rejected')
    await writeFiles(`${plugins}/acme`, { 'index.ts': 'export default 1' })
    await rejected
    const other = next(plugboard, 'plugin:swapped')
    await utimes(`${plugins}/acme/index.ts`, new Date(), new Date())
    await dropIn(plugins, 'other', codePlugin('other'))
    await other
    expect(refusals).toBe(1)
  })

  it('loads once it is mended, also when nothing in its folder was wrong', async () => {
    await using bench = await startBench()
    const { plugboard, plugins, dir } = bench
    const needed = dir.at('needed.txt')
    const refused = next(plugboard, 'plugin:rejected')
    await dropIn(
      plugins,
      'acme',
      codePlugin('acme', { top: `import { readFileSync } from 'node:fs'\nreadFileSync(${JSON.stringify(needed)})` }),
    )
    expect((await refused).problem.message).toContain('needed.txt')
    expect(infoOf(bench, 'acme').state).toBe('failed')
    await writeFiles(dir.path, { 'needed.txt': 'here' })
    expect(await plugboard.reloadPlugin('acme')).toMatchObject({ state: 'ready', problem: undefined })
    expect(await ask(plugboard, 'acme:demo')).toBe('acme')
    expect(await plugboard.reloadPlugin('nobody')).toBeUndefined()
  })
})

describe.concurrent('a plugin that is taken away', () => {
  it('says that it was unplugged, and is back when it is put back', async () => {
    await using bench = await startBench({ acme: codePlugin('acme') })
    const { plugboard, plugins } = bench
    const model = await plugboard.getModel('acme', 'demo')
    const unplugged = next(plugboard, 'plugin:unplugged')
    const gone = next(plugboard, 'plugin:state', ({ state }) => state === 'gone')
    await removePlugin(plugins, 'acme')
    await unplugged
    for (const name of ['acme:demo', model] as const) {
      const { error, stopReason } = await plugboard.complete(name, hello)
      expect(stopReason).toBe('error')
      expect(error).toMatchObject({
        class: 'not_found',
        providerCode: 'PROVIDER_UNPLUGGED',
        message: 'The provider "acme" was unplugged.',
        hint: expect.any(String) as string,
      })
    }
    expect(await gone).toMatchObject({ id: 'acme', generation: undefined })
    expect(await plugboard.catalog.list()).toEqual([])

    const back = next(plugboard, 'plugin:swapped')
    await dropIn(plugins, 'acme', codePlugin('acme'))
    await back
    expect(await ask(plugboard, 'acme:demo')).toBe('acme')
    expect(plugboard.ledger.totals().calls).toBe(1)
  })

  it('also when the folder is the plugin itself', async () => {
    await using bench = await startBench()
    const single = await dropIn(bench.dir.path, 'single', codePlugin('single'))
    await using host = await startBench({}, { plugins: [single] })
    const { plugboard } = host
    expect(await ask(plugboard, 'single:demo')).toBe('single')
    const unplugged = next(plugboard, 'plugin:unplugged')
    await removePlugin(bench.dir.path, 'single')
    await unplugged
    expect(await ask(plugboard, 'single:demo')).toBe('not_found: The provider "single" was unplugged.')
    const back = next(plugboard, 'plugin:swapped')
    await dropIn(bench.dir.path, 'single', codePlugin('single'))
    await back
    expect(await ask(plugboard, 'single:demo')).toBe('single')
  })
})
