import { describe, expect, it } from 'vitest'
import { Clock, type Plugboard, type RecommendRequest, type Scope } from '../../../core/index.ts'
import { codePlugin, hello, providerOf, say, startBench, type Bench, type Files } from '../../fixtures-plugins.ts'

const provider = (id: string, models: readonly object[], changes: object = {}, stream = say('hi')): Files =>
  codePlugin(id, { stream }, { contributes: { providers: [providerOf(id, { models, ...changes })] } })

/** Prices per million of input and output. */
const at = (input: string, output: string): object => ({ price: { input, output } })

const start = (): Promise<Bench> =>
  startBench({
    acme: provider('acme', [
      { id: 'strong', ...at('3', '15'), reasoning: true, input: ['text', 'image'], contextWindow: 200_000 },
      { id: 'stronger', ...at('15', '75'), reasoning: true, contextWindow: 200_000 },
      { id: 'middle', ...at('1', '4'), contextWindow: 8_000 },
      { id: 'small', ...at('0.1', '0.4'), structuredOutput: true },
    ]),
    other: provider('other', [{ id: 'mystery' }, { id: 'mute', tools: false, ...at('0.2', '0.8') }]),
    lab: provider('lab', [{ id: 'toy', price: 'free', reasoning: true }], { simulated: true }),
  })

const names = async (plugboard: Plugboard, request: RecommendRequest): Promise<string[]> =>
  (await plugboard.recommend(request)).ranked.map(({ model }) => model)

describe('recommending a model', () => {
  it('gives the strongest class the money pays for, and in it the cheapest', async () => {
    await using bench = await start()
    const { plugboard } = bench
    expect(await names(plugboard, { taskType: 'coding' })).toEqual([
      'acme:strong',
      'acme:stronger',
      'acme:small',
      'other:mute',
      'other:mystery',
      'lab:toy',
    ])
    expect(await names(plugboard, { taskType: 'coding', tokens: { input: 4_000 } })).toContain('acme:middle')
    expect(await names(plugboard, { taskType: 'coding', maxCost: 0.05, needs: { tools: true } })).toEqual([
      'acme:small',
      'lab:toy',
    ])
    expect((await names(plugboard, { taskType: 'chat' }))[0]).toBe('acme:middle')
    expect((await names(plugboard, { taskType: 'cheap' })).slice(0, 2)).toEqual(['acme:small', 'other:mute'])
    expect((await names(plugboard, { taskType: 'extraction' }))[0]).toBe('acme:small')
    expect(await names(plugboard, { taskType: 'vision' })).toEqual(['acme:strong'])
    expect(await names(plugboard, { taskType: 'reasoning', providers: ['acme'] })).toEqual([
      'acme:strong',
      'acme:stronger',
    ])
    expect(await names(plugboard, { taskType: 'long-context' })).toEqual(['acme:strong', 'acme:stronger'])
  })

  it('says what it costs, why, and what was ruled out and why', async () => {
    await using bench = await start()
    const { ranked, ruledOut } = await bench.plugboard.recommend({
      taskType: 'reasoning',
      maxCost: 0.1,
      tokens: { input: 1_000, output: 1_000 },
    })
    expect(ranked[0]).toEqual({
      model: 'acme:strong',
      category: 'reasoning',
      tier: 'premium',
      expectedCost: 18_000_000,
      expectedLatencyMs: null,
      why: 'A premium model that thinks before it answers, the class that suits reasoning best. A call costs about $0.018. It gave no answer lately that would tell how fast it is.',
    })
    const why = Object.fromEntries(ruledOut.map(({ model, why: text }) => [model, text]))
    expect(why['acme:middle']).toBe('it is not one that thinks before it answers.')
    expect(why['other:mystery']).toBe('it is not one that thinks before it answers; its price is not known.')
    const dear = await bench.plugboard.recommend({ taskType: 'reasoning', maxCost: 0.05 })
    expect(dear.ruledOut.find(({ model }) => model === 'acme:stronger')?.why).toBe(
      'a call costs about $0.33, more than $0.05.',
    )
  })

  it('counts a context, and needs what the context brings', async () => {
    await using bench = await start()
    const { plugboard } = bench
    const image = { type: 'image' as const, data: 'aGk=', mimeType: 'image/png' }
    const tools = [{ name: 'look', parameters: {} }]
    expect(
      await names(plugboard, { taskType: 'chat', context: { messages: [{ role: 'user', content: [image] }] } }),
    ).toEqual(['acme:strong'])
    expect(await names(plugboard, { taskType: 'chat', context: { ...hello, tools } })).not.toContain('other:mute')
    const long = { messages: [{ role: 'user' as const, content: 'word '.repeat(20_000) }] }
    expect(await names(plugboard, { taskType: 'chat', context: long })).not.toContain('acme:middle')
    const { ranked } = await plugboard.recommend({ taskType: 'cheap', context: hello, providers: ['acme'] })
    const { likely } = await plugboard.estimate('acme:small', hello, { expectedOutputTokens: 500 })
    expect(ranked[0]).toMatchObject({ model: 'acme:small', expectedCost: likely.nano })
  })

  it('goes by what was measured: failures, and latency where it is asked for', async () => {
    const stream = `if (request.model.id === 'bad') throw new ProviderError('overloaded', 'busy'); ${say('hi')}`
    const models = ['bad', 'fast', 'new', 'slow'].map((id) => ({ id, ...at('1', '2') }))
    let now = Date.parse('2026-10-01T12:00:00Z')
    const services = (scope: Scope): Scope => scope.value(Clock, { now: () => now, monotonic: () => now })
    await using bench = await startBench({ acme: provider('acme', models, {}, stream) }, { services })
    const { plugboard } = bench
    for (let call = 0; call < 5; call++) await plugboard.complete('acme:bad', hello)
    await plugboard.complete('acme:fast', hello)
    const [measured] = plugboard.ledger.entries()
    if (measured === undefined) throw new Error('nothing was booked')
    await plugboard.ledger.record({ ...measured, id: `${measured.id}.slow`, model: 'slow', latencyMs: 9_000 })
    now += 1_000

    const any = await plugboard.recommend({ taskType: 'chat' })
    expect(any.ranked.map(({ model, expectedLatencyMs }) => [model, expectedLatencyMs])).toEqual([
      ['acme:fast', 0],
      ['acme:slow', 9_000],
      ['acme:new', null],
      ['acme:bad', null],
    ])
    expect(any.ranked.at(-1)?.why).toContain('It failed in 100 % of its calls lately.')
    const quick = await plugboard.recommend({ taskType: 'chat', maxLatencyMs: 2_000 })
    expect(quick.ranked.map(({ model }) => model)).toEqual(['acme:fast', 'acme:new', 'acme:bad'])
    expect(quick.ruledOut).toEqual([{ model: 'acme:slow', why: 'it answered in 9000 ms lately, more than 2000.' }])
  })

  it.each<[request: unknown, says: string]>([
    [{ taskType: 'poetry' }, '"poetry" is no type of task'],
    [{ taskType: 'chat', needs: { vison: true } }, '"vison" is no ability'],
    [{ taskType: 'chat', maxCost: -1 }, 'maxCost is not a number from 0'],
    [{ taskType: 'chat', tokens: { input: 1.5 } }, '1.5 is not a number of tokens'],
  ])('is refused when it makes no sense: %j', async (request, says) => {
    await using bench = await startBench()
    await expect(bench.plugboard.recommend(request as RecommendRequest)).rejects.toMatchObject({
      code: 'RECOMMEND_INVALID',
      message: expect.stringContaining(says) as string,
    })
  })
})
