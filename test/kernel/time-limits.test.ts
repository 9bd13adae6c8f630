import { describe, expect, it } from 'vitest'
import { ask, codePlugin, infoOf, startBench } from '../fixtures-plugins.ts'
import { until } from '../support/until.ts'

describe.concurrent('what never ends', () => {
  it('while a plugin gets ready is given up, keeps nobody waiting for ever, and what it acquires too late is undone at once', async () => {
    const late = `
      setTimeout(() => {
        context.log.info('acquired too late')
        context.defer(() => context.log.info('undone at once'))
      }, 10_200)
      await new Promise(() => {})`
    await using bench = await startBench({
      'slow-module': codePlugin('slow-module', { top: 'await new Promise(() => {})' }),
      'slow-setup': codePlugin('slow-setup', { setup: late }),
      good: codePlugin('good'),
    })
    expect(infoOf(bench, 'slow-module')).toMatchObject({ state: 'failed', problem: { code: 'PLUGIN_LOAD_TIMEOUT' } })
    expect(infoOf(bench, 'slow-setup')).toMatchObject({ state: 'failed', problem: { code: 'PLUGIN_SETUP_TIMEOUT' } })
    expect(await ask(bench.plugboard, 'good:demo')).toBe('good')
    await until(() => bench.log.messages('info').includes('undone at once'))
  })

  it('when a plugin goes keeps neither the other undos nor the host waiting for ever', async () => {
    const setup = `
      context.defer(() => context.log.info('the other one ran'))
      context.defer(() => new Promise(() => {}))`
    const bench = await startBench({ acme: codePlugin('acme', { setup }) })
    await bench[Symbol.asyncDispose]()
    expect(bench.log.messages('info')).toContain('the other one ran')
    const said = bench.log.lines.find(({ message }) => message === 'a version did not undo all it did')
    expect(said?.details['error']).toMatchObject({ code: 'PLUGIN_UNDO_TIMEOUT' })
  })
})
