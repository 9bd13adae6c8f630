import { describe, expect, test } from 'vitest'
import { ProviderError, EventBuilder, classifyFailure, type Provider, type ProviderDeclaration } from '@plugboard/sdk'
import {
  assertConforms,
  testProvider,
  type Cassettes,
  type ProviderSubject,
  type Report,
  type RuleId,
  type TestSetup,
} from '@plugboard/sdk/testing'

const declaration: ProviderDeclaration = {
  id: 'tide',
  baseUrl: 'https://api.tide.example/v2',
  auth: { type: 'header', header: 'x-tide-key' },
  models: [{ id: 'ebb' }, { id: 'flood' }],
}

interface Line {
  readonly say?: string
  readonly end?: 'stop' | 'length'
  readonly tokens?: readonly [input: number, output: number]
}

interface Habits {
  /** Signs in before it asks. */
  readonly signsIn?: boolean
  /** Text of the request that is sent, from the one that was asked for. */
  readonly body?: (text: string) => Promise<string>
  /** Leaves the key in what it says of errors. */
  readonly isIndiscreet?: boolean
}

/** A provider with a wire format of its own: one JSON object per line. */
const tide = ({
  signsIn = false,
  body = async (text) => text,
  isIndiscreet = false,
}: Habits = {}): ProviderSubject => ({
  declaration,
  provider: (setup): Provider => ({
    api: 1,
    async *stream({ model, context }, signal) {
      if (signsIn) await post(setup, '/sign-in', '{}', signal)
      const text = await body(JSON.stringify({ model: model.id, messages: context.messages }))
      const response = await post(setup, '/generate', text, signal)
      if (response.status >= 300) {
        const failure = classifyFailure({
          status: response.status,
          headers: response.headers,
          body: await response.body.text(),
          provider: 'tide',
          model: model.id,
          secrets: setup.apiKey === undefined || isIndiscreet ? [] : [setup.apiKey],
        })
        throw failure
      }
      const events = new EventBuilder()
      for await (const { say, end, tokens = [0, 0] } of lines(response.body)) {
        if (say !== undefined) events.text(say)
        const [input, output] = tokens
        const usage = { input, output, cacheRead: 0, cacheWrite: 0, totalTokens: input + output }
        if (end !== undefined) events.finish({ reason: end, usage })
        yield events.take()
      }
    },
    async listModels(signal) {
      const { http, baseUrl, apiKey } = setup
      const { body: list } = await http.request({
        method: 'GET',
        url: `${baseUrl}/models`,
        headers: { 'x-tide-key': apiKey },
        signal,
      })
      return JSON.parse(await list.text()) as { id: string }[]
    },
  }),
})

const post = ({ http, baseUrl, apiKey }: TestSetup, path: string, body: string, signal: AbortSignal) =>
  http.request({ method: 'POST', url: `${baseUrl}${path}`, headers: { 'x-tide-key': apiKey }, body, signal })

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) yield parsed(part)
  }
  if (rest !== '') yield parsed(rest)
}

function parsed(text: string): Line {
  try {
    return JSON.parse(text) as Line
  } catch {
    throw new ProviderError('server', 'Tide sent something that is not JSON.')
  }
}

const TEXT = {
  request: {
    method: 'POST',
    path: '/v2/generate',
    body: { model: 'ebb', messages: [{ role: 'user', content: 'Hello' }] },
  },
  response: {
    headers: { 'Content-Type': 'application/x-ndjson' },
    chunks: [
      '{"say":"The water "}\n',
      '{"say":"is höher "}\n',
      '{"say":"than "}\n',
      '{"say":"yesterday."}\n',
      '{"end":"stop","tokens":[4,7]}\n',
    ],
  },
  expect: {
    text: 'The water is höher than yesterday.',
    usage: { input: 4, output: 7 },
    stopReason: 'stop',
  },
} as const

const failed = (report: Report): string[] => [...new Set(report.failed.map(({ rule }) => rule))]

const fixturesOf = ({ passed }: Report, rule: RuleId): string[] =>
  passed.filter((result) => result.rule === rule).map(({ where }) => where.fixture)

const tryOut = (cassettes: Cassettes, habits: Habits = {}) => testProvider(tide(habits), { cassettes, stopMs: 500 })

