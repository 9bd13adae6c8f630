import { createPlugboard, type Plugboard } from 'plugboard'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AssistantMessage, Context, Message, Tool, ToolCall, UserContent } from '../../../plugin-sdk/messages.ts'
import { startAnthropicHost } from '../../support/strict-hosts/anthropic.ts'
import { startChatHost } from '../../support/strict-hosts/chat.ts'
import { startGoogleHost } from '../../support/strict-hosts/google.ts'
import { startResponsesHost } from '../../support/strict-hosts/responses.ts'
import { objectsOf, type Json, type StrictHost } from '../../support/strict-hosts/strict-host.ts'

const OPENAI = 'openai:gpt-4o'
const CLAUDE = 'anthropic:claude-sonnet-4-5'
const GEMINI = 'google:gemini-3.5-flash'
const LLAMA = 'groq:llama-3.3-70b-versatile'
const GPT5 = 'openai-responses:gpt-5'

const KEY = 'sk-test-0123456789abcdef'
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const TOOLS: readonly Tool[] = [
  {
    name: 'look',
    description: 'Looks at a place.',
    parameters: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] },
  },
]

let hosts: Record<'openai' | 'anthropic' | 'google' | 'groq' | 'responses', StrictHost>
/** The second one sends calls of the same plugin to the host of the Responses API. */
let plugboards: readonly [Plugboard, Plugboard]
const cleanup = new AsyncDisposableStack()

beforeAll(async () => {
  const chat = { takesImages: true, takesDeveloper: true, callIds: /^[A-Za-z0-9_-]{1,40}$/, model: 'gpt-4o' }
  const llama = { takesImages: false, takesDeveloper: false, model: 'llama-3.3-70b-versatile' }
  hosts = {
    openai: cleanup.use(await startChatHost(chat)),
    anthropic: cleanup.use(await startAnthropicHost()),
    google: cleanup.use(await startGoogleHost()),
    groq: cleanup.use(await startChatHost(llama)),
    responses: cleanup.use(await startResponsesHost()),
  }
  const at = (openai: string) =>
    createPlugboard({
      dataDir: false,
      hostDir: false,
      logLevel: 'silent',
      env: {},
      settings: {
        openai: { apiKey: KEY, baseUrl: openai },
        anthropic: { apiKey: KEY, baseUrl: `${hosts.anthropic.url}/v1` },
        google: { apiKey: KEY, baseUrl: `${hosts.google.url}/v1beta` },
        groq: { apiKey: KEY, baseUrl: `${hosts.groq.url}/openai/v1` },
      },
    })
  plugboards = [cleanup.use(await at(`${hosts.openai.url}/v1`)), cleanup.use(await at(`${hosts.responses.url}/v1`))]
})

afterAll(() => cleanup.disposeAsync())

const chatAnswer = (message: Json): Json => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'x',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: null, ...message },
      finish_reason: 'tool_calls' in message ? 'tool_calls' : 'stop',
    },
  ],
  usage: { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 },
})
const chatCall = (id: string, at: string): Json => ({
  id,
  type: 'function',
  function: { name: 'look', arguments: JSON.stringify({ at }) },
})
const claudeAnswer = (...content: readonly Json[]): Json => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content,
  stop_reason: content.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 5, output_tokens: 5 },
})
const geminiAnswer = (...parts: readonly Json[]): Json => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 5, totalTokenCount: 10 },
  modelVersion: 'gemini-3.5-flash',
  responseId: 'g1',
})
const gptAnswer = (...output: readonly Json[]): Json => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'gpt-5',
  status: 'completed',
  output,
  usage: { input_tokens: 5, output_tokens: 5, total_tokens: 10 },
})

const SIGNED = { type: 'thinking', thinking: 'Two places differ.', signature: 'Y2xhdWRlLTE=' }
const HIDDEN = { type: 'redacted_thinking', data: 'Y2xhdWRlLWhpZGRlbg==' }
const CLAUDES_CALLS = ['toolu_1', 'toolu_2'].map((id) => ({ type: 'tool_use', id, name: 'look', input: { at: id } }))
const GEMINIS_PARTS = [
  { text: 'I compare.', thought: true },
  { functionCall: { id: 'g-1', name: 'look', args: { at: 'sea' } }, thoughtSignature: 'Z2VtaW5pLTE=' },
  { functionCall: { id: 'g-2', name: 'look', args: { at: 'sky' } } },
]
const REASONING = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'Z3B0LTE=' }
const GPTS_CALL = {
  type: 'function_call',
  id: 'fc_1',
  call_id: 'call_gpt',
  name: 'look',
  arguments: '{"at": "moon"}',
  status: 'completed',
}
const GPTS_TEXT = {
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'The moon is full.', annotations: [] }],
}

/** The conversation; between two answers it is written out and read back. */
let context: Context = { systemPrompt: 'Be brief.', messages: [], tools: TOOLS }

const add = (...messages: readonly Message[]): void => {
  context = JSON.parse(JSON.stringify({ ...context, messages: [...context.messages, ...messages] })) as Context
}
const says = (...content: readonly UserContent[]): void => add({ role: 'user', content })
const text = (words: string) => ({ type: 'text', text: words }) as const

