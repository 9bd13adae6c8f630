import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Secret, createHttp, type HttpRequest, type HttpResponse } from '../../plugin-sdk/index.ts'

async function serve(listener: RequestListener) {
  const sockets = new Set<Socket>()
  const server = createServer(listener)
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
    sockets,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const ask = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url,
  signal: new AbortController().signal,
  ...more,
})

const answer: RequestListener = (_request, response) => response.end('ok')

describe('a request', () => {
  it('carries method, headers, revealed secrets and body', async () => {
    const seen: unknown[] = []
    await using server = await serve((request, response) => {
      request.on('data', (chunk) => seen.push(request.method, request.url, request.headers['x-key'], String(chunk)))
      request.on('end', () => response.end('ok'))
    })
    await using http = createHttp([server.host])
    const headers = { 'x-key': new Secret('hidden'), 'x-none': undefined }
    const { status, body } = await http.request(ask(`${server.url}/a?b=c`, { method: 'POST', headers, body: 'hello' }))
    expect([status, await body.text()]).toEqual([200, 'ok'])
    expect(seen).toEqual(['POST', '/a?b=c', 'hidden', 'hello'])
  })

  it('resolves for any status, and follows no redirect', async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/', 'x-many': ['a', 'b'] })
      response.end('moved')
    })
    await using http = createHttp([server.host])
    const { status, headers, body } = await http.request(ask(server.url))
    expect([status, headers['x-many'], await body.text()]).toEqual([302, ['a', 'b'], 'moved'])
  })

  it('uses a connection again when the body was read', async () => {
    await using server = await serve(answer)
    await using http = createHttp([server.host])
    for (let turn = 0; turn < 10; turn++) await (await http.request(ask(server.url))).body.text()
    // A request that follows in the same moment finds the first connection still busy with its end.
    expect(server.sockets.size).toBeLessThanOrEqual(2)
  })

  it('resolves when the headers are here, before the body', async () => {
    const responses: ServerResponse[] = []
    await using server = await serve((_request, response) => {
      responses.push(response)
      response.write('first')
    })
    await using http = createHttp([server.host])
    const { body } = await http.request(ask(server.url))
    expect(String(Buffer.from((await body.next()).value ?? []))).toBe('first')
    responses[0]?.end('last')
    expect(await body.text()).toBe('last')
  })
})

describe('hosts that nobody allowed', () => {
  it.each([
    ['another host', ['api.acme.test'], 'http://evil.test/'],
    ['another port', ['api.acme.test:8080'], 'http://api.acme.test:9090/'],
    ['a host that only ends alike', ['acme.test'], 'http://notacme.test/'],
    ['the bare domain of a wildcard', ['*.acme.test'], 'http://acme.test/'],
    ['a lookalike of a wildcard', ['*.acme.test'], 'http://xacme.test/'],
    ['none at all', [], 'http://acme.test/'],
  ])('are not reached: %s', async (_name, allowed, url) => {
    await using http = createHttp(allowed)
    await expect(http.request(ask(url))).rejects.toMatchObject({
      code: 'HOST_DENIED',
      hint: expect.stringContaining('permissions.net'),
    })
  })

  it.each(['file:///etc/passwd', 'http://user:pass@acme.test/', 'acme.test', 'http://'])(
    '%s is no address',
    async (url) => {
      await using http = createHttp(['acme.test'])
      await expect(http.request(ask(url))).rejects.toMatchObject({ code: 'URL_INVALID' })
    },
  )
})

describe('a request that fails', () => {
  it('because nobody listens', async () => {
    const closed = await serve(answer)
    await closed[Symbol.asyncDispose]()
    await using http = createHttp([closed.host])
    await expect(http.request(ask(closed.url))).rejects.toMatchObject({
      info: { class: 'network', retryable: true, providerCode: 'ECONNREFUSED' },
    })
  })

  it('because the answer does not begin in time', async () => {
    await using server = await serve(() => undefined)
    await using http = createHttp([server.host])
    await expect(http.request(ask(server.url, { timeoutMs: 50 }))).rejects.toMatchObject({ info: { class: 'timeout' } })
  })

  it('because the answer falls silent', async () => {
    await using server = await serve((_request, response) => response.write('first'))
    await using http = createHttp([server.host])
    const { body } = await http.request(ask(server.url, { idleTimeoutMs: 50 }))
    await body.next()
    await expect(body.next()).rejects.toMatchObject({ info: { class: 'timeout' } })
  })

  it('because the connection breaks in the body', async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('first', () => response.destroy())
    })
    await using http = createHttp([server.host])
    const { body } = await http.request(ask(server.url))
    await expect(body.text()).rejects.toMatchObject({ info: { class: 'network' } })
  })
})

describe('an aborted request', () => {
  const hanging = async () => {
    const arrived = Promise.withResolvers<ServerResponse>()
    return { arrived: arrived.promise, server: await serve((_request, response) => arrived.resolve(response)) }
  }

  it('is not sent when the signal was aborted before', async () => {
    let count = 0
    await using server = await serve((_request, response) => {
      count++
      response.end()
    })
    await using http = createHttp([server.host])
    await expect(http.request(ask(server.url, { signal: AbortSignal.abort() }))).rejects.toMatchObject({
      info: { class: 'aborted' },
    })
    expect(count).toBe(0)
  })

  it('closes its connection while it waits for the answer', async () => {
    const { arrived, server } = await hanging()
    await using _server = server
    await using http = createHttp([server.host])
    const abort = new AbortController()
    const asked = http.request(ask(server.url, { signal: abort.signal }))
    const closed = once(await arrived, 'close')
    abort.abort()
    await expect(asked).rejects.toMatchObject({ info: { class: 'aborted', retryable: false } })
    await closed
  })

  it('can be ended by its caller without the signal', async () => {
    const { arrived, server } = await hanging()
    await using _server = server
    await using http = createHttp([server.host])
    let end = (): void => undefined
    const asked = http.request(ask(server.url, { onStart: (given) => (end = given) }))
    const closed = once(await arrived, 'close')
    end()
    await expect(asked).rejects.toMatchObject({ info: { class: 'aborted' } })
    await closed
  })

  it('closes its connection in the middle of the body, and fails the read', async () => {
    const { arrived, server } = await hanging()
    await using _server = server
    await using http = createHttp([server.host])
    const abort = new AbortController()
    const asked: Promise<HttpResponse> = http.request(ask(server.url, { signal: abort.signal }))
    const response = await arrived
    response.write('first')
    const { body } = await asked
    await body.next()
    const closed = once(response, 'close')
    const next = body.next()
    abort.abort()
    await expect(next).rejects.toMatchObject({ info: { class: 'aborted' } })
    await closed
  })

  it('that is over no longer listens to the signal', async () => {
    await using server = await serve(answer)
    await using http = createHttp([server.host])
    const abort = new AbortController()
    const { body } = await http.request(ask(server.url, { signal: abort.signal }))
    expect(await body.text()).toBe('ok')
    abort.abort()
    await (await http.request(ask(server.url))).body.text()
    expect([...server.sockets].some(({ destroyed }) => destroyed)).toBe(false)
  })
})
