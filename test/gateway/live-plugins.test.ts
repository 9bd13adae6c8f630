import { mkdir, rm, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startOpenAIUpstream, type OpenAIUpstream } from '../support/openai-upstream.ts'
import { startGateway, type RunningGateway } from '../support/running-gateway.ts'
import { until } from '../support/until.ts'

let upstream: OpenAIUpstream
let gateway: RunningGateway
let folder: string

const manifest = (price: string): string =>
  JSON.stringify({
    manifest: 1,
    id: 'acme',
    name: 'Acme AI',
    version: '1.0.0',
    engines: { plugboard: '^0.1.0' },
    contributes: {
      providers: [
        {
          id: 'acme',
          protocol: 'openai-chat',
          baseUrl: upstream.url,
          auth: { type: 'none' },
          models: [{ id: 'gpt-4o', price: { input: price, output: '0.00' } }],
        },
      ],
    },
  })

const ask = () =>
  gateway.post('/v1/chat/completions', { model: 'acme:gpt-4o', messages: [{ role: 'user', content: 'Hi' }] })

const cost = async (): Promise<unknown> =>
  ((await (await ask()).json()) as { cost?: { total_cost: number } }).cost?.total_cost

const info = () => gateway.plugboard.plugins.find(({ id }) => id === 'acme')

beforeAll(async () => {
  upstream = await startOpenAIUpstream({ script: { usage: { prompt: 1_000, completion: 0 } } })
  gateway = await startGateway()
  folder = gateway.dataDir.at('plugins', 'acme')
})

afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await upstream.close()
})

// One plugin's life, in order.
test('a folder with only a manifest is callable within a second', async () => {
  expect((await ask()).status).toBe(404)
  await mkdir(folder)
  await writeFile(`${folder}/plugboard.json`, manifest('1.00'))
  await until(async () => (await ask()).status === 200, { deadlineMs: 1_000, everyMs: 20 })
  expect(await cost()).toBe(0.001)
})

test('an edited price changes the cost of the next request', async () => {
  await writeFile(`${folder}/plugboard.json`, manifest('5.00'))
  await until(async () => (await cost()) === 0.005, { deadlineMs: 1_000, everyMs: 20 })
})

test('a broken edit keeps the old version serving and names the place', async () => {
  await writeFile(`${folder}/plugboard.json`, manifest('5.00').replace('"models"', '"modles"'))
  await until(() => info()?.state === 'rejected')
  expect(info()?.problem).toMatchObject({
    code: 'MANIFEST_INVALID',
    findings: [{ file: `${folder}/plugboard.json`, pointer: '/contributes/providers/0/modles', didYouMean: 'models' }],
  })
  expect(await cost()).toBe(0.005)
})

test('a repaired one clears the error', async () => {
  await writeFile(`${folder}/plugboard.json`, manifest('6.00'))
  await until(async () => (await cost()) === 0.006)
  expect(info()).toMatchObject({ state: 'ready', problem: undefined })
})

test('a removed one answers 503 and says that it was unplugged', async () => {
  await rm(folder, { recursive: true })
  const response = await until(async () => {
    const answer = await ask()
    return answer.status === 200 ? undefined : answer
  })
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({
    error: { code: 'provider_unplugged', provider: 'acme', message: expect.stringContaining('acme') as string },
  })
})