/** Answers the calls of the last message. */
function results(): void {
  const calls = (context.messages.at(-1) as AssistantMessage).content.filter((part) => part.type === 'toolCall')
  expect(calls.length).toBeGreaterThan(0)
  const [first] = calls
  add(
    ...calls.toReversed().map((call: ToolCall): Message => {
      const content = [text(`Seen ${String(call.arguments['at'])}.`)]
      const isError = call === first
      return { role: 'toolResult', toolCallId: call.id, toolName: call.name, content, isError }
    }),
  )
}

/** The next answer, by another model; the rules that were told with it, and the body that asked for it. */
async function ask(model: string, host: StrictHost, json: Json): Promise<{ rules: string[]; body: Json }> {
  host.next({ json })
  const plugboard = plugboards[host === hosts.responses ? 1 : 0]
  const answer = await plugboard.complete(model, context, { reasoning: 'low' })
  expect({ refused: host.refused, error: answer.error }).toEqual({ refused: [], error: undefined })
  add(answer)
  const rules = (answer.warnings ?? []).map(({ rule, feature, count }) =>
    rule === undefined ? String(feature) : `${rule} ${count}`,
  )
  return { rules, body: host.received.at(-1) ?? {} }
}

const messagesOf = (body: Json): readonly Json[] => objectsOf(body['messages'])
const blocksOf = (body: Json): readonly Json[] =>
  messagesOf(body).flatMap(({ content }) => (typeof content === 'string' ? [text(content)] : objectsOf(content)))
const partsOf = (body: Json): readonly Json[] => objectsOf(body['contents']).flatMap(({ parts }) => objectsOf(parts))

test('OpenAI sees the image and makes two calls at once', async () => {
  says(text('What is in these places?'), { type: 'image', mimeType: 'image/png', data: PNG })
  const { rules, body } = await ask(
    OPENAI,
    hosts.openai,
    chatAnswer({ tool_calls: [chatCall('call_a', 'hill'), chatCall('call_b', 'lake')] }),
  )
  expect(rules).toEqual(['reasoning'])
  expect(messagesOf(body)[1]?.['content']).toMatchObject([{ type: 'text' }, { type: 'image_url' }])
})

test('Anthropic gets the results of those calls, and is told that it cannot begin to think there', async () => {
  results()
  const { rules, body } = await ask(CLAUDE, hosts.anthropic, claudeAnswer(text('A hill and a lake.')))
  expect(rules).toEqual(['A11 1'])
  expect(blocksOf(body).map(({ type }) => type)).toEqual([
    'text',
    'image',
    'tool_use',
    'tool_use',
    'tool_result',
    'tool_result',
  ])
  expect(blocksOf(body).slice(4)).toMatchObject([
    { tool_use_id: 'call_a', is_error: true },
    { tool_use_id: 'call_b', content: 'Seen lake.' },
  ])
})

test('Anthropic thinks, signed and hidden, and makes two calls of its own', async () => {
  says(text('And which of them is deeper?'))
  const { rules, body } = await ask(CLAUDE, hosts.anthropic, claudeAnswer(SIGNED, HIDDEN, ...CLAUDES_CALLS))
  expect(rules).toEqual([])
  expect(body['thinking']).toMatchObject({ type: 'enabled' })
  results()
})

