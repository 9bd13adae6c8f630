import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { conversationRules, handOff } from '../../../plugin-sdk/hand-off/hand-off.ts'
import { createReport } from '../../../plugin-sdk/hand-off/report.ts'
import type { HandOffTarget } from '../../../plugin-sdk/hand-off/rule.ts'
import type {
  AssistantContent,
  AssistantMessage,
  Context,
  ImageContent,
  Message,
  ToolResultMessage,
} from '../../../plugin-sdk/messages.ts'
import { safeIds } from '../../../plugin-sdk/hand-off/call-ids.ts'

const TARGET: HandOffTarget = {
  protocol: 'proto',
  provider: 'here',
  model: 'm',
  seesImages: true,
  takesLaterInstructions: true,
}
const OWN = { api: 'proto', provider: 'here', model: 'm' } as const
const FOREIGN = { api: 'other', provider: 'there', model: 'n' } as const

const user = (content: string): Message => ({ role: 'user', content })
const said = (content: readonly AssistantContent[], more: Partial<AssistantMessage> = OWN): AssistantMessage => ({
  role: 'assistant',
  content,
  ...more,
})
const call = (id: string, more: object = {}): AssistantContent => ({
  type: 'toolCall',
  id,
  name: 'look',
  arguments: {},
  ...more,
})
const text = (words: string, more: object = {}) => ({ type: 'text', text: words, ...more }) as const
const result = (toolCallId: string, words = toolCallId, more: Partial<ToolResultMessage> = {}): ToolResultMessage => ({
  role: 'toolResult',
  toolCallId,
  content: [text(words)],
  isError: false,
  ...more,
})
const image: ImageContent = { type: 'image', data: 'AAAA', mimeType: 'image/png' }

/** What becomes of a conversation, and the rules that are told to the caller with how often they were applied. */
function handed(context: Context | readonly Message[], target: Partial<HandOffTarget> = {}) {
  const given: Context = 'messages' in context ? context : { messages: context }
  const before = structuredClone(given)
  const report = createReport()
  const { messages, systemPrompt } = handOff(given, { ...TARGET, ...target }, report.note)
  expect(given).toEqual(before)
  const told = report.warnings({ options: {}, model: {} as never })
  return { messages, systemPrompt, told: told.map(({ rule, count }) => `${rule} ${count}`) }
}

test('a conversation with nothing to change is handed on as it is', () => {
  const context = {
    systemPrompt: 'Be brief.',
    messages: [
      user('go'),
      said([{ type: 'thinking', thinking: 'Hm.', thinkingSignature: 's' }, text('So.'), call('a')]),
      result('a'),
      { role: 'system', content: 'Hurry.' },
      user('and?'),
    ],
  } as const
  expect(handOff(context, { ...TARGET, callIds: safeIds(40) }, () => expect.unreachable())).toBe(context)
})

test('a conversation of texts, which is not put to the rules, would come out of them as it is', () => {
  const words = fc.oneof({ weight: 9, arbitrary: fc.string() }, { weight: 1, arbitrary: fc.constant('cut \ud83d') })
  const providerMetadata = { proto: { a: 1 } }
  const part = fc
    .tuple(words, fc.constantFrom({}, {}, {}, { textSignature: 's' }, { providerMetadata }))
    .map(([said, more]) => text(said, more))
  const more = fc.constantFrom(
    {},
    { api: 'proto' },
    { api: 'other' },
    { providerMetadata },
    { content: null },
    ...['stop', 'length', 'error', 'aborted'].map((stopReason) => ({ stopReason })),
  )
  const answer = fc
    .tuple(fc.array(part, { maxLength: 2 }), more)
    .map(([content, others]) => ({ role: 'assistant', content, ...others }))
  const question = fc.record({ role: fc.constant('user'), content: words })
  fc.assert(
    fc.property(fc.array(fc.oneof(question, answer), { maxLength: 3 }), (given) => {
      const context = { messages: given as Message[] }
      const told: string[] = []
      const byAllRules = conversationRules.reduce<Context>(
        (conversation, rule) => rule.apply(conversation, TARGET, (count) => told.push(`${rule.id} ${count}`)),
        context,
      )
      const heard: string[] = []
      expect(handOff(context, TARGET, (rule, count) => heard.push(`${rule.id} ${count}`))).toEqual(byAllRules)
      expect(heard).toEqual(told)
    }),
    { numRuns: 1_000 },
  )
})

test('G1: content that is null becomes empty', () => {
  const nothing = { role: 'assistant', content: null } as unknown as Message
  expect(handed([nothing])).toMatchObject({ messages: [{ content: [] }], told: [] })
})

