import { describe, expect, it } from 'vitest'
import { PlugboardError, isPlugboardError } from '../../core/index.ts'
import { Secret } from '../../plugin-sdk/index.ts'
import { ask, codeOf, codePlugin, infoOf, manifestOf, next, removePlugin, startBench } from '../fixtures-plugins.ts'

describe('setup()', () => {
  it('that fails half-way leaves nothing behind: what it deferred is undone, newest first', async () => {
    const setup = `
      context.defer(() => context.log.info('undid one'))
      context.defer(async () => { await null; context.log.info('undid two') })
      context.defer(() => { throw new Error('undoing three failed') })
      throw new Error('half-way')`
    await using bench = await startBench({ acme: codePlugin('acme', { setup }) })
    expect(bench.log.messages('info')).toEqual(['undid two', 'undid one'])
    expect(infoOf(bench, 'acme').problem).toMatchObject({
      code: 'PLUGIN_SETUP_FAILED',
      message: expect.stringContaining('half-way') as string,
    })
    expect(bench.log.messages('error')).toContain('a version did not undo all it did')
  })

  it('is undone when a later check refuses what it returned', async () => {
    const setup = `context.defer(() => context.log.info('undone'))`
    const files = { 'plugboard.json': manifestOf('acme'), 'index.ts': codeOf('other', { setup }) }
    await using bench = await startBench({ acme: files })
    expect(infoOf(bench, 'acme').state).toBe('failed')
    expect(bench.log.messages('info')).toEqual(['undone'])
  })

  it('is stopped by its signal before its undos run, so that they may wait for what it stops', async () => {
    const setup = `
      const stopped = new Promise((resolve) => context.signal.addEventListener('abort', () => resolve(undefined)))
      context.defer(async () => { await stopped; context.log.info('undone') })`
    await using bench = await startBench({ acme: codePlugin('acme', { setup }) })
    const disposed = next(bench.plugboard, 'plugin:disposed')
    await removePlugin(bench.plugins, 'acme')
    expect(await disposed).toMatchObject({ id: 'acme', cut: 0 })
    expect(bench.log.messages('info')).toContain('undone')
  })

  it.each([
    ['more than is declared', codeOf('other'), 'CONTRIBUTION_UNDECLARED', '"other"'],
    ['less than is declared', `export default { setup: () => ({}) }`, 'CONTRIBUTION_MISSING', '"acme"'],
    ['nothing', `export default { setup() {} }`, 'CONTRIBUTION_MISSING', '"acme"'],
    [
      'null for a provider',
      `export default { setup: () => ({ providers: { acme: null } }) }`,
      'CONTRIBUTION_INVALID',
      '"acme"',
    ],
    [
      'a provider of another contract',
      `export default { setup: () => ({ providers: { acme: { api: 2, stream() {} } } }) }`,
      'CONTRIBUTION_INVALID',
      'version 1',
    ],
    [
      'a provider that cannot stream',
      `export default { setup: () => ({ providers: { acme: { api: 1 } } }) }`,
      'CONTRIBUTION_INVALID',
      '"acme"',
    ],
  ])('that returns %s is refused', async (_name, code, problem, says) => {
    await using bench = await startBench(
      { acme: { 'plugboard.json': manifestOf('acme'), 'index.ts': code } },
      { watch: false },
    )
    expect(infoOf(bench, 'acme')).toMatchObject({
      state: 'failed',
      problem: { code: problem, message: expect.stringContaining(says) as string },
    })
  })

  it.each([
    ['nothing', ''],
    ['a function', 'export default () => ({})'],
    ['null', 'export default null'],
    ['a plugin under another name', `export const plugin = { setup: () => ({}) }`],
  ])('is missed in a module that exports %s', async (_name, code) => {
    await using bench = await startBench(
      { acme: { 'plugboard.json': manifestOf('acme'), 'index.ts': code } },
      { watch: false },
    )
    expect(infoOf(bench, 'acme').problem).toMatchObject({
      code: 'PLUGIN_EXPORT_INVALID',
      message: expect.stringContaining('./index.ts') as string,
    })
  })

  it.each([
    ['text', `throw 'just text'`, 'just text'],
    ['nothing', 'throw undefined', 'undefined'],
    ['something that cannot be shown', 'throw Object.create(null)', 'cannot be shown'],
  ])('may throw %s', async (_name, setup, says) => {
    await using bench = await startBench({ acme: codePlugin('acme', { setup }) }, { watch: false })
    expect(infoOf(bench, 'acme').problem).toMatchObject({
      code: 'PLUGIN_SETUP_FAILED',
      message: expect.stringContaining(says) as string,
    })
  })
})

describe('the files of a plugin that writes into its own folder', () => {
  it('never come to rest, which is said instead of loading for ever', async () => {
    const setup = `writeFileSync(new URL('./state.json', import.meta.url), String(Math.random()))`
    await using bench = await startBench(
      { acme: codePlugin('acme', { top: `import { writeFileSync } from 'node:fs'`, setup }), good: codePlugin('good') },
      { watch: false },
    )
    expect(infoOf(bench, 'acme').problem).toMatchObject({ code: 'PLUGIN_UNSTEADY' })
    expect(await ask(bench.plugboard, 'good:demo')).toBe('good')
  })
})

describe('the SDK', () => {
  it('is one and the same for the host and its plugins', async () => {
    const setup = `context.log.info('sdk', { PlugboardError, Secret, own: new PlugboardError('MINE', 'x') })`
    await using bench = await startBench({
      acme: codePlugin('acme', { top: `import { PlugboardError, Secret } from '@plugboard/sdk'`, setup }),
    })
    const details = bench.log.lines.find(({ message }) => message === 'sdk')?.details
    expect(details?.['PlugboardError']).toBe(PlugboardError)
    expect(details?.['Secret']).toBe(Secret)
    expect(isPlugboardError(details?.['own'])).toBe(true)
  })
})
