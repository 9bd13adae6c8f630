import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isProviderError } from '../../../plugin-sdk/errors.ts'
import type { ProviderEvent } from '../../../plugin-sdk/events.ts'
import { createHttp } from '../../../plugin-sdk/http.ts'
import type { Context, Warning } from '../../../plugin-sdk/messages.ts'
import type { GenerationOptions } from '../../../plugin-sdk/options.ts'
import { loadProtocol, protocolNames } from '../../../plugin-sdk/protocols/index.ts'
import type { Model, ModelDeclaration } from '../../../plugin-sdk/provider.ts'
import { Secret } from '../../../plugin-sdk/secret.ts'

type Json = Readonly<Record<string, unknown>>

const ANSWERS: Readonly<Record<string, Json>> = {
  'openai-chat': { choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }] },
  'anthropic-messages': {
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: 'Hi' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 1, output_tokens: 1 },
  },
  'google-generative-ai': {
    candidates: [{ content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }],
  },
  'openai-responses': {
    status: 'completed',
    output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi', annotations: [] }] }],
  },
}

const received: { readonly body: string; readonly headers: IncomingHttpHeaders }[] = []
let protocol = ''
const server = createServer((message, response) => {
  void text(message).then((body) => {
    received.push({ body, headers: message.headers })
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(ANSWERS[protocol]))
  })
})

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

interface Asked {
  readonly options?: GenerationOptions
  readonly context?: Context
  readonly model?: Partial<ModelDeclaration>
}

interface Told {
  /** What arrived at the provider; nothing when nothing did. */
  readonly body: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly warnings: readonly Warning[]
  readonly error: unknown
}

const HELLO: Context = { messages: [{ role: 'user', content: 'Hello' }] }

async function ask({ options = {}, context = HELLO, model: facts = {} }: Asked): Promise<Told> {
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  await using http = createHttp([host])
  const declared: ModelDeclaration = { id: 'm', input: ['text', 'image'], reasoning: true, ...facts }
  const provider = (await loadProtocol(protocol)).createProvider({
    declaration: { id: 'p', models: [declared] },
    baseUrl: `http://${host}`,
    http,
    apiKey: new Secret('sk-test-0123456789'),
    headers: {},
  })
  const defaults = {
    name: 'm',
    provider: 'p',
    api: protocol,
    baseUrl: undefined,
    input: [],
    tools: true,
    reasoning: true,
  }
  const model: Model = { ...defaults, ...declared }
  const before = received.length
  const events: ProviderEvent[] = []
  let error: unknown
  try {
    const stream = provider.stream({ model, context, options, stream: false }, new AbortController().signal)
    for await (const item of stream) events.push(...[item].flat())
  } catch (thrown) {
    error = thrown
  }
  const start = events.find((event) => event.type === 'start')
  const sent = received.slice(before).at(-1)
  return { body: sent?.body, headers: sent?.headers ?? {}, warnings: start?.warnings ?? [], error }
}

const tool = { name: 'look', parameters: { type: 'object', properties: {} } } as const
const TOOLS: Context = { ...HELLO, tools: [tool] }
const schema = { type: 'object', properties: { n: { type: 'number' } } }
const part = (kind: object): Context => ({
  messages: [{ role: 'user', content: [{ type: 'text', text: 'See' }, kind as never] }],
})
const image = { type: 'image', data: 'AAAA', mimeType: 'image/png' }
const foreign = (value: Json) => ({ type: 'opaque', protocol: 'another', value })

const PROTOCOLS = ['openai-chat', 'anthropic-messages', 'google-generative-ai', 'openai-responses'] as const

type Fate = 'sent' | 'warned' | 'both'
const [sent, warned, both] = ['sent', 'warned', 'both'] as const satisfies Fate[]