test('G2: images for a model that cannot see become a note', () => {
  const messages: Message[] = [
    { role: 'user', content: [image, image, text('See?'), image] },
    said([call('a')]),
    result('a', '', { content: [image] }),
  ]
  const note = text('(an image was left out: this model does not take images)')
  expect(handed(messages, { seesImages: false })).toMatchObject({
    messages: [{ content: [note, text('See?'), note] }, {}, { content: [note] }],
    told: ['G2 4'],
  })
  expect(handed(messages).told).toEqual([])
})

test.each([
  ['another protocol', { ...OWN, api: 'other' }],
  ['another provider', { ...OWN, provider: 'there' }],
  ['another model', { ...OWN, model: 'n' }],
  ['nobody knows whom', {}],
])('G3: thoughts of %s are left out', (_whose, origin) => {
  const thought: AssistantContent = { type: 'thinking', thinking: 'Hm.', thinkingSignature: 's' }
  expect(handed([said([thought, text('So.')], origin)])).toMatchObject({
    messages: [{ content: [text('So.')] }],
    told: ['G3 1'],
  })
  expect(handed([said([thought], { api: 'proto' })]).messages).toMatchObject([{ content: [thought] }])
  expect(handed([said([thought], {})], { ownsUnnamed: true }).messages).toMatchObject([{ content: [thought] }])
})

test('G4: own thoughts stay without text if they are signed or redacted, else they go', () => {
  const signed: AssistantContent = { type: 'thinking', thinking: '', thinkingSignature: 's' }
  const redacted: AssistantContent = { type: 'thinking', thinking: '', redacted: true }
  const empty: AssistantContent = { type: 'thinking', thinking: ' ' }
  expect(handed([said([signed, redacted, empty])])).toMatchObject({
    messages: [{ content: [signed, redacted] }],
    told: [],
  })
})

test("G5: texts of another model lose their signature and their provider's own fields", () => {
  const signed = text('So.', { textSignature: 's', providerMetadata: { proto: { id: 1 } } })
  const answer = said([signed, text('Plain.')], { ...FOREIGN, providerMetadata: { proto: { name: 'x' } } })
  expect(handed([answer])).toEqual({
    messages: [said([text('So.'), text('Plain.')], FOREIGN)],
    systemPrompt: undefined,
    told: ['G5 1'],
  })
  expect(handed([said([signed])]).messages).toEqual([said([signed])])
})

test("G6: calls of another model lose their signature and their provider's own fields", () => {
  const signed = call('a', { thoughtSignature: 's', providerMetadata: { proto: { arguments: '{ }' } } })
  expect(handed([said([signed], FOREIGN), result('a')])).toMatchObject({
    messages: [said([call('a')], FOREIGN), {}],
    told: ['G6 1'],
  })
  expect(handed([said([signed]), result('a')]).messages).toEqual([said([signed]), result('a')])
})

test('G7: ids of calls take the form of the provider, each once, and results follow their calls', () => {
  const callIds = safeIds(20)
  const long = 'x'.repeat(30)
  const messages = [
    said([call('ok'), call('a|b.c'), call(`${long}1`), call(`${long}2`)]),
    result('a|b.c'),
    result(`${long}2`),
    result('ok'),
    result(`${long}1`),
    said([call('ok')]),
    result('ok', 'again'),
  ]
  const { messages: sent, told } = handed(messages, { callIds })
  const calls = sent.flatMap((message) => (message.role === 'assistant' ? message.content : []))
  const ids = calls.flatMap((part) => (part.type === 'toolCall' ? [part.id] : []))
  expect(new Set(ids).size).toBe(5)
  for (const id of ids) expect(id).toMatch(callIds.fits)
  expect(ids[0]).toBe('ok')
  const results = sent.filter((message) => message.role === 'toolResult')
  expect(results.map(({ toolCallId }) => toolCallId)).toEqual(ids)
  expect(results.map(({ content }) => content)).toEqual(
    ['ok', 'a|b.c', `${long}1`, `${long}2`, 'again'].map((words) => [text(words)]),
  )
  expect(told).toEqual(['G7 4'])
  expect(handed(messages, { callIds }).messages).toEqual(sent)
  expect(handed(messages).told).toEqual([])
})

test('G7: calls of one answer that share an id are told apart', () => {
  const twins = [said([call('0'), call('0')]), result('0', 'first'), result('0', 'second')]
  const { messages } = handed(twins, { callIds: safeIds(40) })
  const [first, second] = messages.filter((message) => message.role === 'toolResult')
  expect(first?.toolCallId).not.toBe(second?.toolCallId)
  expect([first?.content, second?.content]).toEqual([[text('first')], [text('second')]])
})

