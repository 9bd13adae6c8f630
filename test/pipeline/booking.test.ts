import { describe, expect, it } from 'vitest'
import { createGateway, dollars, Ledger, PlugboardError, type LedgerEntry, type Plugboard } from '../../core/index.ts'
import { SqliteStore } from '../../core/services/store/sqlite-store.ts'
import { Store } from '../../core/services/store/store.ts'
import { codePlugin, hello, providerOf, say, startBench, type Bench, type CodeParts } from '../fixtures-plugins.ts'
import { tempDir } from '../support/temp-dir.ts'

/** `acme` with one model per kind of price. */
const priced = (parts: CodeParts = {}) =>
  codePlugin('acme', parts, {
    contributes: {
      providers: [
        providerOf('acme', {
          models: [
            { id: 'gpt-4o', price: { input: '2.50', output: '10.00' } },
            { id: 'free', price: 'free' },
            { id: 'unknown' },
          ],
        }),
      ],
    },
  })

const only = ({ plugboard }: Bench): LedgerEntry => {
  const entries = plugboard.ledger.entries()
  expect(entries).toHaveLength(1)
  return entries[0] as LedgerEntry
}

describe('a completed call', () => {
  it('of 1,000 tokens in and 500 out on gpt-4o costs exactly 0.0075 dollars', async () => {
    await using bench = await startBench({ acme: priced({ stream: say('hi') }) })
    const { cost, usage } = await bench.plugboard.complete('acme:gpt-4o', hello)
    expect(dollars(cost?.total ?? 0)).toBe(0.0075)
    expect(usage).toMatchObject({ input: 1_000, output: 500 })
    expect(only(bench)).toMatchObject({
      outcome: 'completed',
      cost: { input: 2_500_000, output: 5_000_000, total: 7_500_000 },
    })
    expect(bench.plugboard.ledger.totals()).toMatchObject({ calls: 1, nano: 7_500_000n, unpriced: 0 })
  })

  it.each([
    ['unknown', null, 1],
    ['free', 0, 0],
  ])('with a price that is %s costs %s', async (model, total, unpriced) => {
    await using bench = await startBench({ acme: priced() })
    expect((await bench.plugboard.complete(`acme:${model}`, hello)).cost?.total).toBe(total)
    expect(only(bench).cost.total).toBe(total)
    expect(bench.plugboard.ledger.totals()).toMatchObject({ nano: 0n, unpriced })
  })

  it('stands in the ledger when its last event is read', async () => {
    await using bench = await startBench({ acme: priced() })
    const { plugboard } = bench
    const stream = plugboard.stream('acme:gpt-4o', hello)
    for await (const { type } of stream)
      expect(plugboard.ledger.entries({ id: stream.id })).toHaveLength(type === 'done' ? 1 : 0)
  })

  it('is booked to whom it was made for', async () => {
    await using bench = await startBench({ acme: priced() })
    const { generation } = bench.plugboard.plugins[0] ?? {}
    await bench.plugboard
      .stream('acme:free', hello, { userId: 'ada', projectId: 'engine', trackingId: 'run-7' })
      .result()
    expect(only(bench)).toMatchObject({
      userId: 'ada',
      projectId: 'engine',
      trackingId: 'run-7',
      provider: 'acme',
      model: 'free',
      generation,
      attempt: 1,
      streamed: true,
    })
  })

  it('whose provider counts nothing is counted here, and marked as estimated', async () => {
    const stream = `yield { type: 'text_start', contentIndex: 0 }
      yield { type: 'text_delta', contentIndex: 0, delta: 'twelve chars' }
      yield { type: 'finish', reason: 'stop' }`
    await using bench = await startBench({ acme: priced({ stream }) })
    const { usage } = await bench.plugboard.complete('acme:gpt-4o', {
      messages: [{ role: 'user', content: 'x'.repeat(396) }],
    })
    // 0.24 tokens to a letter, and 12 that wrap a request and its message: 396 x 0.24 + 12 = 107.04
    expect(usage).toMatchObject({ input: 108, output: 3, totalTokens: 111, estimated: true })
    expect(only(bench)).toMatchObject({ usage: { estimated: true }, cost: { total: 270_000 + 30_000 } })
  })
})

/** Says eight characters and waits. */
const endless: CodeParts = {
  stream: `yield { type: 'text_start', contentIndex: 0 }
    yield { type: 'text_delta', contentIndex: 0, delta: '8 chars.' }
    await new Promise(() => {})`,
}