/** What becomes of each: Chat Completions, Messages, generateContent, Responses. `both`: sent otherwise, and said so. */
const CASES: readonly (readonly [
  name: string,
  feature: string,
  asked: Asked,
  fates: readonly [Fate, Fate, Fate, Fate],
  without?: Asked,
])[] = [
  ['temperature', 'temperature', { options: { temperature: 0.5 } }, [sent, sent, sent, sent]],
  ['a temperature above 1', 'temperature', { options: { temperature: 1.5 } }, [sent, both, sent, sent]],
  ['topP', 'topP', { options: { topP: 0.5 } }, [sent, sent, sent, sent]],
  ['topK', 'topK', { options: { topK: 5 } }, [sent, sent, sent, warned]],
  ['maxTokens', 'maxTokens', { options: { maxTokens: 50 } }, [sent, sent, sent, sent]],
  ['stop', 'stop', { options: { stop: ['END'] } }, [sent, sent, sent, warned]],
  ['seed', 'seed', { options: { seed: 7 } }, [sent, warned, sent, warned]],
  ['presencePenalty', 'presencePenalty', { options: { presencePenalty: 0.5 } }, [sent, warned, sent, warned]],
  ['frequencyPenalty', 'frequencyPenalty', { options: { frequencyPenalty: 0.5 } }, [sent, warned, sent, warned]],
  ['user', 'user', { options: { user: 'u1' } }, [sent, sent, warned, sent]],
  ['metadata', 'metadata', { options: { metadata: { a: 'b' } } }, [sent, warned, warned, sent]],
  ['tools', 'tools', { context: TOOLS }, [sent, sent, sent, sent]],
  ['tools of a model without', 'tools', { context: TOOLS, model: { tools: false } }, [warned, warned, warned, warned]],
  [
    'toolChoice',
    'toolChoice',
    { context: TOOLS, options: { toolChoice: 'required' } },
    [sent, sent, sent, sent],
    { context: TOOLS },
  ],
  [
    'toolChoice of one tool',
    'toolChoice',
    { context: TOOLS, options: { toolChoice: { tool: 'look' } } },
    [sent, sent, sent, sent],
    { context: TOOLS },
  ],
  [
    'toolChoice none',
    'toolChoice',
    { context: TOOLS, options: { toolChoice: 'none' } },
    [sent, sent, sent, sent],
    { context: TOOLS },
  ],
  ['toolChoice without tools', 'toolChoice', { options: { toolChoice: 'required' } }, [warned, warned, warned, warned]],
  [
    'parallelToolCalls',
    'parallelToolCalls',
    { context: TOOLS, options: { parallelToolCalls: false } },
    [sent, sent, warned, sent],
    { context: TOOLS },
  ],
  ['a JSON answer', 'responseFormat', { options: { responseFormat: { type: 'json' } } }, [sent, warned, sent, sent]],
  [
    'an answer to a schema',
    'responseFormat',
    { options: { responseFormat: { type: 'json', schema } } },
    [sent, warned, sent, sent],
  ],
  [
    'reasoning',
    'reasoning',
    { options: { reasoning: 'high', maxTokens: 9000 } },
    [sent, sent, sent, sent],
    { options: { maxTokens: 9000 } },
  ],
  [
    'a level the model lacks',
    'reasoning',
    { options: { reasoning: 'high' }, model: { reasoningLevels: { high: null } } },
    [both, both, both, both],
  ],
  [
    'reasoning of a model without',
    'reasoning',
    { options: { reasoning: 'high' }, model: { reasoning: false } },
    [warned, warned, warned, warned],
  ],
  ['an image', 'image', { context: part(image) }, [sent, sent, sent, sent]],
  [
    'an image for a model without',
    'image',
    { context: part(image), model: { input: ['text'] } },
    [both, both, both, both],
  ],
  [
    'audio of another protocol',
    'content',
    { context: part(foreign({ type: 'input_audio' })) },
    [warned, warned, warned, warned],
    { context: { messages: [{ role: 'user', content: [{ type: 'text', text: 'See' }] }] } },
  ],
  [
    'a file of another protocol',
    'content',
    { context: part(foreign({ type: 'document' })) },
    [warned, warned, warned, warned],
    { context: { messages: [{ role: 'user', content: [{ type: 'text', text: 'See' }] }] } },
  ],
]

const KEY_HEADERS = ['authorization', 'x-api-key', 'x-goog-api-key', 'authorization']

describe.each(PROTOCOLS)('%s', (name) => {
  const place = PROTOCOLS.indexOf(name)

  beforeEach(() => {
    protocol = name
  })

  for (const [title, feature, asked, fates, without = {}] of CASES)
    test(`${title}: ${fates[place]}, and refused where the caller accepts no other answer`, async () => {
      const plain = await ask({ ...without, ...(asked.model === undefined ? {} : { model: asked.model }) })
      const told = await ask(asked)
      expect([plain.error, told.error]).toEqual([undefined, undefined])
      const isSent = told.body !== plain.body
      const isWarned = told.warnings.some((warning) => warning.feature === feature)
      expect(isSent && isWarned ? 'both' : isSent ? 'sent' : isWarned ? 'warned' : 'silence').toBe(fates[place])

      const strict = await ask({ ...asked, options: { ...asked.options, unsupported: 'error' } })
      if (!isWarned) expect(strict).toMatchObject({ body: told.body, error: undefined })
      else {
        expect(strict.body).toBeUndefined()
        expect(isProviderError(strict.error) && strict.error.info).toMatchObject({
          class: 'unsupported',
          retryable: false,
          features: [expect.stringContaining(feature)],
          message: expect.stringContaining(feature),
        })
      }
    })

  test("the caller's headers are sent, and cannot replace the key", async () => {
    const keyHeader = KEY_HEADERS[place] ?? ''
    const { headers } = await ask({ options: { headers: { 'X-Trace': '7', [keyHeader.toUpperCase()]: 'other' } } })
    expect(headers['x-trace']).toBe('7')
    expect(String(headers[keyHeader]).replace('Bearer ', '')).toBe('sk-test-0123456789')
  })
})

test('the table is of all protocols', () => {
  expect(new Set(protocolNames)).toEqual(new Set(PROTOCOLS))
})
