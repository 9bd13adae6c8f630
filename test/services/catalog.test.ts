import { describe, expect, it } from 'vitest'
import { Clock } from '../../core/index.ts'
import { codePlugin, providerOf, startBench, type Files } from '../fixtures-plugins.ts'

const provider = (id: string, models: readonly object[], changes: object = {}): Files =>
  codePlugin(id, {}, { contributes: { providers: [providerOf(id, { models, ...changes })] } })

const thrown = async (work: () => unknown): Promise<unknown> => {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('the catalogue', () => {
  it('finds a model by provider with either sign, and by its own name', async () => {
    await using bench = await startBench({
      acme: provider('acme', [{ id: 'demo' }, { id: 'vendor/big:free' }]),
      other: provider('other', [{ id: 'small' }]),
    })
    const { catalog } = bench.plugboard
    for (const name of ['acme:demo', 'acme/demo', 'demo'])
      expect(await catalog.resolve(name)).toMatchObject({ provider: 'acme', id: 'demo' })
    for (const name of ['acme:vendor/big:free', 'acme/vendor/big:free', 'vendor/big:free'])
      expect(await catalog.resolve(name)).toMatchObject({ provider: 'acme', id: 'vendor/big:free' })
    expect(await bench.plugboard.getModel('other', 'small')).toMatchObject({ provider: 'other', id: 'small' })
  })

  it('fills in what the manifest leaves out', async () => {
    await using bench = await startBench({
      acme: provider('acme', [{ id: 'bare' }, { id: 'own', price: { input: '5', output: '6' }, compat: { b: 2 } }], {
        price: { input: '1', output: '2' },
        compat: { a: 1 },
      }),
    })
    expect(await bench.plugboard.getModel('acme', 'bare')).toEqual({
      id: 'bare',
      provider: 'acme',
      name: 'bare',
      api: 'code',
      baseUrl: undefined,
      input: ['text'],
      tools: true,
      reasoning: false,
      price: { input: '1', output: '2' },
      compat: { a: 1 },
    })
    expect(await bench.plugboard.getModel('acme', 'own')).toMatchObject({
      price: { input: '5', output: '6' },
      compat: { a: 1, b: 2 },
    })
  })

  it('asks which one is meant when several providers have it', async () => {
    await using bench = await startBench({
      acme: provider('acme', [{ id: 'demo' }]),
      other: provider('other', [{ id: 'demo' }]),
    })
    expect(await thrown(() => bench.plugboard.catalog.resolve('demo'))).toMatchObject({
      code: 'MODEL_AMBIGUOUS',
      details: { candidates: ['acme:demo', 'other:demo'] },
      hint: expect.stringContaining('acme:demo, other:demo') as string,
    })
  })

  it.each([
    ['acme:dmeo', 'MODEL_NOT_FOUND', 'acme:demo'],
    ['dmeo', 'MODEL_NOT_FOUND', 'demo'],
    ['acne:demo', 'MODEL_NOT_FOUND', 'acme:demo'],
  ])('proposes what %s may mean', async (name, code, near) => {
    await using bench = await startBench({ acme: provider('acme', [{ id: 'demo' }, { id: 'large' }]) })
    expect(await thrown(() => bench.plugboard.catalog.resolve(name))).toMatchObject({
      code,
      hint: expect.stringContaining(near) as string,
    })
  })

  it('says that there is nothing when there is nothing', async () => {
    await using bench = await startBench()
    const { catalog } = bench.plugboard
    expect(await thrown(() => catalog.resolve('gpt'))).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      hint: expect.stringContaining('plugboard plugin list') as string,
    })
    expect(await thrown(() => bench.plugboard.getModel('acme', 'demo'))).toMatchObject({ code: 'PROVIDER_UNKNOWN' })
    expect(await catalog.list()).toEqual([])
    expect(catalog.defaultModel()).toBeUndefined()
  })

  it('lists the models of a running server, and goes on with those it knows when the server fails', async () => {
    const stream = `yield { type: 'finish', reason: 'stop' }`
    const code = `
import { definePlugin } from '@plugboard/sdk'
let asked = 0
export default definePlugin({
  setup: () => ({ providers: { live: {
    api: 1,
    async *stream() { ${stream} },
    async listModels() { asked++; if (asked > 1) throw new Error('down'); return [{ id: 'found', contextWindow: 4096 }] },
  } } }),
})`
    let now = 0
    await using bench = await startBench(
      { live: { ...provider('live', [{ id: 'declared' }]), 'index.ts': code } },
      { services: (scope) => scope.value(Clock, { now: () => Date.now(), monotonic: () => now }) },
    )
    const { catalog } = bench.plugboard
    const ids = async (): Promise<string[]> => (await catalog.list()).map(({ id }) => id).toSorted()
    expect(await ids()).toEqual(['declared', 'found'])
    expect(await catalog.resolve('live:found')).toMatchObject({ contextWindow: 4096, provider: 'live' })
    now += 60_000
    expect(await ids()).toEqual(['declared', 'found'])
  })

  it('passes on unlisted models where the provider says so, at an unknown price', async () => {
    await using bench = await startBench({ open: provider('open', [], { unlistedModels: true }) })
    const model = await bench.plugboard.getModel('open', 'anything')
    expect(model).toMatchObject({ provider: 'open', id: 'anything' })
    expect(model.price).toBeUndefined()
  })

  it('hides what needs a key until there is one, unless asked for all', async () => {
    const files = codePlugin(
      'keyed',
      {},
      {
        contributes: {
          providers: [
            {
              id: 'keyed',
              protocol: 'openai-chat',
              baseUrl: 'https://example.invalid/v1',
              auth: { type: 'bearer', env: 'KEYED_API_KEY' },
              models: [{ id: 'demo' }],
              defaultModel: 'demo',
            },
          ],
        },
        main: undefined,
      },
    )
    await using without = await startBench({ keyed: files })
    expect(await without.plugboard.catalog.list()).toEqual([])
    expect(await without.plugboard.catalog.list({ all: true })).toHaveLength(1)
    expect(without.plugboard.catalog.defaultModel()).toBeUndefined()
    await using having = await startBench(
      { keyed: files, free: provider('free', [{ id: 'x' }], { defaultModel: 'x' }) },
      { env: { KEYED_API_KEY: 'k-1234' } },
    )
    expect(await having.plugboard.catalog.list()).toHaveLength(2)
    expect(having.plugboard.catalog.defaultModel()).toMatchObject({ provider: 'keyed', id: 'demo' })
  })
})