describe.concurrent('a wire format of its own', () => {
  test('is tried with what the cassettes hold, and with all that follows from them', async () => {
    const report = await tryOut({ text: TEXT })
    assertConforms(report)
    expect(fixturesOf(report, 'answer.content')).toEqual(['text'])
    expect(fixturesOf(report, 'usage.reported')).toContain('text')
    expect(fixturesOf(report, 'answer.cuts')).toEqual(['small-chunks', 'one-chunk'])
    expect(fixturesOf(report, 'truncation.error')).toEqual(['cut', 'cut-cleanly', 'abort', 'abort-before-first-byte'])
    expect(fixturesOf(report, 'abort.upstream')).toEqual(['abort', 'abort-before-first-byte'])
    for (const rule of [
      'errors.auth',
      'errors.rate-limit',
      'errors.server',
      'errors.network',
      'errors.unreadable',
    ] as const)
      expect([rule, fixturesOf(report, rule).length]).toEqual([rule, 1])
    expect(fixturesOf(report, 'request.auth')).toContain('text')
    expect(fixturesOf(report, 'parallel.apart')).toEqual(['parallel'])
    expect(fixturesOf(report, 'instances.apart')).toEqual(['instances'])
    expect(report.skipped.map(({ rule }) => rule)).toContain('tools.arguments')
  })

  test('cannot be tried without cassettes, and that is a failure', async () => {
    const report = await tryOut({})
    expect(failed(report)).toEqual(['request.known'])
    expect(report.failed[0]?.where).toMatchObject({ fixture: 'hello', request: 'POST /v2/generate' })
    expect(report.skipped.map(({ rule }) => rule)).toContain('parallel.apart')
  })

  test('must give what the cassette expects', async () => {
    const report = await tryOut({ text: { ...TEXT, expect: { ...TEXT.expect, stopReason: 'length' } } })
    expect(failed(report)).toEqual(['finish.reason'])
    expect(report.failed[0]).toMatchObject({ expected: 'length', actual: 'stop' })
  })

  test('must send what was recorded', async () => {
    const request = { ...TEXT.request, body: { model: 'flood' } }
    const report = await tryOut({ text: TEXT, other: { ...TEXT, request } })
    expect(report.failed.map(({ rule, where }) => [rule, where.fixture])).toEqual([['request.known', 'other']])
  })

  test('is asked as the cassette says', async () => {
    const request = { ...TEXT.request, body: { model: 'flood', messages: [{ content: 'How high?' }] } }
    const report = await tryOut({ text: TEXT, other: { ...TEXT, ask: { model: 'flood', text: 'How high?' }, request } })
    assertConforms(report)
  })

  test('mixes no answers, though all of them come from one cassette', async () => {
    let current = ''
    const body = async (text: string): Promise<string> => {
      current = text
      await new Promise((resolve) => setImmediate(resolve))
      return current
    }
    const report = await tryOut({ text: TEXT }, { body })
    expect(failed(report)).toEqual(['parallel.apart'])
  })

  test('may need several exchanges for one answer', async () => {
    const signIn = { request: { path: '/v2/sign-in' }, response: { body: { token: 'ok' } } }
    const { request, response, expect: wanted } = TEXT
    const report = await tryOut(
      { text: { exchanges: [signIn, { request, response }], expect: wanted } },
      { signsIn: true },
    )
    assertConforms(report)
  })

  test('may be binary', async () => {
    const chunks = TEXT.response.chunks.map((chunk) => ({ base64: Buffer.from(chunk).toString('base64') }))
    const report = await tryOut({ text: { ...TEXT, response: { chunks } } })
    assertConforms(report)
  })

  test('has its failures judged by their class, and by what they give away', async () => {
    const overflow = {
      response: {
        status: 422,
        body: { error: 'The sea is too small for {{secret}}: maximum context length is 8 tokens.' },
      },
      expect: { errorClass: 'context_overflow' },
    } as const
    const discreet = await tryOut({ text: TEXT, 'error-overflow': overflow })
    assertConforms(discreet)
    expect(fixturesOf(discreet, 'errors.overflow')).toEqual(['error-overflow'])
    const indiscreet = await tryOut({ text: TEXT, 'error-overflow': overflow }, { isIndiscreet: true })
    expect(failed(indiscreet)).toEqual(['secrets.errors'])
    expect(indiscreet.failed.map(({ where }) => where.fixture)).toContain('error-overflow')
    expect(JSON.stringify(indiscreet)).not.toContain('sk-kit-')
  })

  test('has its list of models tried with a cassette for it', async () => {
    const models = {
      ask: { listModels: true },
      request: { method: 'GET', path: '/v2/models' },
      response: { body: [{ id: 'ebb' }, { id: 'flood' }] },
      expect: { models: ['ebb', 'flood'] },
    }
    const good = await tryOut({ text: TEXT, models })
    assertConforms(good)
    expect(fixturesOf(good, 'models.listed')).toEqual(['models'])
    const bad = await tryOut({ text: TEXT, models: { ...models, expect: { models: ['ebb'] } } })
    expect(failed(bad)).toEqual(['models.listed'])
  })
})

test('a cassette without a response is for a provider that answers by itself', async () => {
  const echo: ProviderSubject = {
    declaration: { id: 'echo', auth: { type: 'none' }, models: [{ id: 'parrot' }] },
    provider: () => ({
      api: 1,
      async *stream({ context }) {
        const events = new EventBuilder()
        events.text(context.messages.map(({ content }) => (typeof content === 'string' ? content : '')).join(''))
        events.finish({ reason: 'stop' })
        yield events.take()
      },
    }),
  }
  const wanted = (text: string): Cassettes => ({ polly: { ask: { text: 'Polly' }, expect: { text } } })
  expect(failed(await testProvider(echo, { cassettes: wanted('Polly') }))).toEqual([])
  expect(failed(await testProvider(echo, { cassettes: wanted('Coco') }))).toEqual(['answer.content'])
})

describe.concurrent('a file that is no cassette', () => {
  test.each([
    ['a list', [], 'is not a JSON object'],
    ['no expectation', { response: {} }, 'has no "expect"'],
    ['a typing error', { expect: {}, respons: {} }, 'the unknown field "respons"'],
    [
      'a typing error further in',
      { expect: {}, response: { stauts: 200 } },
      'in "response" the unknown field "stauts"',
    ],
    ['a wrong type', { expect: {}, response: { status: '200' } }, 'a "status" that is not of type number'],
    ['two ways at once', { expect: {}, response: {}, exchanges: [] }, '"exchanges" beside "request" or "response"'],
    ['an exchange without a response', { expect: {}, exchanges: [{}] }, 'an exchange without a response'],
  ])('is named, with what is wrong: %s', async (_, broken, what) => {
    const { failed: found } = await testProvider(tide(), { cassettes: { text: TEXT, broken: broken as never } })
    expect(found.map(({ rule }) => rule)).toEqual(['cassette.format'])
    expect(found[0]?.actual).toContain('cassettes/broken.json')
    expect(found[0]?.actual).toContain(what)
  })
})
