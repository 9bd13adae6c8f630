import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inspectPlugin } from '../../core/kernel/inspect-plugin.ts'
import { ask, codeOf, hello, manifestOf, next, startBench, writeFiles, type Files } from '../fixtures-plugins.ts'
import { tempDir } from '../support/temp-dir.ts'

/** A package whose code serves the manifest that names it. */
const lender = (text: string): Files => ({
  'package.json': { name: 'lender', version: '1.0.0', type: 'module', exports: { '.': { import: './index.js' } } },
  'index.js': `export default { setup: (context) => ({ providers: Object.fromEntries(context.declarations.map(({ id, options }) =>
    [id, { api: 1, async *stream() {
      const said = ${JSON.stringify(text)} + ' ' + options.word
      yield [{ type: 'text_start', contentIndex: 0 }, { type: 'text_delta', contentIndex: 0, delta: said }, { type: 'text_end', contentIndex: 0, content: said }]
      yield { type: 'finish', reason: 'stop' }
    } }])) }) }`,
})

const borrower = (id: string, word = id): Files => ({
  'plugboard.json': manifestOf(id, {
    main: 'lender',
    contributes: { providers: [{ id, models: [{ id: 'demo', price: 'free' }], options: { word } }] },
  }),
})

const inModules = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([name, content]) => [`node_modules/lender/${name}`, content]))

test('a manifest alone is served by the code of the package that its main names', async () => {
  await using bench = await startBench({ one: { ...borrower('one'), ...inModules(lender('I serve')) } })
  expect(bench.plugboard.plugins).toMatchObject([{ id: 'one', state: 'ready' }])
  expect(await ask(bench.plugboard, 'one:demo')).toBe('I serve one')
})

test("a plugin's own package comes before the host's, and the host's serves the others", async () => {
  await using host = await tempDir()
  await writeFiles(host.at('node_modules', 'lender'), lender('From the host:'))
  await writeFiles(host.path, { 'package.json': { name: 'host' } })
  await using bench = await startBench(
    { own: { ...borrower('own'), ...inModules(lender('From the plugin:')) }, other: borrower('other') },
    { hostDir: host.path },
  )
  expect(await ask(bench.plugboard, 'own:demo')).toBe('From the plugin: own')
  expect(await ask(bench.plugboard, 'other:demo')).toBe('From the host: other')
})

test('a missing package is named with the command that installs it, and once it is there the plugin loads', async () => {
  await using bench = await startBench({ late: borrower('late') })
  const { plugboard } = bench
  const dir = join(bench.plugins, 'late')
  expect(plugboard.plugins).toMatchObject([
    {
      state: 'failed',
      problem: {
        code: 'PACKAGE_MISSING',
        message: 'The package "lender" is not installed.',
        hint: `Run: npm install --prefix ${dir} lender`,
      },
    },
  ])

  const swapped = next(plugboard, 'plugin:swapped')
  // What npm leaves behind: the package first, its own notes in the folder last.
  await writeFiles(dir, inModules(lender('Here I am,')))
  await writeFiles(dir, { 'package.json': { dependencies: { lender: '1.0.0' } } })
  await swapped
  expect(await ask(plugboard, 'late:demo')).toBe('Here I am, late')
})

test('such a folder can be looked at without being served', async () => {
  await using bench = await startBench({ one: { ...borrower('one'), ...inModules(lender('')) } })
  const { module } = await inspectPlugin(join(bench.plugins, 'one'), bench.plugboard.version)
  expect(module).toMatchObject({ default: { setup: expect.any(Function) } })
})

test('a change of the manifest reloads a plugin whose code is borrowed', async () => {
  await using bench = await startBench({ one: { ...borrower('one', 'before'), ...inModules(lender('I say')) } })
  expect(await ask(bench.plugboard, 'one:demo')).toBe('I say before')
  const swapped = next(bench.plugboard, 'plugin:swapped')
  await writeFiles(join(bench.plugins, 'one'), borrower('one', 'after'))
  await swapped
  expect(await ask(bench.plugboard, 'one:demo')).toBe('I say after')
})

