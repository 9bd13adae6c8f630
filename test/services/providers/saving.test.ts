import { readFile, readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { Vault, type AssistantMessage } from '../../../core/index.ts'
import {
  ask,
  codePlugin,
  hello,
  next,
  sayExpression,
  startBench,
  writeFiles,
  type Bench,
} from '../../fixtures-plugins.ts'
import { startOpenAIUpstream, type OpenAIUpstream } from '../../support/openai-upstream.ts'
import { until } from '../../support/until.ts'
import { CONFIG, KEY, OTHER_KEY, auditOf, openedAgain, providerIn, speaking } from './support.ts'

const keysOf = ({ chats }: OpenAIUpstream): unknown[] => chats.map(({ headers }) => headers.authorization)

const textOf = ({ content }: AssistantMessage): string =>
  content.map((part) => (part.type === 'text' ? part.text : '')).join('')

/** Everything that was written anywhere, as one text. */
async function tracesOf(bench: Bench): Promise<string> {
  const names = (await readdir(bench.dir.at('data'), { withFileTypes: true })).filter((entry) => entry.isFile())
  const files = await Promise.all(names.map(({ name }) => readFile(bench.dir.at('data', name), 'latin1')))
  const { providers, auditLog } = bench.plugboard
  return [...files, JSON.stringify([providers.list(), auditLog.entries(), bench.log.lines])].join('\n')
}

describe('saving the settings of a provider', () => {
  it('makes it callable at once, keeps it over a restart, and leaves no trace of the key', async () => {
    await using upstream = await startOpenAIUpstream({ apiKey: KEY })
    await using bench = await startBench({ acme: speaking('acme') })
    const { plugboard } = bench
    expect(providerIn(bench, 'acme')).toMatchObject({ state: 'unconfigured', configured: false, saved: undefined })
    expect(plugboard.providers.available()).toEqual([])
    expect((await plugboard.complete('acme:gpt-4o', hello)).error).toMatchObject({
      class: 'auth',
      hint: 'Set the environment variable ACME_API_KEY, or its key: plugboard providers set acme.',
    })

    const saved = await plugboard.providers.save('acme', { settings: { apiKey: KEY, baseUrl: upstream.url } }, 'key_1')
    expect(saved).toMatchObject({
      id: 'acme',
      type: 'acme',
      name: 'Acme',
      plugin: 'acme',
      protocol: 'openai-chat',
      baseUrl: upstream.url,
      enabled: true,
      configured: true,
      state: 'ready',
      problem: undefined,
      models: 1,
      defaultModel: 'gpt-4o',
      maskedKey: 'sk-...aaaa',
      settings: { baseUrl: upstream.url },
      secrets: { apiKey: 'sk-...aaaa' },
      schema: CONFIG,
      keysUrl: 'https://acme.example/keys',
    })
    expect(plugboard.providers.list()).toEqual([saved])
    expect(plugboard.providers.available()).toEqual([saved])
    expect(await ask(plugboard, 'acme:gpt-4o')).toBe('Hello from the upstream.')
    const traces = await tracesOf(bench)
    expect(traces).toContain('provider_configured')
    expect(traces).not.toContain(KEY)

    await plugboard[Symbol.asyncDispose]()
    await using again = await openedAgain(bench)
    expect(await ask(again, 'acme:gpt-4o')).toBe('Hello from the upstream.')
    expect(keysOf(upstream)).toEqual([`Bearer ${KEY}`, `Bearer ${KEY}`])
  })

  it('changes what is named and leaves the rest; null takes away', async () => {
    await using upstream = await startOpenAIUpstream()
    await using bench = await startBench({ acme: speaking('acme') })
    const { providers } = bench.plugboard
    await providers.save('acme', { settings: { apiKey: KEY } }, 'cli')
    await providers.save('acme', { settings: { baseUrl: upstream.url }, name: 'Acme in Europe' }, 'cli')
    expect(providerIn(bench, 'acme')).toMatchObject({ name: 'Acme in Europe', maskedKey: 'sk-...aaaa', state: 'ready' })
    await providers.save('acme', { settings: { apiKey: OTHER_KEY } }, 'cli')
    await ask(bench.plugboard, 'acme:gpt-4o')
    expect(keysOf(upstream)).toEqual([`Bearer ${OTHER_KEY}`])

    await providers.save('acme', { settings: { apiKey: null, baseUrl: null }, name: null }, 'cli')
    expect(providerIn(bench, 'acme')).toMatchObject({
      name: 'Acme',
      state: 'unconfigured',
      maskedKey: undefined,
      settings: { baseUrl: 'http://127.0.0.1:9/v1' },
    })
    expect(bench.plugboard.vault.names()).toEqual([])
    await until(() => auditOf(bench).length === 7)
    expect(auditOf(bench)).toEqual([
      'credentials_added acme by cli ["apiKey"]',
      'provider_configured acme by cli ""',
      'provider_configured acme by cli ""',
      'credentials_updated acme by cli ["apiKey"]',
      'provider_configured acme by cli ""',
      'credentials_removed acme by cli ["apiKey"]',
      'provider_configured acme by cli ""',
    ])
  })

  it('lets a stream in flight end on the settings it began with, while the next call has the new ones', async () => {
    const half = Promise.withResolvers<void>()
    await using former = await startOpenAIUpstream({
      apiKey: KEY,
      script: {
        text: 'the former answer',
        deltas: ['the ', 'former ', 'answer'],
        hold: { after: 1, until: half.promise },
      },
    })
    await using latter = await startOpenAIUpstream({ apiKey: OTHER_KEY, script: { text: 'the latter answer' } })
    await using bench = await startBench({ acme: speaking('acme') })
    const { plugboard } = bench
    await plugboard.providers.save('acme', { settings: { apiKey: KEY, baseUrl: former.url } })
    const running = plugboard.stream('acme:gpt-4o', hello)
    await former.chat(0)
    const disposed = next(plugboard, 'plugin:disposed')
    await plugboard.providers.save('acme', { settings: { apiKey: OTHER_KEY, baseUrl: latter.url } })
    expect(await ask(plugboard, 'acme:gpt-4o')).toBe('the latter answer')
    expect(plugboard.engine.running).toBe(1)
    half.resolve()
    expect(textOf(await running.result())).toBe('the former answer')
    expect(await disposed).toMatchObject({ id: 'acme', cut: 0 })
    expect(plugboard.ledger.totals().calls).toBe(2)
  })

  it.each([
    [{ regoin: 1 }, 'unknown key "regoin"'],
    [{ baseURL: 'http://127.0.0.1' }, 'did you mean "baseUrl"'],
    [{ baseUrl: 'not a url' }, '/baseUrl must be a uri'],
    [{ apiKey: 'short' }, '/apiKey'],
    [{ apiKey: '' }, '/apiKey must be a text that is not empty'],
  ])('refuses %j with the place, and changes nothing', async (settings, says) => {
    await using upstream = await startOpenAIUpstream({ apiKey: KEY })
    await using bench = await startBench({ acme: speaking('acme') })
    const { plugboard } = bench
    const before = await plugboard.providers.save('acme', { settings: { apiKey: KEY, baseUrl: upstream.url } })
    const failed: unknown[] = []
    plugboard.on('plugin:rejected', (event) => failed.push(event))
    await expect(plugboard.providers.save('acme', { settings, enabled: false })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(says) as string,
      details: { findings: [{ file: 'settings of acme' }] },
    })
    expect(providerIn(bench, 'acme')).toEqual(before)
    expect(await ask(plugboard, 'acme:gpt-4o')).toBe('Hello from the upstream.')
    expect(failed).toEqual([])
  })

  it('refuses what only the plugin finds wrong, and the former version serves on', async () => {
    const setup = `if (context.config.region === 'moon') throw new Error('there is no server on the moon')`
    const config = { type: 'object', properties: { region: { type: 'string' } } }
    const stream = sayExpression('context.config.region')
    await using bench = await startBench({ acme: codePlugin('acme', { setup, stream }, { config }) })
    const { plugboard } = bench
    await plugboard.providers.save('acme', { settings: { region: 'eu' } })
    const error = plugboard.providers.save('acme', { settings: { region: 'moon' } })
    await expect(error).rejects.toMatchObject({
      code: 'PLUGIN_SETUP_FAILED',
      message: expect.stringContaining('no server on the moon') as string,
    })
    expect(providerIn(bench, 'acme')).toMatchObject({ state: 'ready', problem: undefined, settings: { region: 'eu' } })
    expect(await ask(plugboard, 'acme:demo')).toBe('eu')
    await plugboard.providers.save('acme', { settings: { region: 'us' } })
    expect(await ask(plugboard, 'acme:demo')).toBe('us')
  })

  it('sets a code plugin up anew without evaluating its files again', async () => {
    const top = `globalThis.evaluated = (globalThis.evaluated ?? 0) + 1`
    const setup = `context.log.info('set up', { n: globalThis.evaluated })
      context.defer(() => context.log.info('undone'))`
    const stream = sayExpression(`context.secret('apiKey').reveal()`)
    const config = { ...CONFIG, additionalProperties: true }
    await using bench = await startBench({ acme: codePlugin('acme', { top, setup, stream }, { config }) })
    const { plugboard } = bench
    for (const apiKey of [KEY, OTHER_KEY]) {
      await plugboard.providers.save('acme', { settings: { apiKey } })
      expect(await ask(plugboard, 'acme:demo')).toBe(apiKey)
    }
    await until(() => bench.log.messages('info').filter((message) => message === 'undone').length === 2)
    const runs = bench.log.lines.filter(({ message }) => message === 'set up').map(({ details }) => details['n'])
    expect(runs).toHaveLength(3)
    expect(new Set(runs).size).toBe(1)

    // New files are another matter, and meet the settings that are saved.
    const swapped = next(plugboard, 'plugin:swapped')
    await writeFiles(
      `${bench.plugins}/acme`,
      codePlugin(
        'acme',
        { top, setup, stream: sayExpression(`'new ' + context.secret('apiKey').reveal()`) },
        { config },
      ),
    )
    await swapped
    expect(await ask(plugboard, 'acme:demo')).toBe(`new ${OTHER_KEY}`)
  })

  it('is the setting of all providers of a plugin', async () => {
    await using upstream = await startOpenAIUpstream({ apiKey: KEY })
    const provider = {
      protocol: 'openai-chat',
      baseUrl: '${config.baseUrl}',
      auth: { type: 'bearer' },
      models: [{ id: 'gpt-4o' }],
    }
    const contributes = {
      providers: [
        { id: 'acme', ...provider },
        { id: 'acme-two', bareNames: false, ...provider },
      ],
    }
    await using bench = await startBench({ acme: speaking('acme', { contributes }) })
    const { plugboard } = bench
    await plugboard.providers.save('acme-two', { settings: { apiKey: KEY, baseUrl: upstream.url }, name: 'The second' })
    expect(plugboard.providers.list().map(({ id, state, name, maskedKey }) => [id, state, name, maskedKey])).toEqual([
      ['acme', 'ready', 'acme', 'sk-...aaaa'],
      ['acme-two', 'ready', 'The second', 'sk-...aaaa'],
    ])
    expect(await ask(plugboard, 'acme-two:gpt-4o')).toBe('Hello from the upstream.')
    await plugboard.providers.disable('acme-two')
    expect(plugboard.providers.available().map(({ id }) => id)).toEqual(['acme'])
  })

  it('wins over the environment, and the host wins over it', async () => {
    await using upstream = await startOpenAIUpstream()
    const env = { ACME_API_KEY: 'sk-environment-key-0000' }
    const baseUrl = upstream.url
    await using bench = await startBench({ acme: speaking('acme') }, { env, settings: { acme: { baseUrl } } })
    const { plugboard } = bench
    expect(providerIn(bench, 'acme')).toMatchObject({ state: 'ready', maskedKey: 'sk-...0000', saved: undefined })
    await ask(plugboard, 'acme:gpt-4o')
    await plugboard.providers.save('acme', { settings: { apiKey: KEY, baseUrl: 'http://127.0.0.1:9/elsewhere' } })
    expect(providerIn(bench, 'acme').baseUrl).toBe(baseUrl)
    await ask(plugboard, 'acme:gpt-4o')
    expect(await plugboard.providers.remove('acme')).toBe(true)
    expect(await plugboard.providers.remove('acme')).toBe(false)
    await ask(plugboard, 'acme:gpt-4o')
    expect(keysOf(upstream)).toEqual([
      'Bearer sk-environment-key-0000',
      `Bearer ${KEY}`,
      'Bearer sk-environment-key-0000',
    ])
    expect(plugboard.vault.names()).toEqual([])
  })

  it('that are taken away stop serving, also when the plugin cannot do without', async () => {
    await using upstream = await startOpenAIUpstream()
    await using bench = await startBench({ acme: speaking('acme', { config: { ...CONFIG, required: ['apiKey'] } }) })
    const { plugboard } = bench
    expect(providerIn(bench, 'acme')).toMatchObject({
      state: 'failed',
      problem: { code: 'CONFIG_INVALID', findings: [{ pointer: '/apiKey', message: 'is required' }] },
      schema: { required: ['apiKey'] },
    })
    await plugboard.providers.save('acme', { settings: { apiKey: KEY, baseUrl: upstream.url } })
    expect(await ask(plugboard, 'acme:gpt-4o')).toBe('Hello from the upstream.')
    await plugboard.providers.remove('acme')
    expect(providerIn(bench, 'acme')).toMatchObject({ state: 'failed', problem: { code: 'CONFIG_INVALID' } })
    expect(await ask(plugboard, 'acme:gpt-4o')).toContain('unplugged')
    expect(upstream.chats).toHaveLength(1)
  })

  it('says which providers there are when it is given another one', async () => {
    await using bench = await startBench({ acme: speaking('acme') })
    await expect(bench.plugboard.providers.save('acne', { settings: {} })).rejects.toMatchObject({
      code: 'PROVIDER_UNKNOWN',
      message: 'There is no provider "acne". Did you mean "acme"?',
    })
    await expect(bench.plugboard.providers.save('acme', { type: 'other' })).rejects.toMatchObject({
      code: 'PROVIDER_TYPE_FIXED',
    })
  })
})