test('an answer that the caller aborts stands in the history, half a thought and half a call', async () => {
  const event = (type: string, data: Json): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`
  const begins = [
    event('message_start', { message: { ...claudeAnswer(), stop_reason: null } }),
    event('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } }),
    event('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: 'Half' } }),
    event('content_block_start', {
      index: 1,
      content_block: { type: 'tool_use', id: 'toolu_9', name: 'look', input: {} },
    }),
    event('content_block_delta', { index: 1, delta: { type: 'input_json_delta', partial_json: '{"at":' } }),
  ].join('')
  hosts.anthropic.next({ begins, and: 'waits' })
  const stream = plugboards[0].stream(CLAUDE, context, { reasoning: 'low' })
  for await (const { type } of stream) if (type === 'toolcall_start') stream.abort()
  const answer = await stream.result()
  expect(answer).toMatchObject({ stopReason: 'aborted', content: [{ type: 'thinking' }, { type: 'toolCall' }] })
  expect(hosts.anthropic.refused).toEqual([])
  // What went back to Anthropic was its own thought, signed.
  expect(blocksOf(hosts.anthropic.received.at(-1) ?? {})).toEqual(expect.arrayContaining([SIGNED, HIDDEN]))
  add(answer)
})

test('an answer that is cut stands in the history, failed', async () => {
  const chunk = {
    ...geminiAnswer(),
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'The la' }, GEMINIS_PARTS[1]] } }],
  }
  hosts.google.next({ begins: `data: ${JSON.stringify(chunk)}\n\n`, and: 'breaks' })
  const answer = await plugboards[0].stream(GEMINI, context, { reasoning: 'low' }).result()
  expect(answer).toMatchObject({ stopReason: 'error', content: [{ type: 'text' }, { type: 'toolCall' }] })
  expect(hosts.google.refused).toEqual([])
  add(answer)
  says(text('Go on.'))
})

test('Google gets calls that others made, without their thoughts, and neither of the broken answers', async () => {
  const { rules, body } = await ask(GEMINI, hosts.google, geminiAnswer(...GEMINIS_PARTS))
  expect(rules).toEqual(['G8 2', 'G3 2'])
  const calls = partsOf(body).filter((part) => 'functionCall' in part)
  expect(calls.map(({ thoughtSignature }) => thoughtSignature)).toEqual([
    'skip_thought_signature_validator',
    undefined,
    'skip_thought_signature_validator',
    undefined,
  ])
  expect(JSON.stringify(body)).not.toMatch(/Half|The la|Two places differ|Y2xhdWRl/)
  expect(partsOf(body)).toContainEqual({ inlineData: { mimeType: 'image/png', data: PNG } })
})

test('Groq, which cannot see, is told of an image in words, and gets no thought and no signature', async () => {
  results()
  says(text('In one word?'))
  const { rules, body } = await ask(
    LLAMA,
    hosts.groq,
    chatAnswer({ content: 'Deep.', tool_calls: [chatCall('y.0:1', 'pit')] }),
  )
  expect(rules).toEqual(['G8 2', 'G3 3', 'G6 1', 'G2 1', 'reasoning'])
  expect(messagesOf(body)[1]?.['content']).toContainEqual(
    text('(an image was left out: this model does not take images)'),
  )
  expect(JSON.stringify(body)).not.toMatch(/image_url|signature|reasoning|I compare|skip_thought/)
})

test('OpenAI again: the image is there, a foreign id takes its form, and a forgotten result is filled in', async () => {
  says(text('Forget the pit.'))
  const { rules, body } = await ask(OPENAI, hosts.openai, chatAnswer({ content: 'Forgotten.' }))
  expect(rules).toEqual(['G8 2', 'G9 1', 'G3 3', 'G6 1', 'G7 1', 'reasoning'])
  const messages = messagesOf(body)
  expect(messages[1]?.['content']).toMatchObject([{ type: 'text' }, { type: 'image_url' }])
  expect(messages[2]?.['tool_calls']).toEqual([chatCall('call_a', 'hill'), chatCall('call_b', 'lake')])
  const foreign = messages.flatMap((message) => objectsOf(message['tool_calls'])).at(-1)?.['id']
  expect(foreign).toMatch(/^y_0_1_[0-9a-f]{8}$/)
  expect(messages).toContainEqual({ role: 'tool', tool_call_id: foreign, content: 'No result was provided.' })
})

test('OpenAI Responses takes the same conversation, and thinks in its own way', async () => {
  says(text('And the moon?'))
  const { rules, body } = await ask(GPT5, hosts.responses, gptAnswer(REASONING, GPTS_CALL))
  expect(rules).toEqual(['G8 2', 'G9 1', 'G3 3', 'G6 1', 'G7 1'])
  expect(objectsOf(body['input']).some(({ type }) => type === 'reasoning')).toBe(false)
  results()
})

test('OpenAI Responses gets its thought, its ids and its spelling back', async () => {
  const { body } = await ask(GPT5, hosts.responses, gptAnswer(GPTS_TEXT))
  const { status: _, ...call } = GPTS_CALL
  const input = objectsOf(body['input'])
  expect(input.slice(-3, -1)).toEqual([REASONING, call])
  expect(input.at(-1)).toMatchObject({ type: 'function_call_output', call_id: 'call_gpt' })
})

test('back at Anthropic its thoughts and ids are what it signed, and what it cannot read is named', async () => {
  says(text('Sum it up.'))
  const { rules, body } = await ask(CLAUDE, hosts.anthropic, claudeAnswer(text('All is deep.')))
  expect(rules).toEqual(['G8 2', 'G9 1', 'G3 2', 'G5 1', 'G6 2', 'G7 2'])
  expect(blocksOf(body)).toEqual(expect.arrayContaining([SIGNED, HIDDEN, ...CLAUDES_CALLS]))
  expect(body['thinking']).toMatchObject({ type: 'enabled' })
})

test('back at Google its parts are what it sent, signature for signature', async () => {
  says(text('Once more.'))
  const { rules, body } = await ask(GEMINI, hosts.google, geminiAnswer({ text: 'Deep.' }))
  expect(rules).toEqual(['G8 2', 'G9 1', 'G3 3', 'G5 1', 'G6 1', 'G7 2'])
  expect(partsOf(body)).toEqual(expect.arrayContaining(GEMINIS_PARTS))
})

test('where a caller accepts no loss, an image for a model that cannot see refuses the call, and nothing is sent', async () => {
  const before = hosts.groq.received.length
  const answer = await plugboards[0].complete(LLAMA, context, { unsupported: 'error' })
  expect(answer).toMatchObject({
    stopReason: 'error',
    error: { class: 'unsupported', features: ['image (G2)'], retryable: false },
  })
  expect(hosts.groq.received).toHaveLength(before)
})
