import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EventBuilder } from '@plugboard/sdk'
import { assertConforms, rules, testProvider, type Cassette, type ProviderSubject } from '@plugboard/sdk/testing'
import { expect, test } from 'vitest'

const text = readFileSync(join(import.meta.dirname, '../../../plugin-sdk/testing/README.md'), 'utf8')

test('the table of rules is complete and in the words of the kit', () => {
  const rows = [...text.matchAll(/^\| `([a-z]+\.[a-z-]+)` +\| (.*?) +\|$/gm)].map(([, id, title]) => [id, title])
  expect(rows).toEqual(Object.entries(rules).map(([id, { title }]) => [id, title]))
})

test('the cassette shown is one, and fits a provider that speaks so', async () => {
  const [, json = ''] = /```json\n(.*?)```/s.exec(text) ?? []
  const subject: ProviderSubject = {
    declaration: { id: 'tide', baseUrl: 'https://api.tide.example/v2', models: [{ id: 'ebb' }] },
    provider: ({ http, baseUrl, apiKey }) => ({
      api: 1,
      async *stream({ model, context: { messages } }, signal) {
        const events = new EventBuilder()
        const { body } = await http.request({
          method: 'POST',
          url: `${baseUrl}/generate`,
          headers: { authorization: apiKey },
          body: JSON.stringify({ model: model.id, messages }),
          signal,
        })
        for (const line of (await body.text()).trim().split('\n')) {
          const { say, end, tokens } = JSON.parse(line) as { say?: string; end?: 'stop'; tokens?: [number, number] }
          if (say !== undefined) events.text(say)
          const [input = 0, output = 0] = tokens ?? []
          const usage = { input, output, cacheRead: 0, cacheWrite: 0, totalTokens: input + output }
          if (end !== undefined) events.finish({ reason: end, usage })
        }
        yield events.take()
      },
    }),
  }
  const cassettes = { weather: JSON.parse(json) as Cassette }
  // It minds nothing that goes wrong; what is shown here is the cassette.
  const report = await testProvider(subject, { cassettes })
  const ofCassette = (results: typeof report.passed) => results.filter(({ where }) => where.fixture === 'weather')
  assertConforms({ ...report, failed: ofCassette(report.failed) })
  expect(ofCassette(report.passed).map(({ rule }) => rule)).toEqual(
    expect.arrayContaining(['answer.content', 'usage.reported', 'finish.reason', 'request.known']),
  )
})
