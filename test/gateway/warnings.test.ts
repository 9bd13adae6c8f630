import { afterAll, beforeAll, expect, test } from 'vitest'
import { startOpenAIUpstream, type OpenAIUpstream } from '../support/openai-upstream.ts'
import { openaiAt, startGateway, type RunningGateway } from '../support/running-gateway.ts'

let upstream: OpenAIUpstream
let gateway: RunningGateway

beforeAll(async () => {
  upstream = await startOpenAIUpstream()
  gateway = await startGateway(openaiAt(upstream))
})

afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await upstream.close()
})

const ask = (body: object): Promise<Response> =>
  gateway.post('/v1/chat/completions', {
    model: 'openai:gpt-4o',
    messages: [{ role: 'user', content: 'Hi' }],
    ...body,
  })

/** `gpt-4o` is not described as reasoning; the call has no result. */
const ASKED_TOO_MUCH = {
  reasoning_effort: 'high',
  messages: [
    { role: 'user', content: 'Hi' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } }],
    },
    { role: 'user', content: 'Well?' },
  ],
}
const WARNINGS = [
  {
    type: 'other',
    feature: 'tool-result',
    message: 'Tool calls without a result got one that says so.',
    rule: 'G9',
    count: 1,
  },
  {
    type: 'unsupported',
    feature: 'reasoning',
    message: 'gpt-4o does not reason; "reasoning" was left out.',
  },
]

test('an answer tells what was left out or changed, and an ordinary one says nothing of it', async () => {
  expect(await (await ask(ASKED_TOO_MUCH)).json()).toMatchObject({ warnings: WARNINGS })
  expect(await (await ask({})).json()).not.toHaveProperty('warnings')
})

test('the last chunk of a stream tells it too', async () => {
  const chunksOf = async (body: object) => {
    const sent = await (await ask({ ...body, stream: true })).text()
    const events = sent.split('\n\n').filter((event) => event.startsWith('data: {'))
    return events.map((event) => JSON.parse(event.slice('data: '.length)) as Readonly<Record<string, unknown>>)
  }
  const chunks = await chunksOf(ASKED_TOO_MUCH)
  expect(chunks.at(-1)).toMatchObject({ warnings: WARNINGS })
  expect(chunks.slice(0, -1).filter((chunk) => 'warnings' in chunk)).toEqual([])
  expect((await chunksOf({})).filter((chunk) => 'warnings' in chunk)).toEqual([])
})

test('a client that wants no other answer gets an error that names the features, and nothing is sent', async () => {
  const before = upstream.chats.length
  const refused = await ask({ ...ASKED_TOO_MUCH, response: { unsupported: 'error' } })
  expect(refused.status).toBe(400)
  expect(await refused.json()).toMatchObject({
    error: { code: 'unsupported', message: expect.stringContaining('openai:gpt-4o cannot do as asked: reasoning.') },
  })
  expect(upstream.chats).toHaveLength(before)
  const { status } = await ask({ messages: ASKED_TOO_MUCH.messages, response: { unsupported: 'error' } })
  expect(status).toBe(200)
})

test('another word for it is refused, with the field', async () => {
  const response = await ask({ response: { unsupported: 'ignore' } })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: { param: 'response.unsupported' } })
})