test('a package that is there and broken is not taken for a missing one', async () => {
  const broken = { ...lender(''), 'index.js': `import 'its-missing-peer'` }
  await using bench = await startBench({ one: { ...borrower('one'), ...inModules(broken) } })
  const problem = bench.plugboard.plugins[0]?.problem
  expect(problem).toMatchObject({ code: 'PACKAGE_UNUSABLE' })
  expect(problem?.message).toContain('its-missing-peer')
})

test('code can import a package, and its own advice reaches the reader', async () => {
  const setup = `await context.importPackage('@acme/toolbox/deep')`
  await using bench = await startBench({
    one: { 'plugboard.json': manifestOf('one'), 'index.ts': codeOf('one', { setup }) },
  })
  const { problem } = bench.plugboard.plugins[0] ?? {}
  expect(problem?.code).toBe('PLUGIN_SETUP_FAILED')
  expect(problem?.message).toContain('The package "@acme/toolbox" is not installed.')
  expect(problem?.hint).toBe(`Run: npm install --prefix ${join(bench.plugins, 'one')} @acme/toolbox`)
})

test.each(['../outside', '/etc', 'file:///etc', './index.ts'])('%s is no package', async (name) => {
  const setup = `await context.importPackage(${JSON.stringify(name)})`
  await using bench = await startBench({
    one: { 'plugboard.json': manifestOf('one'), 'index.ts': codeOf('one', { setup }) },
  })
  expect(bench.plugboard.plugins[0]?.problem?.message).toContain(`"${name}" is not installed`)
})

test('a main that is neither in the folder nor a package is refused', async () => {
  await using bench = await startBench({
    one: { 'plugboard.json': manifestOf('one', { main: 'index.ts' }), 'index.ts': codeOf('one') },
  })
  expect(bench.plugboard.plugins[0]?.problem).toMatchObject({ code: 'MANIFEST_INVALID' })
})

test('code that declares a key is not called without one', async () => {
  const declared = {
    contributes: { providers: [{ id: 'one', auth: { type: 'bearer', env: 'ONE_KEY' }, models: [{ id: 'demo' }] }] },
  }
  const plugin = { 'plugboard.json': manifestOf('one', declared), 'index.ts': codeOf('one') }
  await using without = await startBench({ one: plugin })
  const { error } = await without.plugboard.complete('one:demo', hello)
  expect(error).toMatchObject({
    class: 'auth',
    hint: 'Set the environment variable ONE_KEY, or its key: plugboard providers set one.',
  })
  expect(await without.plugboard.catalog.list()).toEqual([])

  await using having = await startBench({ one: plugin }, { env: { ONE_KEY: 'sk-1' } })
  expect(await ask(having.plugboard, 'one:demo')).toBe('one')
  expect(await having.plugboard.catalog.list()).toHaveLength(1)
})

test('what a provider keeps on its blocks stands on the message, and survives JSON', async () => {
  const stream = `
    yield [
      { type: 'thinking_start', contentIndex: 0 },
      { type: 'thinking_end', contentIndex: 0, content: '', redacted: true, providerMetadata: { mine: { a: 1 } } },
      { type: 'text_start', contentIndex: 1 },
      { type: 'text_end', contentIndex: 1, content: 'Hi', providerMetadata: { mine: { b: [2] } } },
    ]
    yield { type: 'finish', reason: 'stop' }`
  await using bench = await startBench({
    one: { 'plugboard.json': manifestOf('one'), 'index.ts': codeOf('one', { stream }) },
  })
  const { content } = await bench.plugboard.complete('one:demo', hello)
  expect(JSON.parse(JSON.stringify(content))).toEqual([
    { type: 'thinking', thinking: '', redacted: true, providerMetadata: { mine: { a: 1 } } },
    { type: 'text', text: 'Hi', providerMetadata: { mine: { b: [2] } } },
  ])
})
