import Anthropic from '@anthropic-ai/sdk'
import { createHttp, type AssistantMessage, type Batch, type Context } from '@plugboard/sdk'
import { loadProtocol } from '@plugboard/sdk/protocols'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { MessageBuilder } from '../../../plugin-sdk/message-builder.ts'
import { dataEvent, jsonReply, sseReply, typedEvent, type Reply } from '../../../plugin-sdk/testing/host/reply.ts'
import { startUpstream } from '../../../plugin-sdk/testing/host/upstream.ts'
import { PROTOCOLS, providerOf, startDoors, type ProtocolName } from '../../support/protocol-upstream.ts'

type Json = Record<string, unknown>

const { upstreams, gateway, stop } = await startDoors()

afterAll(stop)

const search = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'Bern' } }
const found = {
  type: 'web_search_tool_result',
  tool_use_id: 'srvtoolu_1',
  content: [{ type: 'web_search_result', url: 'https://bern.example', title: 'Bern', encrypted_content: 'RW5j' }],
}
const citation = { type: 'web_search_result_location', url: 'https://bern.example', cited_text: 'Bern is' }
const call = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'Bern' } }
const annotation = { type: 'url_citation', url: 'https://bern.example', start_index: 0, end_index: 4, title: 'Bern' }
const code = { executableCode: { language: 'PYTHON', code: 'print(1)' } }
const ran = { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } }
const image = { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }
const groundingMetadata = { webSearchQueries: ['Bern'], groundingChunks: [{ web: { uri: 'https://bern.example' } }] }

interface Case {
  readonly whole: Json
  readonly events: readonly string[]
  /** What the message holds beside its text. */
  readonly opaque: readonly Json[]
  /** Of those, what a model of the same protocol gets back. */
  readonly replayed: readonly Json[]
}

const chatHead = { id: 'c1', object: 'chat.completion', created: 1, model: 'm' }
const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed' }
const part = { type: 'output_text', text: 'Bern.', annotations: [annotation], logprobs: [] }
const response = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'm',
  status: 'completed',
  error: null,
  incomplete_details: null,
  output: [call, { ...item, content: [part] }],
  usage: { input_tokens: 5, output_tokens: 3, total_tokens: 8 },
}
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [search, found, { type: 'text', text: 'Bern.', citations: [citation] }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 5, output_tokens: 3 },
}
const candidate = (parts: readonly Json[], more: Json = {}): Json => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...more }],
  modelVersion: 'm',
  responseId: 'r1',
  usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 3, totalTokenCount: 8 },
})

const cases: Readonly<Record<ProtocolName, Case>> = {
  'openai-chat': {
    whole: {
      ...chatHead,
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          message: { role: 'assistant', content: 'Bern.', annotations: [annotation] },
        },
      ],
      usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
    },
    events: [
      { delta: { role: 'assistant', content: 'Bern.' }, finish_reason: null },
      { delta: { annotations: [annotation] }, finish_reason: null },
      { delta: {}, finish_reason: 'stop' },
    ]
      .map((choice) => dataEvent({ ...chatHead, object: 'chat.completion.chunk', choices: [{ index: 0, ...choice }] }))
      .concat('data: [DONE]\n\n'),
    opaque: [{ annotations: [annotation] }],
    replayed: [annotation],
  },
  'openai-responses': {
    whole: response,
    events: [
      { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
      { type: 'response.output_item.added', output_index: 0, item: { ...call, status: 'in_progress' } },
      { type: 'response.web_search_call.searching', output_index: 0, item_id: 'ws_1' },
      { type: 'response.output_item.done', output_index: 0, item: call },
      { type: 'response.output_item.added', output_index: 1, item: { ...item, status: 'in_progress', content: [] } },
      { type: 'response.output_text.delta', output_index: 1, item_id: 'msg_1', content_index: 0, delta: 'Bern.' },
      { type: 'response.output_item.done', output_index: 1, item: { ...item, content: [part] } },
      { type: 'response.completed', response },
    ].map((event, sequence_number) => typedEvent({ ...event, sequence_number })),
    opaque: [call],
    replayed: [call, annotation],
  },
  'anthropic-messages': {
    whole: message,
    events: [
      { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
      { type: 'content_block_start', index: 0, content_block: { ...search, input: {} } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"query":' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '"Bern"}' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: found },
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_start', index: 2, content_block: { type: 'text', text: '', citations: [] } },
      { type: 'content_block_delta', index: 2, delta: { type: 'citations_delta', citation } },
      { type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'Bern.' } },
      { type: 'content_block_stop', index: 2 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 3 } },
      { type: 'message_stop' },
    ].map(typedEvent),
    opaque: [search, found],
    replayed: [search, found, citation],
  },
  'google-generative-ai': {
    whole: candidate([code, ran, { text: 'Bern.' }, image], { finishReason: 'STOP', groundingMetadata }),
    events: [
      candidate([code]),
      candidate([ran]),
      candidate([{ text: 'Bern.' }]),
      candidate([image]),
      candidate([], { finishReason: 'STOP', groundingMetadata }),
    ].map(dataEvent),
    opaque: [code, ran, image, { groundingMetadata }],
    replayed: [code, ran, image],
  },
}

