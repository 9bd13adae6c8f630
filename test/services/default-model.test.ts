import { describe, expect, it } from 'vitest'
import { ask, codePlugin, hello, providerOf, removePlugin, startBench, next, type Files } from '../fixtures-plugins.ts'

const provider = (id: string): Files =>
  codePlugin(
    id,
    {},
    { contributes: { providers: [providerOf(id, { models: [{ id: 'one' }, { id: 'two' }], defaultModel: 'one' })] } },
  )

describe('the default model', () => {
  it('is the first provider’s until the user chooses, and again when the choice is taken back', async () => {
    await using bench = await startBench({ acme: provider('acme'), other: provider('other') })
    const { plugboard } = bench
    expect(plugboard.defaultModel).toBe('acme:one')
    expect(await ask(plugboard, 'default')).toBe('acme')
    expect(await plugboard.setDefaultModel('other/two', 'key_1')).toMatchObject({ provider: 'other', id: 'two' })
    expect(plugboard.defaultModel).toBe('other:two')
    expect(await ask(plugboard, 'default')).toBe('other')
    expect(await plugboard.complete(undefined, hello)).toMatchObject({ provider: 'other', model: 'two' })
    expect(await plugboard.estimate('default', hello)).toMatchObject({ provider: 'other', model: 'two' })
    await plugboard.setDefaultModel(undefined)
    expect(plugboard.defaultModel).toBe('acme:one')
    const changes = plugboard.auditLog.entries().filter(({ action }) => action === 'model_changed')
    expect(changes).toMatchObject([
      { subject: 'default', actor: 'system', details: { from: 'other:two', to: null } },
      { subject: 'default', actor: 'key_1', details: { from: null, to: 'other:two' } },
    ])
  })

  it('must be a model that is there, and no name that stands for another one', async () => {
    await using bench = await startBench({ acme: provider('acme') })
    const { plugboard } = bench
    await plugboard.agents.set('planner', {})
    await expect(plugboard.setDefaultModel('acme:thre')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' })
    for (const name of ['agent:planner', 'default'])
      await expect(plugboard.setDefaultModel(name)).rejects.toMatchObject({ code: 'MODEL_INVALID' })
    expect(plugboard.defaultModel).toBe('acme:one')
  })

  it('does not silently become another one when its provider goes', async () => {
    await using bench = await startBench({ acme: provider('acme'), other: provider('other') })
    const { plugboard } = bench
    await plugboard.setDefaultModel('other:two')
    const gone = next(plugboard, 'plugin:unplugged', ({ id }) => id === 'other')
    await removePlugin(bench.plugins, 'other')
    await gone
    expect(await ask(plugboard, 'default')).toMatch(/^not_found: The provider "other" was unplugged/)
    expect(plugboard.defaultModel).toBe('other:two')
  })

  it('says what to do when there is none', async () => {
    await using bench = await startBench()
    expect(bench.plugboard.defaultModel).toBeUndefined()
    expect((await bench.plugboard.complete('default', hello)).error).toMatchObject({
      class: 'not_found',
      providerCode: 'MODEL_MISSING',
      hint: expect.stringContaining('plugboard models default') as string,
    })
  })
})
