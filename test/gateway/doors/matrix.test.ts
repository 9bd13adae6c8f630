import { afterAll, describe, expect, test } from 'vitest'
import type { Told } from '../../../plugin-sdk/testing/host/told.ts'
import { doorClients } from '../../support/door-clients.ts'
import { PROTOCOLS, providerOf, startDoors } from '../../support/protocol-upstream.ts'

const { upstreams, gateway, stop } = await startDoors()

afterAll(stop)

/** Google's client does not join arguments that come in pieces; a host sends those only to who asked for them. */
const inOnePiece = ({ calls = [], ...rest }: Told): Told => ({
  ...rest,
  calls: calls.map((call) => ({ ...call, told: 'whole' })),
})

const usage = { input: 100, output: 20, cacheRead: 10, cacheWrite: 0, reasoning: 5 }

/** Everything at once: a thought, a text, and two calls of which one comes in pieces. */
const told: Told = {
  thinking: ['I should ', 'look.'],
  text: ['Let me ', 'see — ', '👋'],
  calls: [
    { id: 'call_1', name: 'weather', arguments: { city: 'Zürich', days: 3 }, told: 'pieces' },
    { id: 'call_2', name: 'weather', arguments: { city: 'Rome' }, told: 'whole' },
  ],
  usage,
  reason: 'toolUse',
}

const CALLED = {
  'openai-chat': 'tool_calls',
  'openai-responses': 'completed',
  'anthropic-messages': 'tool_use',
  'google-generative-ai': 'STOP',
}

const CUT_OFF = {
  'openai-chat': 'length',
  'openai-responses': 'max_output_tokens',
  'anthropic-messages': 'max_tokens',
  'google-generative-ai': 'MAX_TOKENS',
}

const PAIRS = PROTOCOLS.flatMap((door) => PROTOCOLS.map((provider) => [door, provider] as const))

describe.each(PAIRS)('the official client of %s reads, from a provider of %s,', (door, provider) => {
  const model = `${providerOf(provider)}:vendor/large:1`

  test.each([false, true])('text, thoughts, parallel calls, usage and stop reason (stream: %s)', async (stream) => {
    const isGooglesOwn = door === 'google-generative-ai' && provider === door
    upstreams.say(provider, isGooglesOwn ? inOnePiece(told) : told)
    const seen = await doorClients[door](gateway).ask({ model, text: 'Weather?', tool: 'weather' }, stream)
    expect(seen).toEqual({
      text: 'Let me see — 👋',
      thinking: 'I should look.',
      calls: [
        { name: 'weather', arguments: { city: 'Zürich', days: 3 } },
        { name: 'weather', arguments: { city: 'Rome' } },
      ],
      usage: { input: 110, output: 20 },
      stop: CALLED[door],
    })
  })

  test.each([false, true])('that an answer was too long (stream: %s)', async (stream) => {
    upstreams.say(provider, { text: ['Once upon'], usage, reason: 'length' })
    const { text, stop } = await doorClients[door](gateway).ask({ model, text: 'A story' }, stream)
    expect({ text, stop }).toEqual({ text: 'Once upon', stop: CUT_OFF[door] })
  })

  test('an image that it sent', async () => {
    upstreams.say(provider, { text: ['A dot.'], usage, reason: 'stop' })
    const image = 'iVBORw0KGgo='
    const { text } = await doorClients[door](gateway).ask({ model, text: 'What is it?', image }, false)
    expect(text).toBe('A dot.')
    expect(upstreams.asked(provider)[0]?.body).toContain(image)
  })

  test('a failure, where the stream of the provider was cut', async () => {
    upstreams.say(provider, { ...told, text: Array<string>(20).fill('word ') }, { cut: true })
    await expect(doorClients[door](gateway).ask({ model, text: 'Hi', tool: 'weather' }, true)).rejects.toThrow(
      /before it|broke|terminated|closed|cut|complete/i,
    )
  })
})
