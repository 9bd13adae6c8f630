import { expect, test } from 'vitest'
import { isProviderError } from '../../../plugin-sdk/errors.ts'
import { sendJson, startUpstream } from './support.ts'

const discovery = { modelDiscovery: { path: '/models' } }
const list = async (provider: { listModels?(signal: AbortSignal): Promise<unknown> }): Promise<unknown> =>
  provider.listModels?.(new AbortController().signal)

test('models that can answer are listed over all pages, in our words', async () => {
  await using upstream = await startUpstream((response, { url }) => {
    const second = url.includes('pageToken=next%26page')
    sendJson(
      response,
      second
        ? { models: [{ name: 'tunedModels/mine' }] }
        : {
            models: [
              {
                name: 'models/gemini-a',
                displayName: 'Gemini A',
                inputTokenLimit: 1000,
                outputTokenLimit: 100,
                thinking: true,
                supportedGenerationMethods: ['generateContent', 'countTokens'],
              },
              { name: 'models/embedder', supportedGenerationMethods: ['embedContent'] },
            ],
            nextPageToken: 'next&page',
          },
    )
  })
  expect(await list(upstream.provider(discovery, 'AIza-secret'))).toEqual([
    { id: 'gemini-a', name: 'Gemini A', contextWindow: 1000, maxTokens: 100, reasoning: true },
    { id: 'tunedModels/mine' },
  ])
  expect(upstream.received).toHaveLength(2)
  for (const { url, headers } of upstream.received) {
    expect(url).toMatch(/^\/v1beta\/models\?pageSize=1000/)
    expect(url).not.toContain('secret')
    expect(headers['x-goog-api-key']).toBe('AIza-secret')
  }
})

test('a host that repeats its page token is not asked for ever', async () => {
  await using upstream = await startUpstream((response) => sendJson(response, { models: [], nextPageToken: 'again' }))
  expect(await list(upstream.provider(discovery))).toEqual([])
  expect(upstream.received.length).toBeLessThan(100)
})

test('what is no list is a failure of the server', async () => {
  await using upstream = await startUpstream((response) => sendJson(response, '<html>'))
  await expect(list(upstream.provider(discovery))).rejects.toSatisfy(
    (error) => isProviderError(error) && error.info.class === 'server',
  )
})

test('a provider whose manifest names no list has none', async () => {
  await using upstream = await startUpstream((response) => sendJson(response, {}))
  expect(upstream.provider()).not.toHaveProperty('listModels')
})
