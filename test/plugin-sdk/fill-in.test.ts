import { describe, expect, test } from 'vitest'
import { connectionOf, fillIn, Secret, type PluginSettings } from '@plugboard/sdk'

const settings: PluginSettings = {
  config: { region: 'eu', port: 8080, empty: '', on: false, baseUrl: 'http://127.0.0.1:1/' },
  secret: (key) => (key === 'apiKey' ? new Secret('sk-secret') : undefined),
}

describe('filling in settings', () => {
  test('replaces placeholders in every text, at any depth', () => {
    expect(
      fillIn({ url: 'https://${config.region}.test:${config.port}', deep: [{ key: '${config.apiKey}' }] }, settings),
    ).toEqual({
      url: 'https://eu.test:8080',
      deep: [{ key: 'sk-secret' }],
    })
  })

  test('keeps what a setting is when nothing stands beside it', () => {
    expect(fillIn(['${config.port}', '${config.on}', 7, null], settings)).toEqual([8080, false, 7, null])
  })

  test('leaves out what lacks a setting, or has an empty one', () => {
    expect(fillIn({ a: 'x-${config.missing}', b: '${config.empty}', c: 'stays' }, settings)).toEqual({ c: 'stays' })
    expect(fillIn('${config.missing}', settings)).toBeUndefined()
  })
})

describe('the connection a manifest declares', () => {
  const declared = (baseUrl?: string, headers?: Record<string, string>) =>
    connectionOf(
      { id: 'acme', ...(baseUrl === undefined ? {} : { baseUrl }), ...(headers === undefined ? {} : { headers }) },
      settings,
    )

  test('has the key, the headers and the base URL, without a slash at its end', () => {
    const { apiKey, ...rest } = declared('https://${config.region}.acme.test/v1//', {
      'x-region': '${config.region}',
      'x-none': '${config.none}',
    })
    expect(apiKey?.reveal()).toBe('sk-secret')
    expect(rest).toEqual({ baseUrl: 'https://eu.acme.test/v1', headers: { 'x-region': 'eu' } })
  })

  test('gives way to the setting baseUrl where the manifest has no placeholders', () => {
    expect(declared('https://api.acme.test')).toMatchObject({ baseUrl: 'http://127.0.0.1:1', headers: undefined })
    expect(declared('https://${config.missing}.test').baseUrl).toBeUndefined()
  })
})
