import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { PluginContext } from '@plugboard/sdk'
import { testProvider, type PluginManifest } from '@plugboard/sdk/testing'

const manifest: PluginManifest = {
  id: 'acme',
  contributes: { providers: [{ id: 'acme', models: [{ id: 'small' }] }] },
}

/** What a setup sees that gives nothing else. */
async function setupOf(more: Partial<PluginManifest>, config: Readonly<Record<string, unknown>> = {}) {
  const seen: PluginContext[] = []
  const setup = (context: PluginContext) => {
    seen.push(context)
    return {}
  }
  await testProvider({ manifest: { ...manifest, ...more }, definition: { setup } }, { config })
  return seen[0] as PluginContext
}

test('settings are made up from their schema: defaults, samples, and the address of the host of the kit', async () => {
  const config = {
    type: 'object',
    required: ['region', 'team', 'size'],
    properties: {
      token: { type: 'string', writeOnly: true },
      baseUrl: { type: 'string', default: 'https://api.acme.example/v7/' },
      other: { type: 'string', format: 'uri' },
      model: { type: 'string', default: 'acme:small' },
      region: { enum: ['eu', 'us'] },
      team: { type: 'string' },
      size: { type: 'integer', minimum: 3 },
      note: { type: 'string' },
    },
  }
  const context = await setupOf({ config }, { team: 'blue' })
  const { baseUrl, other, ...rest } = context.config
  expect(baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v7$/)
  expect(other).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(rest).toEqual({ model: 'acme:small', region: 'eu', team: 'blue', size: 3 })
  expect(context.secret('token')?.reveal()).toMatch(/^sk-kit-/)
  expect(context.secret('team')).toBeUndefined()
})

test('a declaration has the address of the host of the kit, with its own path', async () => {
  const context = await setupOf({
    config: { type: 'object', properties: { area: { type: 'string', default: 'north' } } },
    contributes: { providers: [{ id: 'acme', baseUrl: 'https://${config.area}.acme.example/api/' }] },
  })
  expect(context.declaration('acme').baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api$/)
  expect(() => context.declaration('other')).toThrow('declares no provider "other"')
})

test.each([
  ['fetch', (port: number) => fetch(`http://127.0.0.1:${port}/`).then((response) => response.text())],
  ['http', async (port: number) => once(get(`http://127.0.0.1:${port}/`), 'response')],
  [
    'a plain socket',
    async (port: number) => {
      const socket = connect(port, '127.0.0.1')
      socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
      await once(socket, 'data')
    },
  ],
])('a host that is not declared hears nothing of a plugin that uses %s', async (_, tell) => {
  let requests = 0
  const server = createServer((_request, response) => {
    requests++
    response.end('thanks')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const told: string[] = []
  const setup = async () => {
    await tell(port).then(
      () => told.push('answered'),
      () => told.push('refused'),
    )
    return {}
  }
  const { failed } = await testProvider({ manifest, definition: { setup } })
  server.close()
  expect({ requests, told }).toEqual({ requests: 0, told: ['refused'] })
  expect(failed.filter(({ rule }) => rule === 'hosts.declared')[0]?.actual).toBe(
    `127.0.0.1:${port} (past context.http)`,
  )
})

test('what others do at the same time is none of its business', async () => {
  const server = createServer((_request, response) => response.end('thanks')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const testing = testProvider({
    manifest,
    definition: { setup: () => ({ providers: { acme: { api: 1, async *stream() {} } } }) },
  })
  const answers = await Promise.all([1, 2, 3].map(() => fetch(`http://127.0.0.1:${port}/`).then((each) => each.text())))
  server.close()
  server.closeAllConnections()
  const { failed } = await testing
  expect(answers).toEqual(['thanks', 'thanks', 'thanks'])
  expect(failed.map(({ rule }) => rule)).not.toContain('hosts.declared')
})