describe('a vault that is locked', () => {
  it('is the problem of the providers whose keys are in it, and of no other', async () => {
    await using upstream = await startOpenAIUpstream()
    await using bench = await startBench({ acme: speaking('acme'), other: codePlugin('other') })
    await bench.plugboard.providers.save('acme', { settings: { apiKey: KEY, baseUrl: upstream.url } })
    await bench.plugboard[Symbol.asyncDispose]()
    await using plugboard = await openedAgain(bench, { env: { PLUGBOARD_MASTER_KEY: 'ab'.repeat(32) } })
    expect(plugboard.providers.get('other')?.state).toBe('ready')
    expect(plugboard.providers.get('acme')).toMatchObject({ state: 'failed', problem: { code: 'VAULT_LOCKED' } })
    expect(await ask(plugboard, 'other:demo')).toBe('other')
    const { error } = await plugboard.complete('acme:gpt-4o', hello)
    expect(error).toMatchObject({ class: 'server', providerCode: 'VAULT_LOCKED', hint: expect.any(String) as string })
    await expect(plugboard.providers.save('other', { enabled: false })).resolves.toMatchObject({ state: 'disabled' })
    expect(upstream.chats).toEqual([])
  })

  it('is not opened before a key is needed', async () => {
    await using upstream = await startOpenAIUpstream({ apiKey: KEY })
    await using bench = await startBench({ acme: speaking('acme') })
    await bench.plugboard.providers.save('acme', { settings: { apiKey: KEY, baseUrl: upstream.url } })
    await bench.plugboard[Symbol.asyncDispose]()
    const opened: string[] = []
    await using plugboard = await openedAgain(bench, {
      services: (scope) => {
        const vault = scope.get(Vault)
        scope.value(Vault, {
          get(name) {
            opened.push(name)
            return vault.get(name)
          },
          set: (name, value) => vault.set(name, value),
          remove: (name) => vault.remove(name),
          names: (prefix) => vault.names(prefix),
        })
      },
    })
    await plugboard.catalog.list()
    expect(opened).toEqual([])
    expect(await ask(plugboard, 'acme:gpt-4o')).toBe('Hello from the upstream.')
    expect(await ask(plugboard, 'acme:gpt-4o')).toBe('Hello from the upstream.')
    expect(opened).toEqual(['provider/acme/apiKey'])
  })
})
