import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hello, next, startBench, writeFiles } from '../fixtures-plugins.ts'
import { startLocalHost } from './support/local-host.ts'
import { packagePlugin } from './support/manifest.ts'
import { finish, reply, said, scriptedPlugin } from './support/scripted-package.ts'

describe('a manifest that names a package', () => {
  test.each([
    [
      'which is not installed',
      packagePlugin('one', { package: '@ai-sdk/nowhere', export: 'createNowhere' }),
      /The package "@ai-sdk\/nowhere" is not installed/,
      /^Run: npm install --prefix .*\/one @ai-sdk\/nowhere$/,
    ],
    [
      'without saying which',
      packagePlugin('one', { package: '@ai-sdk/groq' } as never),
      /options of the provider "one" lack "package" or "export"/,
      /"export": "createGroq"/,
    ],
  ])('%s is refused with the next step', async (_name, plugin, message, hint) => {
    await using bench = await startBench({ one: plugin })
    expect(bench.plugboard.plugins).toMatchObject([
      { state: 'failed', problem: { message: expect.stringMatching(message), hint: expect.stringMatching(hint) } },
    ])
  })

  test('but an export it has not is refused, and told what it has', async () => {
    await using host = await startLocalHost()
    await using bench = await startBench({ one: scriptedPlugin('one', 'v4', host, {}, { export: 'createScript' }) })
    expect(bench.plugboard.plugins[0]?.problem).toMatchObject({
      message: expect.stringContaining('"scripted-sdk" exports no function "createScript"'),
      hint: `Set "export" in the provider's options to createScripted.`,
    })
  })

  test('but a function that makes no provider is refused', async () => {
    const files = {
      ...packagePlugin('one', { package: 'odd', export: 'odd' }),
      'node_modules/odd/package.json': { name: 'odd', type: 'module', exports: './index.js' },
      'node_modules/odd/index.js': 'export const odd = () => ({})',
    }
    await using bench = await startBench({ one: files })
    expect(bench.plugboard.plugins[0]?.problem?.message).toContain('"odd" makes no language model')
  })

  test.each(['v1', 'v5'])('of version %s is refused, and the version that served before goes on', async (version) => {
    await using host = await startLocalHost(reply([...said('Still here'), finish()]))
    const settings = { settings: { one: { apiKey: 'k' } } }
    await using bench = await startBench({ one: scriptedPlugin('one', 'v3', host) }, settings)
    const rejected = next(bench.plugboard, 'plugin:rejected')
    // A package under another name: one that was replaced on disk stays the old one until the process ends.
    const other = scriptedPlugin('one', version, host, {}, { package: 'newer-sdk' })
    const renamed = Object.fromEntries(
      Object.entries(other).map(([name, file]) => [name.replace('scripted-sdk', 'newer-sdk'), file]),
    )
    await writeFiles(join(bench.plugins, 'one'), renamed)
    expect((await rejected).problem).toMatchObject({
      message: expect.stringContaining(`"newer-sdk" speaks version ${version}`),
      hint: expect.stringContaining('npm install newer-sdk@latest'),
    })
    const { content } = await bench.plugboard.complete('one:m', hello)
    expect(content).toEqual([{ type: 'text', text: 'Still here' }])
  })
})

test('settings, secrets and headers reach the package; what is not set is left out', async () => {
  await using host = await startLocalHost(reply([...said('Hi'), finish()]))
  const provider = {
    headers: { 'x-team': '${config.team}', 'x-none': '${config.none}' },
    baseUrl: '${config.baseUrl}/v9/',
  }
  const config = {
    type: 'object',
    properties: {
      apiKey: { type: 'string', writeOnly: true },
      token: { type: 'string', writeOnly: true },
      baseUrl: { type: 'string' },
      team: { type: 'string' },
      tries: { type: 'integer' },
      none: { type: 'string' },
    },
  }
  const settings = {
    region: 'eu-${config.team}-${config.team}',
    apiToken: '${config.token}',
    tries: '${config.tries}',
    none: '${config.none}',
    nested: { list: ['${config.team}', 7] },
    fetch: 'not this one',
  }
  const plugin = scriptedPlugin('one', 'v4', host, provider, { settings })
  const files = { ...plugin, 'plugboard.json': { ...(plugin['plugboard.json'] as object), config } }
  const own = { apiKey: 'sk-1', token: 'sk-secret-token', team: 'red', tries: 3, baseUrl: host.url }
  await using bench = await startBench({ one: files }, { settings: { one: own } })
  await bench.plugboard.complete('one:m', hello)
  expect(host.exchanges[0]?.body['settings']).toEqual({
    apiKey: 'sk-1',
    baseURL: `${host.url}/v9`,
    headers: { 'x-team': 'red' },
    region: 'eu-red-red',
    apiToken: 'sk-secret-token',
    tries: 3,
    nested: { list: ['red', 7] },
  })

  host.reply = { status: 401, body: 'The token sk-secret-token is not known' }
  const { error } = await bench.plugboard.complete('one:m', hello)
  expect(error).toMatchObject({ class: 'auth', message: 'The token ... is not known' })
  expect(JSON.stringify(error)).not.toContain('sk-secret-token')
})

test('the setting baseUrl wins over the address in the manifest', async () => {
  await using host = await startLocalHost(reply([...said('Hi'), finish()]))
  const plugin = scriptedPlugin('one', 'v4', host, { baseUrl: 'https://elsewhere.test/v1' })
  await using bench = await startBench({ one: plugin }, { settings: { one: { apiKey: 'k', baseUrl: host.url } } })
  expect((await bench.plugboard.complete('one:m', hello)).stopReason).toBe('stop')
  expect(host.exchanges).toHaveLength(1)
})

test('a host that the manifest does not declare cannot be reached', async () => {
  await using host = await startLocalHost(reply([...said('Hi'), finish()]))
  await using elsewhere = await startLocalHost(reply([...said('Hi'), finish()]))
  const plugin = scriptedPlugin('one', 'v4', host, {}, { settings: { baseURL: elsewhere.url } })
  await using bench = await startBench({ one: plugin }, { settings: { one: { apiKey: 'sk-1' } } })
  const { error } = await bench.plugboard.complete('one:m', hello)
  expect(error).toMatchObject({
    providerCode: 'HOST_DENIED',
    hint: expect.stringContaining(new URL(elsewhere.url).host),
  })
  expect(elsewhere.exchanges).toHaveLength(0)
})

test('without a key nothing is asked', async () => {
  await using host = await startLocalHost()
  await using bench = await startBench({
    one: scriptedPlugin('one', 'v4', host, { auth: { type: 'bearer', env: 'ONE_KEY' } }),
  })
  const { error } = await bench.plugboard.complete('one:m', hello)
  expect(error).toMatchObject({ class: 'auth', hint: expect.stringContaining('ONE_KEY') })
  expect(host.exchanges).toHaveLength(0)
})

test("a call's own time limit holds for what the package asks", async () => {
  await using host = await startLocalHost({ body: '[', endsAfter: new Promise(() => {}) })
  await using bench = await startBench(
    { one: scriptedPlugin('one', 'v4', host) },
    { settings: { one: { apiKey: 'k' } } },
  )
  const { error } = await bench.plugboard.complete('one:m', hello, { timeoutMs: 5_000, idleTimeoutMs: 50 })
  expect(error).toMatchObject({ class: 'timeout', message: expect.stringContaining('UND_ERR_BODY_TIMEOUT') })
})
