import { describe, expect, it } from 'vitest'
import { ask, codePlugin, hello, next, startBench } from '../../fixtures-plugins.ts'
import { startOpenAIUpstream } from '../../support/openai-upstream.ts'
import { startGateway } from '../../support/running-gateway.ts'
import { until } from '../../support/until.ts'
import { auditOf, KEY, providerIn, speaking } from './support.ts'

describe('a provider that is disabled', () => {
  it('is not listed and not called, with an error that says so; running calls finish', async () => {
    const half = Promise.withResolvers<void>()
    await using upstream = await startOpenAIUpstream({ script: { hold: { after: 1, until: half.promise } } })
    await using bench = await startBench({ acme: speaking('acme'), other: codePlugin('other') })
    const { plugboard } = bench
    await plugboard.providers.save('acme', { settings: { apiKey: KEY, baseUrl: upstream.url } })
    const running = plugboard.stream('acme:gpt-4o', hello)
    await upstream.chat(0)
    const changed = next(plugboard, 'providers:changed')
    const swaps: unknown[] = []
    plugboard.on('plugin:swapped', (event) => swaps.push(event))
    expect(await plugboard.providers.disable('acme', 'key_1')).toMatchObject({ state: 'disabled', enabled: false })
    expect(await changed).toEqual({ added: [], removed: ['acme'], replaced: [] })

    for (const name of ['acme:gpt-4o', 'acme/gpt-4o', 'gpt-4o']) {
      const { error } = await plugboard.complete(name, hello)
      expect(error).toMatchObject({
        class: 'not_found',
        providerCode: 'PROVIDER_DISABLED',
        message: 'The provider "acme" is disabled.',
        hint: expect.stringContaining('providers enable') as string,
        retryable: false,
      })
    }
    expect((await plugboard.catalog.list({ all: true })).map(({ provider }) => provider)).toEqual(['other'])
    expect(plugboard.providers.listEnabled().map(({ id }) => id)).toEqual(['other'])
    expect(plugboard.providers.available().map(({ id }) => id)).toEqual(['other'])
    half.resolve()
    expect(await running.result()).toMatchObject({ stopReason: 'stop' })

    await plugboard.providers.enable('acme', 'key_1')
    await plugboard.providers.enable('acme', 'key_1')
    expect(providerIn(bench, 'acme').state).toBe('ready')
    expect(await ask(plugboard, 'gpt-4o')).toBe('Hello from the upstream.')
    // Nothing was built anew for it: a version that is replaced may only drain for so long.
    expect(swaps).toEqual([])
    await until(() => auditOf(bench).length === 4)
    expect(auditOf(bench).slice(2)).toEqual(['provider_disabled acme by key_1 ""', 'provider_enabled acme by key_1 ""'])
  })

  it('stays so when its plugin is replaced, and after a restart', async () => {
    await using bench = await startBench({ acme: codePlugin('acme') })
    await bench.plugboard.providers.disable('acme')
    expect(await bench.plugboard.reloadPlugin('acme')).toMatchObject({ state: 'ready' })
    expect(providerIn(bench, 'acme').state).toBe('disabled')
    await bench.plugboard[Symbol.asyncDispose]()
    await using gateway = await startGateway({ dataDir: bench.dir.at('data'), builtIn: false })
    const answer = await gateway.post('/v1/chat/completions', { model: 'acme:demo', ...hello })
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({
      error: { type: 'permission_error', code: 'provider_disabled', param: 'model', provider: 'acme' },
    })
    expect(await (await gateway.get('/v1/models')).json()).toEqual({ object: 'list', data: [] })
  })

  it('is unknown when it never was there', async () => {
    await using bench = await startBench({ acme: codePlugin('acme') })
    await expect(bench.plugboard.providers.disable('acne')).rejects.toMatchObject({ code: 'PROVIDER_UNKNOWN' })
  })
})