test.each(['error', 'aborted'] as const)(
  'G8: an answer that ended with "%s" goes, with the results of its calls',
  (stopReason) => {
    const half = said([text('half'), call('a')], { ...OWN, stopReason })
    expect(handed([user('go'), half, result('a'), user('again')])).toMatchObject({
      messages: [user('go'), user('again')],
      told: ['G8 1'],
    })
  },
)

test('G9: a call without a result gets one that says so', () => {
  const missing = { role: 'toolResult', isError: true, content: [text('No result was provided.')] }
  const messages = [said([call('a'), call('b')]), result('b'), user('stop'), said([call('a')])]
  expect(handed(messages)).toMatchObject({
    messages: [{}, result('b'), { ...missing, toolCallId: 'a' }, user('stop'), {}, { ...missing, toolCallId: 'a' }],
    told: ['G9 2'],
  })
})

test('G10: what stands between a call and its result follows the results', () => {
  const hurry: Message = { role: 'system', content: 'Hurry.' }
  const messages = [said([call('a'), call('b')]), hurry, result('b'), user('and?'), result('a'), said([text('Done.')])]
  expect(handed(messages)).toMatchObject({
    messages: [messages[0], result('a'), result('b'), hurry, user('and?'), said([text('Done.')])],
    told: [],
  })
})

test('G11: images of a failed call follow all results, where an error may not hold them', () => {
  const failed = result('a', '', { content: [image], isError: true })
  const messages = [said([call('a'), call('b')]), failed, result('b', 'fine'), user('so?')]
  expect(handed(messages, { takesErrorImages: false })).toMatchObject({
    messages: [
      {},
      { toolCallId: 'a', isError: true, content: [text('(the images follow the tool results)')] },
      result('b', 'fine'),
      { role: 'user', content: [text('Images of the failed tool call a:'), image] },
      user('so?'),
    ],
    told: [],
  })
  expect(handed(messages).messages).toEqual(messages)
})

test('G12: half a surrogate pair is replaced, in every text and argument', () => {
  const context: Context = {
    systemPrompt: 'a\uD800',
    messages: [
      user('\uDC00b'),
      said([text('c\uD800'), call('x', { arguments: { q: ['ok', { deep: '\uD83D' }], n: 1 } })]),
      result('x', 'd\uD800 😀'),
    ],
  }
  expect(handed(context)).toMatchObject({
    systemPrompt: 'a\uFFFD',
    messages: [
      user('\uFFFDb'),
      { content: [text('c\uFFFD'), { arguments: { q: ['ok', { deep: '\uFFFD' }], n: 1 } }] },
      { content: [text('d\uFFFD 😀')] },
    ],
    told: ['G12 5'],
  })
})

test('G13: later instructions are added to the first, where the model does not take them inside', () => {
  const placed: Message = { role: 'system', content: 'Here.', providerMetadata: { proto: { content: [] } } }
  const context: Context = {
    systemPrompt: 'Be brief.',
    messages: [user('go'), { role: 'system', content: 'In French.' }, placed],
  }
  expect(handed(context, { takesLaterInstructions: false })).toEqual({
    systemPrompt: 'Be brief.\n\nIn French.',
    messages: [user('go'), placed],
    told: ['G13 1'],
  })
  expect(handed(context)).toMatchObject({ ...context, told: [] })
})

test('G14: results without their call go, and second results of one call', () => {
  const messages = [result('lost'), said([call('a')]), result('a', 'first'), result('a', 'second'), user('so?')]
  expect(handed(messages)).toMatchObject({
    messages: [{}, result('a', 'first'), user('so?')],
    told: ['G14 2'],
  })
  expect(handed(messages, { remembers: true }).messages).toContainEqual(result('lost'))
  const opaque: AssistantContent = { type: 'opaque', protocol: 'proto', value: { call_id: 'own' } }
  expect(handed([said([opaque]), result('own')]).messages).toHaveLength(2)
  expect(handed([said([{ ...opaque, protocol: 'other' }]), result('own')]).told).toEqual(['G15 1', 'G14 1'])
})

test('G15: parts that only another protocol or provider can express go', () => {
  const part = (protocol: string) => ({ type: 'opaque', protocol, value: { type: 'x' } }) as const
  const messages: Message[] = [
    { role: 'user', content: [part('proto'), part('other'), text('hear')] },
    said([part('proto')], { ...OWN, model: 'n' }),
    said([part('proto')], { ...OWN, provider: 'there' }),
  ]
  expect(handed(messages)).toMatchObject({
    messages: [{ content: [part('proto'), text('hear')] }, { content: [part('proto')] }, { content: [] }],
    told: ['G15 2'],
  })
})
