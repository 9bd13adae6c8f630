import { describe, expect, it } from 'vitest'
import type { ModelDeclaration } from '../../../plugin-sdk/index.ts'
import { providerAt, type ProviderOptions } from './support/call.ts'
import { sendJson, startHost, type Respond } from './support/host.ts'

const discovery: ProviderOptions = { modelDiscovery: { path: '/models' } }

async function list(respond: Respond, options = discovery): Promise<readonly ModelDeclaration[] | undefined> {
  await using host = await startHost(respond)
  await using provider = providerAt(host.url, options)
  return await provider.listModels?.(new AbortController().signal)
}

describe('the models of a running server', () => {
  it('are read from the list at the path of the manifest, with the key', async () => {
    await using host = await startHost(sendJson({ object: 'list', data: [{ id: 'a' }, { id: 'b', owned_by: 'x' }] }))
    await using provider = providerAt(host.url, { ...discovery, auth: { type: 'bearer' }, key: 'k' })
    expect(await provider.listModels?.(new AbortController().signal)).toEqual([{ id: 'a' }, { id: 'b' }])
    expect(host.received[0]).toMatchObject({ method: 'GET', url: '/models', headers: { authorization: 'Bearer k' } })
  })

  it('tell what the host knows about them', async () => {
    const data = [
      { id: 'a', name: 'Model A', context_length: 8192 },
      { id: 'b', context_window: 4096, max_completion_tokens: 1024 },
      { id: 'c', max_model_len: 2048, context_length: null },
    ]
    expect(await list(sendJson({ data }))).toEqual([
      { id: 'a', name: 'Model A', contextWindow: 8192 },
      { id: 'b', contextWindow: 4096, maxTokens: 1024 },
      { id: 'c', contextWindow: 2048 },
    ])
  })

  it.each([
    ['a bare list', [{ id: 'a' }]],
    ['another name for it', { models: [{ name: 'a' }] }],
    ['entries twice and entries that are none', { data: [{ id: 'a' }, { id: 'a' }, {}, null, 'x'] }],
  ])('may come as %s', async (_name, body) => {
    expect(await list(sendJson(body))).toEqual([{ id: 'a' }])
  })

  it('are none where the list is null', async () => {
    expect(await list(sendJson({ object: 'list', data: null }))).toEqual([])
  })

  it('are not asked for unless the manifest says where', async () => {
    expect(await list(sendJson({ data: [] }), {})).toBeUndefined()
  })

  it('fail like any other request', async () => {
    await expect(list(sendJson({ error: 'no' }, 401))).rejects.toMatchObject({ info: { class: 'auth', status: 401 } })
    await expect(list(sendJson('<html>hello</html>'))).rejects.toMatchObject({ info: { class: 'server' } })
    await expect(list(sendJson({ data: [] }), { ...discovery, auth: { type: 'bearer' } })).rejects.toMatchObject({
      info: { class: 'auth', providerCode: 'key_missing' },
    })
  })
})