describe('a cancelled call', () => {
  it('is booked from what was delivered, marked as estimated', async () => {
    await using bench = await startBench({ acme: priced(endless) })
    for await (const { type } of bench.plugboard.stream('acme:gpt-4o', hello)) if (type === 'text_delta') break
    expect(only(bench)).toMatchObject({
      outcome: 'cancelled',
      errorClass: undefined,
      usage: { output: 3, estimated: true },
      cost: { output: 30_000 },
    })
  })

  it('is booked once when the reader leaves before the first read', async () => {
    await using bench = await startBench({ acme: priced(endless) })
    const stream = bench.plugboard.stream('acme:gpt-4o', hello)
    await stream[Symbol.asyncIterator]().return?.()
    expect(await stream.result()).toMatchObject({ stopReason: 'aborted' })
    expect(only(bench)).toMatchObject({ outcome: 'cancelled' })
  })

  it('is booked when the signal aborts and nobody reads', async () => {
    await using bench = await startBench({ acme: priced(endless) })
    const { plugboard } = bench
    const leaving = new AbortController()
    const stream = plugboard.stream('acme:gpt-4o', hello, { signal: leaving.signal })
    leaving.abort()
    await plugboard.engine.idle()
    expect(only(bench)).toMatchObject({ id: stream.id, outcome: 'cancelled' })
  })

  it('whose signal was aborted before costs nothing', async () => {
    await using bench = await startBench({ acme: priced(endless) })
    const message = await bench.plugboard.complete('acme:gpt-4o', hello, { signal: AbortSignal.abort() })
    expect(message).toMatchObject({ stopReason: 'aborted', content: [] })
    expect(only(bench)).toMatchObject({ outcome: 'cancelled', cost: { total: 0 } })
  })

  it('at an unknown price costs an unknown amount', async () => {
    await using bench = await startBench({ acme: priced(endless) })
    for await (const { type } of bench.plugboard.stream('acme:unknown', hello)) if (type === 'text_delta') break
    expect(only(bench).cost.total).toBeNull()
  })
})

/** Every call of a bench whose database has room for only a few more pages. */
async function fillUp(
  plugboard: Plugboard,
  store: SqliteStore,
  call: () => Promise<boolean>,
): Promise<{ fine: number; refused: number }> {
  const pages = Number(store.db.prepare('PRAGMA page_count').get()?.['page_count'])
  store.db.exec(`PRAGMA max_page_count = ${pages + 2}`)
  const seen = { fine: 0, refused: 0 }
  for (let n = 0; n < 300 && seen.refused < 3; n++) {
    if (await call()) seen.fine++
    else seen.refused++
  }
  expect(plugboard.engine.running).toBe(0)
  return seen
}

describe('a call that the ledger cannot take', () => {
  it('fails clearly on a full disk; what succeeded is booked, all of it', async () => {
    await using dir = await tempDir()
    using store = new SqliteStore(dir.at('full.db'))
    await using bench = await startBench({ acme: priced() }, { services: (scope) => scope.value(Store, store) })
    const { plugboard } = bench
    const call = async (): Promise<boolean> => {
      const types: string[] = []
      let error: unknown
      for await (const event of plugboard.stream('acme:gpt-4o', hello)) {
        types.push(event.type)
        if (event.type === 'error') error = event.error
      }
      if (types.at(-1) === 'done') return true
      expect(types).not.toContain('done')
      expect(error).toMatchObject({
        class: 'server',
        providerCode: 'STORE_WRITE_FAILED',
        hint: expect.stringContaining('free space') as string,
      })
      return false
    }
    const { fine, refused } = await fillUp(plugboard, store, call)
    expect(refused).toBe(3)
    expect(plugboard.ledger.totals().calls).toBe(fine)
    expect(plugboard.plugins[0]?.calls).toEqual({ current: 0, draining: 0 })

    store.db.exec('PRAGMA max_page_count = 100000')
    expect(await call()).toBe(true)
    expect(plugboard.ledger.totals().calls).toBe(fine + 1)
  })

  it('never looks complete through the gateway', async () => {
    const refuse = (): Promise<void> =>
      Promise.reject(new PlugboardError('STORE_WRITE_FAILED', 'The disk is full.', { hint: 'Make room.' }))
    await using bench = await startBench(
      { acme: priced() },
      {
        services: (scope) =>
          scope.value(Ledger, {
            record: refuse,
            entries: () => [],
            booked: () => new Set(),
            totals: () => ({ calls: 0, inputTokens: 0, outputTokens: 0, nano: 0n, unpriced: 0 }),
          }),
      },
    )
    const { keys } = bench.plugboard
    await using gateway = await createGateway(bench.plugboard)
    const { url } = await gateway.listen({ port: 0, host: '127.0.0.1' })
    const { secret } = keys.add('test')
    const chat = (stream: boolean): Promise<Response> =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'acme:gpt-4o', stream, messages: hello.messages }),
      })
    const once = await chat(false)
    expect(once.status).toBeGreaterThanOrEqual(500)
    expect(await once.json()).toHaveProperty('error.message')
    const streamed = await (await chat(true)).text()
    expect(streamed).toContain('"error"')
    expect(streamed).not.toContain('[DONE]')
  })
})