const replyOf = ({ whole, events }: Case, stream: boolean): Reply => (stream ? sseReply(events) : jsonReply(200, whole))

const asked: Context = { messages: [{ role: 'user', content: 'Where is the capital?' }] }

async function answerOf(protocol: ProtocolName, stream: boolean): Promise<AssistantMessage> {
  upstreams.reply(protocol, replyOf(cases[protocol], stream))
  const { plugboard } = gateway
  const model = `${providerOf(protocol)}:vendor/large:1`
  return stream ? plugboard.stream(model, asked).result() : plugboard.complete(model, asked)
}

async function continuedOn(protocol: ProtocolName, answer: AssistantMessage) {
  upstreams.say(protocol, { text: ['Yes.'], reason: 'stop' })
  const context: Context = { messages: [...asked.messages, answer, { role: 'user', content: 'Sure?' }] }
  const { warnings, stopReason } = await gateway.plugboard.complete(`${providerOf(protocol)}:vendor/large:1`, context)
  return { warnings: warnings ?? [], stopReason, body: upstreams.asked(protocol)[0]?.body ?? '' }
}

/** The texts of a JSON document's objects and lists, whatever order their keys stand in. */
function holds(text: string, wanted: unknown): boolean {
  const seen = new Set<string>()
  JSON.parse(text, (_, value: unknown) => {
    seen.add(canonical(value))
    return value
  })
  return seen.has(canonical(wanted))
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => a.localeCompare(b)))
      : each,
  )

describe.each(PROTOCOLS)('content that only %s knows', (protocol) => {
  test.each([false, true])('stands in the message of the library (stream: %s)', async (stream) => {
    const { content, stopReason } = await answerOf(protocol, stream)
    expect(stopReason).toBe('stop')
    expect(content.flatMap((each) => (each.type === 'opaque' ? [each.value] : []))).toEqual(cases[protocol].opaque)
    expect(content.map((each) => (each.type === 'text' ? each.text : '')).join('')).toBe('Bern.')
  })

  test('goes back as it came to the model it came from', async () => {
    const { body, warnings } = await continuedOn(protocol, await answerOf(protocol, true))
    for (const value of cases[protocol].replayed) expect([value, holds(body, value)]).toEqual([value, true])
    if (protocol === 'google-generative-ai') expect(body).not.toContain('groundingMetadata')
    expect(warnings).toEqual([])
  })

  test.each(PROTOCOLS.filter((other) => other !== protocol))('is left out for a model of %s', async (other) => {
    const { body, stopReason } = await continuedOn(other, await answerOf(protocol, false))
    expect(stopReason).toBe('stop')
    expect(body).toContain('Bern.')
    for (const value of cases[protocol].replayed) expect([value, holds(body, value)]).toEqual([value, false])
  })

  test.each(PROTOCOLS)('passes the door of %s, or is named in the warnings of the answer', async (door) => {
    for (const stream of [false, true]) {
      upstreams.reply(protocol, replyOf(cases[protocol], stream))
      const model = `${providerOf(protocol)}:vendor/large:1`
      const text = await (await gateway.post(...request(door, model, stream))).text()
      const warned = text.includes(`"feature":"content:${protocol}"`)
      expect([door, stream, warned]).toEqual([door, stream, door !== protocol])
      if (door === protocol)
        for (const value of cases[protocol].replayed) expect(text).toContain(JSON.stringify(value).slice(1, 40))
    }
  })
})

function request(door: ProtocolName, model: string, stream: boolean): [string, Json] {
  const messages = [{ role: 'user', content: 'Where?' }]
  switch (door) {
    case 'openai-chat':
      return ['/v1/chat/completions', { model, stream, messages }]
    case 'openai-responses':
      return ['/v1/responses', { model, stream, input: 'Where?' }]
    case 'anthropic-messages':
      return ['/v1/messages', { model, stream, max_tokens: 100, messages }]
    case 'google-generative-ai': {
      const method = stream ? 'streamGenerateContent?alt=sse' : 'generateContent'
      return [`/v1beta/models/${model}:${method}`, { contents: [{ parts: [{ text: 'Where?' }] }] }]
    }
  }
}

test("Anthropic's own client puts a streamed answer of its server tools together, and the next turn has them", async () => {
  const client = new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 })
  const { events } = cases['anthropic-messages']
  upstreams.reply('anthropic-messages', sseReply(events))
  const model = `${providerOf('anthropic-messages')}:vendor/large:1`
  const ask = { model, max_tokens: 100, messages: [{ role: 'user' as const, content: 'Where?' }] }
  const { content } = await client.messages.stream(ask).finalMessage()
  expect(content).toMatchObject([search, found, { type: 'text', text: 'Bern.', citations: [citation] }])
  upstreams.say('anthropic-messages', { text: ['Yes.'], reason: 'stop' })
  await client.messages.create({
    ...ask,
    messages: [...ask.messages, { role: 'assistant', content }, { role: 'user', content: 'Sure?' }],
  })
  const [again] = upstreams.asked('anthropic-messages')
  for (const value of [search, found, citation]) expect(holds(again?.body ?? '', value)).toBe(true)
})

