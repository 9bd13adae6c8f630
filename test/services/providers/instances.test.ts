import { describe, expect, it } from 'vitest'
import {
  ask,
  codePlugin,
  dropIn,
  hello,
  next,
  removePlugin,
  sayExpression,
  startBench,
  writeFiles,
  type Bench,
} from '../../fixtures-plugins.ts'
import { startOpenAIUpstream } from '../../support/openai-upstream.ts'
import { until } from '../../support/until.ts'
import { CONFIG, KEY, OTHER_KEY, openedAgain, providerIn, speaking } from './support.ts'

/** Two instances of acme, each with its own key for its own server. */
async function twoInstances(bench: Bench, urls: readonly [string, string]): Promise<void> {
  const { providers } = bench.plugboard
  await providers.save('acme_main', { type: 'acme', settings: { apiKey: KEY, baseUrl: urls[0] } })
  await providers.save('acme_backup', {
    type: 'acme',
    name: 'Spare',
    settings: { apiKey: OTHER_KEY, baseUrl: urls[1] },
  })
}

describe('several instances of one provider', () => {
  it('have their own key, address, name in the books and budget', async () => {
    await using one = await startOpenAIUpstream({ apiKey: KEY, script: { text: 'from one' } })
    await using two = await startOpenAIUpstream({ apiKey: OTHER_KEY, script: { text: 'from two' } })
    await using bench = await startBench({ acme: speaking('acme') })
    const { plugboard } = bench
    await twoInstances(bench, [one.url, two.url])
    expect(await ask(plugboard, 'acme_main:gpt-4o')).toBe('from one')
    expect(await ask(plugboard, 'acme_backup:gpt-4o')).toBe('from two')
    expect(plugboard.ledger.entries().map(({ provider }) => provider)).toEqual(['acme_backup', 'acme_main'])
    expect(
      plugboard.providers.list().map(({ id, type, name, state, plugin }) => ({ id, type, name, state, plugin })),
    ).toEqual([
      { id: 'acme', type: 'acme', name: 'Acme', state: 'unconfigured', plugin: 'acme' },
      { id: 'acme_backup', type: 'acme', name: 'Spare', state: 'ready', plugin: 'acme' },
      { id: 'acme_main', type: 'acme', name: 'Acme (acme_main)', state: 'ready', plugin: 'acme' },
    ])
    expect((await plugboard.catalog.list()).map(({ provider, id }) => `${provider}:${id}`)).toEqual([
      'acme_main:gpt-4o',
      'acme_backup:gpt-4o',
    ])
    expect(plugboard.plugins.map(({ id }) => id)).toEqual(['acme'])

    await plugboard.budgets.set({ scope: { kind: 'provider', value: 'acme_main' }, window: 'daily', limitNano: 1 })
    expect(await ask(plugboard, 'acme_main:gpt-4o')).toContain('quota')
    expect(await ask(plugboard, 'acme_backup:gpt-4o')).toBe('from two')
  })

  it('do not make a bare name ambiguous: it means the provider itself, else the first instance that is set up', async () => {
    await using one = await startOpenAIUpstream({ script: { text: 'from one' } })
    await using two = await startOpenAIUpstream({ script: { text: 'from two' } })
    await using own = await startOpenAIUpstream({ script: { text: 'from its own' } })
    await using bench = await startBench({ acme: speaking('acme') })
    const { plugboard } = bench
    await plugboard.providers.save('acme_empty', { type: 'acme' })
    await twoInstances(bench, [one.url, two.url])
    expect(await ask(plugboard, 'gpt-4o')).toBe('from one')
    await plugboard.providers.disable('acme_main')
    expect(await ask(plugboard, 'gpt-4o')).toBe('from two')
    await plugboard.providers.save('acme', { settings: { apiKey: KEY, baseUrl: own.url } })
    expect(await ask(plugboard, 'gpt-4o')).toBe('from its own')
  })

  it('cost what the provider they are instances of costs, until they are given prices of their own', async () => {
    const prices = {
      models: { 'acme:gpt-4o': { input: '7', output: '7' }, 'acme_b:gpt-4o': { input: '9', output: '9' } },
    }
    const unpriced = [{ id: 'gpt-4o-mini' }, { id: 'gpt-4o' }]
    const openai = { id: 'openai', protocol: 'openai-chat', baseUrl: 'http://127.0.0.1:9/v1', models: unpriced }
    await using bench = await startBench(
      { acme: speaking('acme'), openai: speaking('openai', { contributes: { providers: [openai] } }) },
      { prices },
    )
    const { plugboard } = bench
    await plugboard.providers.save('acme_a', { type: 'acme' })
    await plugboard.providers.save('acme_b', { type: 'acme' })
    await plugboard.providers.save('my_openai', { type: 'openai' })
    const priceOf = async (provider: string, id: string) => {
      const version = plugboard.prices.priceOf?.(await plugboard.getModel(provider, id))
      return version && { layer: version.layer, price: version.price }
    }
    expect(await priceOf('acme_a', 'gpt-4o')).toMatchObject({ layer: 'override', price: { input: '7' } })
    expect(await priceOf('acme_b', 'gpt-4o')).toMatchObject({ layer: 'override', price: { input: '9' } })
    const listed = await priceOf('openai', 'gpt-4o-mini')
    expect(listed).toMatchObject({ layer: 'base' })
    expect(await priceOf('my_openai', 'gpt-4o-mini')).toEqual(listed)
  })

  it('of code are set up once each, with their own context', async () => {
    const top = 'let count = 0'
    const setup = `const mine = ++count
      const word = context.config.word
      context.defer(() => context.log.info('undone', { word }))`
    const stream = `if (request.context.messages[0].content === 'fail') throw new ProviderError('server', 'broken', { provider: 'acme' })
      ${sayExpression(`word + ' for ' + request.model.provider + ' at ' + context.generation.slice(0, 0) + mine`)}`
    const config = { type: 'object', properties: { word: { type: 'string', default: 'none' } } }
    await using bench = await startBench({ acme: codePlugin('acme', { top, setup, stream }, { config }) })
    const { plugboard } = bench
    await plugboard.providers.save('acme_a', { type: 'acme', settings: { word: 'A' } })
    await plugboard.providers.save('acme_b', { type: 'acme', settings: { word: 'B' } })
    expect(await ask(plugboard, 'acme:demo')).toBe('none for acme at 1')
    expect(await ask(plugboard, 'acme_a:demo')).toBe('A for acme_a at 2')
    expect(await ask(plugboard, 'acme_b:demo')).toBe('B for acme_b at 3')
    const failed = await plugboard.complete('acme_b:demo', { messages: [{ role: 'user', content: 'fail' }] })
    expect(failed.error).toMatchObject({ class: 'server', provider: 'acme_b' })

    expect(await plugboard.providers.remove('acme_a')).toBe(true)
    await until(() => bench.log.lines.some(({ message, details }) => message === 'undone' && details['word'] === 'A'))
    expect(providerIn(bench, 'acme_b').state).toBe('ready')
    expect(plugboard.providers.get('acme_a')).toBeUndefined()
    expect(await ask(plugboard, 'acme_a:demo')).toContain('unplugged')
  })

  it('come back after a restart in the order they were made', async () => {
    await using one = await startOpenAIUpstream({ script: { text: 'from one' } })
    await using two = await startOpenAIUpstream({ script: { text: 'from two' } })
    await using bench = await startBench({ acme: speaking('acme') })
    await twoInstances(bench, [one.url, two.url])
    await bench.plugboard[Symbol.asyncDispose]()
    await using again = await openedAgain(bench)
    expect(await ask(again, 'gpt-4o')).toBe('from one')
    expect(await ask(again, 'acme_backup:gpt-4o')).toBe('from two')
  })

  it('follow the files of their plugin, also when those go and come back', async () => {
    await using upstream = await startOpenAIUpstream({ models: ['gpt-4o', 'gpt-5'] })
    await using bench = await startBench({ acme: speaking('acme') })
    const { plugboard, plugins } = bench
    await twoInstances(bench, [upstream.url, upstream.url])
    const swapped = next(plugboard, 'plugin:swapped', ({ id }) => id === 'acme_backup')
    const contributes = {
      providers: [
        {
          id: 'acme',
          protocol: 'openai-chat',
          baseUrl: '${config.baseUrl}',
          auth: { type: 'bearer' },
          models: [{ id: 'gpt-5' }],
        },
      ],
    }
    await writeFiles(`${plugins}/acme`, speaking('acme', { contributes }))
    await swapped
    expect(await ask(plugboard, 'acme_backup:gpt-5')).toBe('Hello from the upstream.')

    const unplugged = next(plugboard, 'plugin:unplugged', ({ id }) => id === 'acme_main')
    await removePlugin(plugins, 'acme')
    await unplugged
    await until(() => plugboard.providers.get('acme_main')?.state === 'failed')
    expect(await ask(plugboard, 'acme_main:gpt-5')).toContain('unplugged')
    const back = next(plugboard, 'plugin:swapped', ({ id }) => id === 'acme_main')
    await dropIn(plugins, 'acme', speaking('acme', { contributes }))
    await back
    expect(await ask(plugboard, 'acme_main:gpt-5')).toBe('Hello from the upstream.')
  })

  it('take no key from the environment: that one is the provider’s own', async () => {
    await using bench = await startBench({ acme: speaking('acme') }, { env: { ACME_API_KEY: KEY } })
    const { providers } = bench.plugboard
    expect(await providers.save('acme_two', { type: 'acme' })).toMatchObject({ state: 'unconfigured' })
    expect(providers.available().map(({ id }) => id)).toEqual(['acme'])
    const { error } = await bench.plugboard.complete('acme_two:gpt-4o', hello)
    expect(error).toMatchObject({ class: 'auth', hint: 'Set its key: plugboard providers set acme_two.' })
  })

  it.each([
    ['Acme', 'acme', 'PROVIDER_ID_INVALID'],
    ['acme:two', 'acme', 'PROVIDER_ID_INVALID'],
    ['__proto__', 'acme', 'PROVIDER_ID_INVALID'],
    ['acme_two', 'acne', 'PROVIDER_TYPE_UNKNOWN'],
    ['suite', 'acme', 'CONTRIBUTION_TAKEN'],
  ])('cannot be called %s with the type %s', async (id, type, code) => {
    const suite = {
      contributes: {
        providers: [{ id: 'in-suite', auth: { type: 'none' }, protocol: 'openai-chat', baseUrl: 'http://127.0.0.1:9' }],
      },
    }
    await using bench = await startBench({ acme: speaking('acme'), suite: speaking('suite', suite) })
    await expect(bench.plugboard.providers.save(id, { type })).rejects.toMatchObject({
      code,
      hint: expect.any(String) as string,
    })
    expect(bench.plugboard.providers.list().map((each) => each.id)).toEqual(['acme', 'in-suite'])
  })

  it('may be called what JavaScript calls its own things', async () => {
    await using bench = await startBench({ acme: speaking('acme') })
    expect(await bench.plugboard.providers.save('constructor', { type: 'acme' })).toMatchObject({
      id: 'constructor',
      name: 'Acme (constructor)',
    })
  })

  it('that a plugin refuses are not made', async () => {
    await using bench = await startBench({ acme: speaking('acme', { config: { ...CONFIG, required: ['apiKey'] } }) })
    await expect(bench.plugboard.providers.save('acme_two', { type: 'acme' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'settings of acme: /apiKey is required',
    })
    expect(bench.plugboard.providers.get('acme_two')).toBeUndefined()
    expect(await bench.plugboard.providers.save('acme_two', { type: 'acme', settings: { apiKey: KEY } })).toMatchObject(
      {
        state: 'ready',
      },
    )
  })
})
