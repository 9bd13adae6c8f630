import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHttp, fetchOver, ownErrorIn, PlugboardError, type Http } from '@plugboard/sdk'

let server: Server
let origin: string
let http: Http

beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.url === '/moved') return response.writeHead(302, { location: 'http://example.invalid/' }).end()
      if (request.url === '/nothing') return response.writeHead(204).end()
      if (request.url === '/never') return
      response.setHeader('set-cookie', ['a=1', 'b=2'])
      response.end(JSON.stringify({ method: request.method, sent: request.headers['x-sent'], body }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  http = createHttp([new URL(origin).host])
})

afterAll(async () => {
  await http[Symbol.asyncDispose]()
  server.closeAllConnections()
  server.close()
})

describe('a fetch over the plugin’s own client', () => {
  test('sends method, headers and body, and reads the answer as any fetch', async () => {
    const response = await fetchOver(http)(`${origin}/`, {
      method: 'POST',
      headers: { 'x-sent': 'yes' },
      body: 'grüezi',
    })
    expect(await response.json()).toEqual({ method: 'POST', sent: 'yes', body: 'grüezi' })
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  test('follows no redirects and takes answers without a body', async () => {
    const fetch = fetchOver(http)
    expect((await fetch(`${origin}/moved`)).status).toBe(302)
    const nothing = await fetch(new Request(`${origin}/nothing`))
    expect([nothing.status, await nothing.text()]).toEqual([204, ''])
  })

  test('reaches declared hosts only, which is told also when a client wraps it', async () => {
    const denied = await fetchOver(http)('http://other.invalid/').catch((error: unknown) => error)
    const wrapped = new Error('fetch failed', { cause: new Error('connection', { cause: denied }) })
    expect(ownErrorIn(wrapped)).toBe(denied)
    expect(denied).toMatchObject({ code: 'HOST_DENIED' })
    expect(ownErrorIn(new Error('theirs', { cause: 'a text' }))).toBeUndefined()
    expect(ownErrorIn(new PlugboardError('OWN', 'ours'))).toMatchObject({ code: 'OWN' })
  })

  test('keeps the time limits of the call at hand', async () => {
    const fetch = fetchOver(http, () => ({ timeoutMs: 50 }))
    await expect(fetch(`${origin}/never`)).rejects.toMatchObject({ info: { class: 'timeout' } })
  })

  test('stops when its caller does', async () => {
    const stop = new AbortController()
    const asked = fetchOver(http)(`${origin}/never`, { signal: stop.signal })
    stop.abort()
    await expect(asked).rejects.toBeDefined()
  })
})
