import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createPlugboard, WorstCase, type AssistantMessage, type Plugboard } from 'plugboard'
import { tempDir } from '../../support/temp-dir.ts'
import { sampleBalances } from './sampling.ts'

const CALLS = 1_000
const PAID = 300

/** One word of 400 characters: 102 tokens in, 100 out, at 1 and 2 dollars per million. */
const AT = `/say ${'x'.repeat(400)}`
const WORST_NANO = 302_000
const ABOVE = `/say ${'x'.repeat(1_200)}`
const ABOVE_NANO = 902_000

type Kind = (plugboard: Plugboard) => Promise<AssistantMessage>

const ask = (plugboard: Plugboard, content: string, stream: boolean): Promise<AssistantMessage> => {
  const context = { messages: [{ role: 'user', content } as const] }
  const options = { maxTokens: 100 }
  return stream
    ? plugboard.stream('sandbox:demo', context, options).result()
    : plugboard.complete('sandbox:demo', context, options)
}

/** A client that leaves after the first words. */
const leave: Kind = async (plugboard) => {
  const messages = [{ role: 'user', content: '/words 40\n/delay 1' } as const]
  const answer = plugboard.stream('sandbox:demo', { messages }, { maxTokens: 100 })
  for await (const event of answer) if (event.type === 'text_delta') break
  return answer.result()
}

const KINDS: readonly Kind[] = [
  (plugboard) => ask(plugboard, AT, true),
  (plugboard) => ask(plugboard, AT, false),
  (plugboard) => ask(plugboard, AT, true),
  (plugboard) => ask(plugboard, AT, false),
  (plugboard) => ask(plugboard, 'Hello', true),
  (plugboard) => ask(plugboard, '/words 20\n/delay 1', true),
  (plugboard) => ask(plugboard, '/words 20\n/usage none', false),
  (plugboard) => ask(plugboard, '/error server 3\n/words 10', true),
  (plugboard) => ask(plugboard, '/error rate_limit', false),
  (plugboard) => ask(plugboard, '/cut 2\n/words 10', true),
  leave,
]

/** Asks again for as long as only running calls are in the way. */
async function insist(plugboard: Plugboard, kind: Kind): Promise<AssistantMessage> {
  for (;;) {
    const message = await kind(plugboard)
    if (message.error?.providerCode !== 'BUDGET_HELD') return message
    await turn()
  }
}

/** Calls that all begin at once, each of which may cost `WORST_NANO` as far as anybody knows beforehand. */
async function crowd(kinds: readonly Kind[], insistent: boolean) {
  await using dir = await tempDir()
  await using plugboard = await createPlugboard({
    dataDir: dir.path,
    hostDir: false,
    env: {},
    watch: false,
    logLevel: 'silent',
    services: (scope) =>
      scope.value(WorstCase, () => ({ nano: WORST_NANO, inputTokens: 1, outputTokens: 1, likelyInputTokens: 1 })),
  })
  const limitNano = PAID * WORST_NANO
  await plugboard.budgets.set({ scope: { kind: 'provider', value: 'sandbox' }, window: 'total', limitNano })
  await plugboard.budgets.set({ scope: { kind: 'global', value: '' }, window: 'monthly', limitNano: limitNano * 10 })
  const overshoots: number[] = []
  plugboard.budgets.on('overshoot', ({ charged, held }) => overshoots.push(charged.nano - held.nano))
  const stop = await sampleBalances(dir.at('plugboard.db'))
  const messages = await Promise.all(
    Array.from({ length: CALLS }, (_, n) => {
      const kind = kinds[n % kinds.length] as Kind
      return insistent ? insist(plugboard, kind) : kind(plugboard)
    }),
  )
  const sampled = await stop()
  const [tight] = plugboard.budgets.list().filter(({ window }) => window === 'total')
  if (tight === undefined) throw new Error('the budget is gone')
  return {
    sampled,
    overshoots,
    limitNano,
    spent: tight.spent.nano,
    held: tight.held.nano,
    booked: Number(plugboard.ledger.totals().nano),
    books: plugboard.budgets.verify(),
    refused: messages.filter(({ error }) => error?.providerCode?.startsWith('BUDGET_') === true),
    answered: messages.filter(({ stopReason }) => stopReason === 'stop'),
  }
}

describe(`${CALLS} calls at once on a budget that pays for ${PAID}`, () => {
  it('are let through to exactly that number while none is over', async () => {
    const { refused, sampled, spent, held, booked, limitNano, books } = await crowd(KINDS.slice(0, 2), false)
    expect(refused).toHaveLength(CALLS - PAID)
    expect(new Set(refused.map(({ error }) => error?.providerCode))).toEqual(new Set(['BUDGET_HELD']))
    expect({ spent, held, booked }).toEqual({ spent: limitNano, held: 0, booked: limitNano })
    expect(sampled).toMatchObject({ above: 0, most: limitNano, negative: 0 })
    expect(books.problems).toEqual([])
  }, 120_000)

  it('never pass it, whether they end well, fail, break off or are left, and use it to the last call', async () => {
    const { refused, answered, sampled, spent, held, booked, limitNano, books } = await crowd(KINDS, true)
    expect(sampled.above).toBeLessThanOrEqual(0)
    expect(sampled.negative).toBe(0)
    expect(sampled.looks).toBeGreaterThan(100)
    expect(spent).toBeLessThanOrEqual(limitNano)
    expect({ held, booked }).toEqual({ held: 0, booked: spent })
    // Whoever was refused for good was refused because the money is really gone; and that is more calls than its worst case.
    expect(refused.length).toBeGreaterThan(0)
    expect(spent).toBeGreaterThan(limitNano - WORST_NANO)
    expect(answered.length).toBeGreaterThan(PAID)
    expect(books.problems).toEqual([])
  }, 120_000)

  it('that cost more than anybody could know are booked in full, and each one that passes the limit is told', async () => {
    const kinds = [...KINDS.slice(2, 5), (plugboard: Plugboard) => ask(plugboard, ABOVE, true)]
    const { sampled, overshoots, spent, held, booked, limitNano, books, refused } = await crowd(kinds, true)
    expect({ held, booked }).toEqual({ held: 0, booked: spent })
    expect(refused.length).toBeGreaterThan(0)
    // Nothing but the excess of such calls stands above the limit.
    expect(overshoots.length).toBeGreaterThan(0)
    expect(new Set(overshoots)).toEqual(new Set([ABOVE_NANO - WORST_NANO]))
    const excess = (ABOVE_NANO - WORST_NANO) * overshoots.length
    expect(spent).toBeLessThanOrEqual(limitNano + excess)
    expect(sampled.above).toBeLessThanOrEqual(excess)
    expect(books.problems).toEqual([])
  }, 120_000)
})
