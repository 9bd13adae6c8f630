import { join } from 'node:path'
import { expect, test } from 'vitest'
import { assertConforms, testProvider, type Cassettes } from '@plugboard/sdk/testing'

const asked = (text: string, more: object = {}) => ({ ask: { text, ...more } })

/** Its directives, held to the contract like the answers of a real model. */
const cassettes: Cassettes = {
  text: { ...asked('/say Grüße 👋'), expect: { text: 'Grüße 👋', thinking: '', toolCalls: [], stopReason: 'stop' } },
  'text-no-stream': { ...asked('/say Hello', { stream: false }), expect: { text: 'Hello' } },
  thinking: { ...asked('/think Well now.\n/say Yes.'), expect: { thinking: 'Well now.', text: 'Yes.' } },
  'tool-calls': {
    ...asked('/tool get_weather {"city":"Bern"}\n/tool get_time'),
    expect: {
      toolCalls: [
        { name: 'get_weather', arguments: { city: 'Bern' } },
        { name: 'get_time', arguments: {} },
      ],
      stopReason: 'toolUse',
    },
  },
  length: {
    ...asked('/words 20', { options: { maxTokens: 2 } }),
    expect: { text: 'word1 word2', stopReason: 'length' },
  },
  'error-auth': { ...asked('/error auth'), expect: { errorClass: 'auth' } },
  'error-rate-limit': { ...asked('/error rate_limit'), expect: { errorClass: 'rate_limit', retryAfterMs: 1_000 } },
  'error-overflow': { ...asked('/error context_overflow'), expect: { errorClass: 'context_overflow' } },
  'error-in-stream': { ...asked('/error server 3\n/words 9'), expect: { errorClass: 'server' } },
}

test('the sandbox keeps the contract when it does as it is told', async () => {
  const report = await testProvider({ dir: join(import.meta.dirname, '../../plugins/sandbox') }, { cassettes })
  assertConforms(report)
  const tried = new Set(report.passed.map(({ where }) => where.fixture))
  expect(Object.keys(cassettes).filter((name) => !tried.has(name))).toEqual([])
})
