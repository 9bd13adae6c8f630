import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { ProviderEvents } from '../../../core/index.ts'
import { freePort } from '../../support/free-port.ts'
import { startOpenAIUpstream } from '../../support/openai-upstream.ts'
import { codePlugin, providerOf, startBench } from '../../fixtures-plugins.ts'
import { KEY, OTHER_KEY, openedAgain, providerIn, speaking } from './support.ts'

/** A server that answers every request alike, or not at all. */
async function startServer(answer?: { readonly status: number; readonly body: unknown }) {
  const paths: string[] = []
  const server = createServer((request, response) => {
    paths.push(`${request.method} ${request.url}`)
    if (answer === undefined) return
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    paths,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

describe('validating a provider', () => {
  it('asks its server for the models, which costs nothing, and remembers when that last went well', async () => {
    await using upstream = await startOpenAIUpstream({ apiKey: KEY })
    await using bench = await startBench({ acme: speaking('acme') })
    const { plugboard } = bench
    await plugboard.providers.save('acme', { settings: { apiKey: KEY, baseUrl: upstream.url } })
    const heard: ProviderEvents['validated'][] = []
    plugboard.providers.on('validated', (event) => heard.push(event))
    const good = await plugboard.providers.validate('acme')
    expect(good).toEqual({
      ok: true,
      at: expect.any(Number) as number,
      latencyMs: expect.any(Number) as number,
      models: 2,
    })
    expect(upstream.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/models'])
    expect(plugboard.ledger.totals().calls).toBe(0)
    expect(providerIn(bench, 'acme')).toMatchObject({ lastValidatedAt: good.at, lastValidation: good })

    await plugboard.providers.save('acme', { settings: { apiKey: OTHER_KEY } })
    const bad = await plugboard.providers.validate('acme')
    expect(bad).toMatchObject({
      ok: false,
      error: { class: 'auth', status: 401, provider: 'acme' },
      message: 'Acme does not accept the API key.',
      action: 'enter_key',
    })
    expect(inspect(bad, { depth: 9 })).not.toContain(OTHER_KEY)
    expect(providerIn(bench, 'acme')).toMatchObject({ lastValidatedAt: good.at, lastValidation: bad })
    expect(heard).toEqual([
      { id: 'acme', validation: good },
      { id: 'acme', validation: bad },
    ])
    await plugboard[Symbol.asyncDispose]()
    await using again = await openedAgain(bench)
    expect(again.providers.get('acme')).toMatchObject({ lastValidatedAt: good.at, lastValidation: undefined })
  })

  it('remembers it also where nothing is saved, and saves nothing by that', async () => {
    await using upstream = await startOpenAIUpstream()
    const env = { ACME_API_KEY: KEY }
    await using bench = await startBench(
      { acme: speaking('acme') },
      { env, settings: { acme: { baseUrl: upstream.url } } },
    )
    const { at } = await bench.plugboard.providers.validate('acme')
    expect(providerIn(bench, 'acme')).toMatchObject({ lastValidatedAt: at, saved: undefined })
    expect(await bench.plugboard.providers.remove('acme')).toBe(false)
  })

  it('says what is missing without asking anybody', async () => {
    await using bench = await startBench({ acme: speaking('acme') })
    expect(await bench.plugboard.providers.validate('acme')).toMatchObject({
      ok: false,
      error: { class: 'auth' },
      message: 'Acme is not set up: it has no API key yet.',
      action: 'enter_key',
    })
    await expect(bench.plugboard.providers.validate('acne')).rejects.toMatchObject({ code: 'PROVIDER_UNKNOWN' })
  })

  it.each([
    [429, { error: { message: 'Slow down', type: 'rate_limit' } }, 'rate_limit', 'retry'],
    [402, { error: { message: 'Insufficient credit' } }, 'quota', 'check_account'],
    [500, { error: { message: 'Broken' } }, 'server', 'retry'],
    [200, 'a page', 'server', 'retry'],
  ])('tells a %i apart', async (status, body, errorClass, action) => {
    await using server = await startServer({ status, body })
    await using bench = await startBench({ acme: speaking('acme') })
    await bench.plugboard.providers.save('acme', { settings: { apiKey: KEY, baseUrl: server.url } })
    expect(await bench.plugboard.providers.validate('acme')).toMatchObject({
      ok: false,
      error: { class: errorClass },
      action,
    })
  })

  it('says when a local server does not run', async () => {
    await using bench = await startBench({ acme: speaking('acme') })
    const baseUrl = `http://127.0.0.1:${await freePort()}/v1`
    await bench.plugboard.providers.save('acme', { settings: { apiKey: KEY, baseUrl } })
    expect(await bench.plugboard.providers.validate('acme')).toMatchObject({
      ok: false,
      error: { class: 'network' },
      message: `Nothing answers at ${baseUrl}; Acme does not seem to run.`,
      action: 'start_server',
    })
  })

  it('gives up after 5 seconds, at the start as well, which goes on with what it has', async () => {
    await using silent = await startServer()
    await using upstream = await startOpenAIUpstream()
    const settings = { acme: { apiKey: KEY, baseUrl: silent.url }, other: { apiKey: KEY, baseUrl: upstream.url } }
    await using bench = await startBench(
      { acme: speaking('acme'), other: speaking('other'), bare: speaking('bare') },
      { settings, validateConnectivity: true },
    )
    expect(silent.paths).toEqual(['GET /v1/models'])
    expect(providerIn(bench, 'acme').lastValidation).toMatchObject({
      ok: false,
      error: { class: 'timeout' },
      message: 'Acme did not answer in time.',
      action: 'retry',
    })
    expect(providerIn(bench, 'acme').lastValidation?.latencyMs).toBeGreaterThanOrEqual(4_900)
    expect(providerIn(bench, 'other').lastValidation).toMatchObject({ ok: true, models: 2 })
    expect(providerIn(bench, 'bare').lastValidation).toBeUndefined()
    expect(bench.log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'Acme did not answer in time.' }) as object,
    )
  })

  it('uses the list that only a right key gets, where the manifest names one', async () => {
    await using server = await startServer({ status: 200, body: { data: [{ id: 'one' }] } })
    const open = {
      id: 'acme',
      protocol: 'openai-chat',
      baseUrl: server.url,
      auth: { type: 'bearer' },
      modelDiscovery: { path: '/models' },
      keyCheck: { path: '/models/user' },
    }
    await using bench = await startBench({ acme: speaking('acme', { contributes: { providers: [open] } }) })
    await bench.plugboard.providers.save('acme', { settings: { apiKey: KEY } })
    expect(await bench.plugboard.providers.validate('acme')).toMatchObject({ ok: true, models: 1 })
    expect(server.paths).toEqual(['GET /v1/models/user'])
  })
})

describe('validating a provider that lists no models', () => {
  it('makes the smallest request where that is free', async () => {
    const stream = `context.log.info('asked', { maxTokens: request.options.maxTokens })
      yield { type: 'text_start', contentIndex: 0 }
      await new Promise((resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))`
    await using bench = await startBench({ acme: codePlugin('acme', { stream }) })
    expect(await bench.plugboard.providers.validate('acme')).toMatchObject({ ok: true, models: undefined })
    expect(bench.log.lines.filter(({ message }) => message === 'asked').map(({ details }) => details)).toEqual([
      { maxTokens: 16 },
    ])
    expect(bench.plugboard.ledger.totals().calls).toBe(0)
  })

  it('makes none that costs before that is allowed; then it is booked', async () => {
    const models = [{ id: 'demo', price: { input: '1', output: '2' } }]
    const contributes = { providers: [providerOf('acme', { auth: { type: 'bearer', env: 'ACME_API_KEY' }, models })] }
    await using bench = await startBench(
      { acme: codePlugin('acme', {}, { contributes }) },
      { env: { ACME_API_KEY: KEY } },
    )
    const { plugboard } = bench
    expect(await plugboard.providers.validate('acme')).toMatchObject({
      ok: false,
      error: { providerCode: 'validation_costs', hint: expect.stringContaining('--allow-cost') as string },
      action: 'allow_cost',
    })
    expect(plugboard.ledger.totals().calls).toBe(0)
    expect(await plugboard.providers.validate('acme', { allowCost: true })).toMatchObject({ ok: true })
    expect(plugboard.ledger.entries()).toMatchObject([
      { provider: 'acme', outcome: 'completed', cost: { total: 2_000_000 } },
    ])

    await plugboard.budgets.set({ scope: { kind: 'global', value: '' }, window: 'total', limitNano: 1 })
    expect(await plugboard.providers.validate('acme', { allowCost: true })).toMatchObject({
      ok: false,
      error: { class: 'quota', providerCode: 'BUDGET_EXCEEDED' },
    })
    await plugboard.providers.disable('acme')
    expect(await plugboard.providers.validate('acme', { allowCost: true })).toMatchObject({
      ok: false,
      action: 'enable',
    })
  })

  it('tries one whose host knows no list in the same way', async () => {
    await using server = await startServer({ status: 404, body: { error: { message: 'Not found' } } })
    await using bench = await startBench({ acme: speaking('acme') })
    await bench.plugboard.providers.save('acme', { settings: { apiKey: KEY, baseUrl: server.url } })
    expect(await bench.plugboard.providers.validate('acme')).toMatchObject({ ok: false, action: 'allow_cost' })
    expect(server.paths).toEqual(['GET /v1/models'])
  })

  it('stops what it asked for when the time is up', async () => {
    const stream = `try { await new Promise((resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))) }
      finally { context.log.info('stopped') }`
    await using bench = await startBench({ acme: codePlugin('acme', { stream }) })
    const stop = AbortSignal.timeout(50)
    expect(await bench.plugboard.providers.validate('acme', { signal: stop })).toMatchObject({ ok: false })
    await sleep(0)
    expect(bench.log.messages('info')).toContain('stopped')
  })
})