test.each([
  ['openai-responses', 3, 'web_search_call.searching'],
  ['anthropic-messages', 3, 'input_json_delta'],
] as const)('what a tool of %s does reaches a client of that protocol while it runs', async (name, count, sign) => {
  upstreams.reply(name, { ...sseReply(cases[name].events.slice(0, count)), end: 'hold' })
  const leave = new AbortController()
  const [url, body] = request(name, `${providerOf(name)}:vendor/large:1`, true)
  const answer = await fetch(`${gateway.url}${url}`, {
    method: 'POST',
    headers: { 'x-api-key': gateway.key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: leave.signal,
  })
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  let seen = ''
  while (!seen.includes(sign)) seen += new TextDecoder().decode((await reader.read()).value)
  leave.abort()
  expect(seen).toContain(sign)
})

/** A block nobody has heard of, as each protocol would carry it. */
const strange: Readonly<Record<Exclude<ProtocolName, 'openai-chat'>, (value: Json) => Json>> = {
  'openai-responses': (value) => ({ type: 'strange_call', id: 'st_1', value }),
  'anthropic-messages': (value) => ({ type: 'strange_result', value }),
  'google-generative-ai': (value) => ({ strangeResult: value }),
}

const block = fc.oneof(
  fc.string({ minLength: 1 }).map((text) => ({ text })),
  fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()).map((value) => ({ value: value as Json })),
)

describe.each(['openai-responses', 'anthropic-messages', 'google-generative-ai'] as const)(
  'written by the door of %s',
  (name) => {
    test('where it does not pass as it came, whole and streamed, it reads as it was', async () => {
      const protocol = await loadProtocol(name)
      const { door } = protocol
      await using upstream = await startUpstream()
      const provider = protocol.createProvider({
        declaration: { id: 'p', protocol: name, auth: { type: 'none' } },
        baseUrl: upstream.origin,
        http: createHttp([upstream.origin.slice('http://'.length)]),
        apiKey: undefined,
        headers: {},
      })
      const model = {
        id: 'm',
        provider: 'p',
        name: 'm',
        api: name,
        baseUrl: undefined,
        input: ['text'],
        tools: true,
        reasoning: true,
      } as const
      const read = async (reply: Reply, stream: boolean): Promise<readonly Batch[]> => {
        upstream.play(() => reply)
        const batches: Batch[] = []
        const { signal } = new AbortController()
        for await (const item of provider.stream({ model, context: asked, options: {}, stream }, signal))
          batches.push(item as Batch)
        return batches
      }
      await fc.assert(
        fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 4 }), fc.boolean(), async (blocks, stream) => {
          const told = blocks.map((each) => ('text' in each ? each : strange[name](each.value)))
          const first = await read(jsonReply(200, wholeOf(name, told)), false)
          const { content } = fold(first)
          expect(content.filter(({ type }) => type === 'opaque')).toHaveLength(
            blocks.filter((each) => 'value' in each).length,
          )
          const finish = first.at(-1)?.at(-1)
          if (finish?.type !== 'finish') throw new Error('no finish')
          const head = { id: 'a', created: 1, model: 'm', api: name }
          const writer = door.openStream(head, { ...door.parseRequest(parsable(name)), stream: true })
          const written = stream
            ? sseReply([writer.write(first.flat()) + writer.finish(finish, undefined, {})])
            : jsonReply(
                200,
                JSON.parse(
                  door.writeAnswer(
                    { ...head, message: { role: 'assistant', api: name, content, stopReason: 'stop' } },
                    {},
                  ),
                ),
              )
          expect(bare(fold(await read(written, stream)).content)).toEqual(bare(content))
        }),
        { numRuns: 40 },
      )
    })
  },
)

function fold(batches: readonly Batch[]): MessageBuilder {
  const built = new MessageBuilder()
  for (const batch of batches) built.add(batch)
  return built
}

/** Without the ids of items, which a door makes anew. */
const bare = (content: AssistantMessage['content']) =>
  content.map((each) => (each.type === 'text' ? { type: each.type, text: each.text } : each))

function wholeOf(name: ProtocolName, blocks: readonly Json[]): Json {
  if (name === 'anthropic-messages')
    return { ...message, content: blocks.map((each) => ('text' in each ? { type: 'text', ...each } : each)) }
  if (name === 'google-generative-ai') return candidate(blocks, { finishReason: 'STOP' })
  const output = blocks.map((each, index) =>
    'text' in each ? { ...item, id: `msg_${index}`, content: [{ ...part, annotations: [], ...each }] } : each,
  )
  return { ...response, output }
}

const parsable = (name: ProtocolName): Json =>
  name === 'google-generative-ai'
    ? { model: 'm', contents: [{ parts: [{ text: 'x' }] }] }
    : request(name, 'm', false)[1]
