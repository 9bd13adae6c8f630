import { describe, expect, it } from 'vitest'
import type { PlugboardOptions } from '../../core/index.ts'
import { Secret } from '../../plugin-sdk/index.ts'
import { codePlugin, infoOf, providerOf, startBench } from '../fixtures-plugins.ts'

const KEY = 'sk-a-very-secret-key-9876'

const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    apiKey: { type: 'string', format: 'password', writeOnly: true },
    region: { type: 'string', enum: ['eu', 'us'], default: 'eu' },
    retries: { type: 'integer', minimum: 0 },
    fast: { type: 'boolean' },
  },
}

interface Got {
  readonly config: Readonly<Record<string, unknown>>
  readonly secret: Secret | undefined
  readonly problem: unknown
  /** Everything that was logged meanwhile, as JSON. */
  readonly logged: string
}

/** What a plugin with these settings sees. */
async function settingsOf(manifest: Readonly<Record<string, unknown>>, options: PlugboardOptions): Promise<Got> {
  const setup = `context.log.info('settings', { config: context.config, secret: context.secret('apiKey') })`
  await using bench = await startBench({ acme: codePlugin('acme', { setup }, manifest) }, { watch: false, ...options })
  const details = bench.log.lines.find(({ message }) => message === 'settings')?.details ?? {}
  return {
    config: (details['config'] ?? {}) as Got['config'],
    secret: details['secret'] as Got['secret'],
    problem: infoOf(bench, 'acme').problem,
    logged: JSON.stringify(bench.log.lines),
  }
}

const contributes = { providers: [providerOf('acme', { auth: { type: 'bearer', env: 'ACME_API_KEY' } })] }

describe('the settings of a plugin', () => {
  it('are what the host gives, completed by the defaults of the schema', async () => {
    const { config } = await settingsOf({ config: schema }, { settings: { acme: { retries: 3 } } })
    expect(config).toEqual({ region: 'eu', retries: 3 })
  })

  it('come from the variables that the manifest declares, in the types of the schema', async () => {
    const permissions = { env: { ACME_REGION: 'region', ACME_RETRIES: 'retries', ACME_FAST: 'fast' } }
    const env = { ACME_REGION: 'us', ACME_RETRIES: '2', ACME_FAST: 'true', OTHER: 'secret' }
    expect((await settingsOf({ config: schema, permissions }, { env })).config).toEqual({
      region: 'us',
      retries: 2,
      fast: true,
    })
    const { config } = await settingsOf({ config: schema, permissions }, { env, settings: { acme: { region: 'eu' } } })
    expect(config).toMatchObject({ region: 'eu', retries: 2 })
    const empty = await settingsOf({ config: schema, permissions }, { env: { ACME_RETRIES: '' } })
    expect(empty.config).toEqual({ region: 'eu' })
  })

  it.each([
    [{ region: 'mars' }, '/region must be one of "eu", "us"'],
    [{ retries: -1 }, '/retries'],
    [{ regoin: 'eu' }, 'unknown key "regoin"; did you mean "region"?'],
    [{ fast: 'yes' }, '/fast must be of type boolean'],
  ])('%j are refused with the place', async (settings, says) => {
    const { problem } = await settingsOf({ config: schema }, { settings: { acme: settings } })
    expect(problem).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(says) as string })
  })

  it('keep secrets apart: not in the settings, not as text', async () => {
    for (const options of [
      { settings: { acme: { apiKey: KEY } } },
      { settings: { acme: { apiKey: new Secret(KEY) } } },
      { env: { ACME_API_KEY: KEY } },
    ]) {
      const { config, secret, logged, problem } = await settingsOf({ config: schema, contributes }, options)
      expect(problem).toBeUndefined()
      expect(secret?.reveal()).toBe(KEY)
      expect(config).toEqual({ region: 'eu' })
      expect(logged).not.toContain(KEY)
    }
  })

  it('keep the key secret also where the schema forgets to say so, or there is no schema', async () => {
    for (const config of [
      undefined,
      { type: 'object', properties: { apiKey: { type: 'string' } } },
      { type: 'object' },
    ]) {
      const got = await settingsOf({ config, contributes }, { env: { ACME_API_KEY: KEY } })
      expect(got.secret?.reveal()).toBe(KEY)
      expect(got.config).toEqual({})
      expect(got.logged).not.toContain(KEY)
    }
  })

  it('do not show a refused secret', async () => {
    const short = { ...schema, properties: { apiKey: { type: 'string', writeOnly: true, maxLength: 5 } } }
    const { problem, logged } = await settingsOf({ config: short }, { settings: { acme: { apiKey: KEY } } })
    expect(problem).toMatchObject({ code: 'CONFIG_INVALID' })
    expect(logged).not.toContain(KEY)
    expect(JSON.stringify(problem)).not.toContain(KEY)
  })
})
