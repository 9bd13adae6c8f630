import { describe, expect, it } from 'vitest'
import type { Provider, ProviderDeclaration } from '../../../core/index.ts'
import { ask, codePlugin, dropIn, hello, next, startBench } from '../../fixtures-plugins.ts'
import { startOpenAIUpstream } from '../../support/openai-upstream.ts'
import { KEY, OTHER_KEY, openedAgain, providerIn, speaking } from './support.ts'

const declaration: ProviderDeclaration = {
  id: 'mine',
  name: 'My own',
  auth: { type: 'none' },
  models: [{ id: 'echo', price: { input: '1', output: '1' } }],
  defaultModel: 'echo',
}

/** Says a word; waits before the last event until it is let go on. */
const saying = (word: string, goOn: Promise<unknown> = Promise.resolve()): Provider => ({
  api: 1,
  async *stream() {
    yield { type: 'text_start', contentIndex: 0 }
    yield { type: 'text_delta', contentIndex: 0, delta: word }
    await goOn
    yield { type: 'text_end', contentIndex: 0, content: word }
    const usage = { input: 10, output: 10, cacheRead: 0, cacheWrite: 0, totalTokens: 20 }
    yield { type: 'finish', reason: 'stop', usage }
  },
})

describe('a provider object of the host', () => {
  it('is a provider like any other: listed, called, booked, disabled, validated', async () => {
    await using bench = await startBench()
    const { plugboard } = bench
    plugboard.providers.register(declaration, saying('one'))
    expect(await ask(plugboard, 'mine:echo')).toBe('one')
    expect(await ask(plugboard, 'echo')).toBe('one')
    expect(plugboard.ledger.entries()[0]).toMatchObject({ provider: 'mine', cost: { total: 20_000 } })
    expect(plugboard.catalog.defaultModel()).toMatchObject({ provider: 'mine', id: 'echo' })
    expect(providerIn(bench, 'mine')).toMatchObject({
      type: 'mine',
      name: 'My own',
      plugin: undefined,
      schema: undefined,
      state: 'ready',
      models: 1,
    })
    expect(await plugboard.providers.validate('mine')).toMatchObject({ ok: true })
    await plugboard.providers.disable('mine')
    expect(await ask(plugboard, 'mine:echo')).toContain('disabled')
    await expect(plugboard.providers.save('mine', { settings: { apiKey: KEY } })).rejects.toMatchObject({
      code: 'PROVIDER_HOST_OWNED',
    })
  })

  it('can be replaced and taken away while a call runs, which finishes on what it began with', async () => {
    const wait = Promise.withResolvers<void>()
    await using bench = await startBench()
    const { plugboard } = bench
    plugboard.providers.register(declaration, saying('former', wait.promise))
    const running = plugboard.stream('mine:echo', hello)
    await new Promise((resolve) => setImmediate(resolve))
    const replaced = next(plugboard, 'providers:changed')
    plugboard.providers.register(declaration, saying('latter'))
    expect(await replaced).toEqual({ added: [], removed: [], replaced: ['mine'] })
    expect(await ask(plugboard, 'mine:echo')).toBe('latter')
    expect(plugboard.providers.unregister('mine')).toBe(true)
    expect(plugboard.providers.unregister('mine')).toBe(false)
    expect(await ask(plugboard, 'mine:echo')).toContain('unplugged')
    expect(plugboard.providers.list()).toEqual([])
    wait.resolve()
    expect(await running.result()).toMatchObject({ stopReason: 'stop', content: [{ text: 'former' }] })
  })

  it('is refused where a plugin’s would be', async () => {
    await using bench = await startBench({ acme: codePlugin('acme') })
    const { providers } = bench.plugboard
    expect(() => providers.register({ ...declaration, id: 'acme' }, saying('x'))).toThrow(
      expect.objectContaining({ code: 'CONTRIBUTION_TAKEN' }) as Error,
    )
    expect(() => providers.register({ ...declaration, defaultModle: 'x' } as ProviderDeclaration, saying('x'))).toThrow(
      expect.objectContaining({
        code: 'MANIFEST_INVALID',
        message: 'the declaration: /defaultModle unknown key "defaultModle"; did you mean "defaultModel"?',
      }) as Error,
    )
    expect(() => providers.register(declaration, {} as Provider)).toThrow(
      expect.objectContaining({ code: 'CONTRIBUTION_INVALID' }) as Error,
    )
    expect(providers.list().map(({ id }) => id)).toEqual(['acme'])
  })
})

describe('providers that the host configures', () => {
  it('are instances without anything saved, and win over what is', async () => {
    await using upstream = await startOpenAIUpstream({ apiKey: KEY })
    const acme = { type: 'acme', settings: { apiKey: KEY, baseUrl: upstream.url } }
    await using bench = await startBench(
      { acme: speaking('acme') },
      { providers: { acme_main: acme, acme_off: { ...acme, enabled: false }, acme: { name: 'Renamed' } } },
    )
    const { plugboard } = bench
    expect(plugboard.providers.list().map(({ id, name, state, saved }) => [id, name, state, saved])).toEqual([
      ['acme', 'Renamed', 'unconfigured', undefined],
      ['acme_main', 'Acme (acme_main)', 'ready', undefined],
      ['acme_off', 'Acme (acme_off)', 'disabled', undefined],
    ])
    await plugboard.providers.save('acme_main', { settings: { apiKey: OTHER_KEY }, name: 'Saved name' })
    expect(await ask(plugboard, 'acme_main:gpt-4o')).toBe('Hello from the upstream.')
    await expect(plugboard.providers.enable('acme_off')).rejects.toMatchObject({ code: 'PROVIDER_HOST_OWNED' })
    await plugboard.providers.remove('acme_main')
    expect(await ask(plugboard, 'acme_main:gpt-4o')).toBe('Hello from the upstream.')
    await plugboard.providers.validate('acme_main')
    await plugboard[Symbol.asyncDispose]()

    // What the host no longer says is gone.
    await using without = await openedAgain(bench)
    expect(without.providers.list().map(({ id }) => id)).toEqual(['acme'])
  })

  it('wait for a plugin that offers their type', async () => {
    await using bench = await startBench({}, { providers: { mine: { type: 'acme' } } })
    expect(providerIn(bench, 'mine')).toMatchObject({
      state: 'failed',
      type: 'acme',
      problem: { code: 'PROVIDER_TYPE_UNKNOWN', hint: expect.any(String) as string },
    })
    const swapped = next(bench.plugboard, 'plugin:swapped', ({ id }) => id === 'mine')
    await dropIn(bench.plugins, 'acme', codePlugin('acme'))
    await swapped
    expect(await ask(bench.plugboard, 'mine:demo')).toBe('acme')
    expect(providerIn(bench, 'mine')).toMatchObject({ state: 'ready', problem: undefined })
  })
})
