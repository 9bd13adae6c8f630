import type { ErrorClass } from '../errors.ts'
import type { Context, Tool } from '../messages.ts'
import type { Model, ProviderDeclaration } from '../provider.ts'
import { modelFor, modelsOf, say, type Ask, type Exam } from './exam.ts'
import type { Expected } from './expected.ts'
import type { Fixture, Talk } from './fixture.ts'
import { brokenOff, sseReply, textReply, type Reply } from './host/reply.ts'
import type { Told, ToldCall } from './host/told.ts'
import type { Script } from './host/upstream.ts'
import { RETRY_AFTER_S, type FailureKind, type HostFailure, type ScriptedHost } from './hosts/scripted-host.ts'

/** Characters of one to four bytes, so that a cut within one of them shows. */
const PIECES = ['Grüße ', 'aus ', 'dem ', 'Test: ', '日本 ', '👋🏽', ' done.']
const THOUGHTS = ['Somebody ', 'says hello; ', 'ich grüße ', 'zurück.']

const WEATHER: Tool = {
  name: 'get_weather',
  description: 'The weather of a city.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer' } },
    required: ['city', 'days'],
  },
}
const TIME: Tool = { name: 'get_time', description: 'The time of day.', parameters: { type: 'object', properties: {} } }

const ZURICH: ToldCall = {
  id: 'call_kit_1',
  name: 'get_weather',
  arguments: { city: 'Zürich', days: 3 },
  told: 'pieces',
}
const PARIS: ToldCall = { id: 'call_kit_2', name: 'get_weather', arguments: { city: 'Paris', days: 1 }, told: 'pieces' }
const NOW: ToldCall = { id: 'call_kit_3', name: 'get_time', arguments: {}, told: 'none' }

const TEXT: Told = {
  text: PIECES,
  usage: { input: 21, output: 9, cacheRead: 0, cacheWrite: 0 },
  reason: 'stop',
}

const HISTORY: Context = {
  systemPrompt: 'Answer kindly and briefly.',
  messages: [
    { role: 'user', content: 'Weather in Bern, please.' },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'Looking it up.' },
        { type: 'toolCall', id: 'call_kit_0', name: 'get_weather', arguments: { city: 'Bern', days: 2 } },
      ],
    },
    {
      role: 'toolResult',
      toolCallId: 'call_kit_0',
      toolName: 'get_weather',
      content: [{ type: 'text', text: 'Eighteen degrees.' }],
      isError: false,
    },
    { role: 'user', content: 'And tomorrow?' },
  ],
  tools: [WEATHER],
}

/** What a provider of a known protocol is put through, against the kit's own host. */
export function protocolFixtures({ declaration, canary, record }: Exam, host: ScriptedHost): readonly Fixture[] {
  const ask = (more: Partial<Ask> = {}): Ask => ({
    model: modelFor(declaration),
    context: say('Hello'),
    options: {},
    stream: true,
    ...more,
  })
  const caller = modelFor(declaration, ({ tools }) => tools)
  const withTools = (more: Partial<Ask> = {}): Ask =>
    ask({ model: caller, context: { ...say('Weather?'), tools: [WEATHER, TIME] }, ...more })
  const thinker = modelFor(declaration, ({ reasoning }) => reasoning)
  const thinking = (more: Partial<Ask> = {}): Ask =>
    ask({ model: thinker, options: thinker.reasoning ? { reasoning: 'low' } : {}, ...more })

  const answer = (name: string, asked: Ask, told: Told, sends?: readonly string[]): readonly Fixture[] => {
    const missing = host.cannot?.(told)
    if (missing !== undefined) {
      record.skip('finish.reason', { fixture: name }, missing)
      return []
    }
    const fixture = { name, ask: asked, script: answering(host, () => told), expect: expectedOf(told, host) }
    return [sends === undefined ? fixture : { ...fixture, sends }]
  }
  const failure = (kind: FailureKind): Fixture => {
    const failing: Script = (exchange) => host.failure(kind, canary.heardBy(exchange)).reply
    const expect = sorted(kind, host.failure(kind, 'no key'), declaration)
    return { name: `error-${kind}`, ask: ask(), script: failing, expect, rule: `errors.${kind}` }
  }
  const unreadable = (name: string, stream: boolean, reply: (secret: string) => Reply): Fixture => ({
    name,
    ask: ask({ stream }),
    script: (exchange) => reply(canary.heardBy(exchange)),
    expect: { errorClass: ['server', 'network', 'overloaded', 'invalid_request', 'not_found'] },
    rule: 'errors.unreadable',
  })
  const page = (secret: string): Reply =>
    textReply(200, 'text/html', `<!doctype html><title>Proxy</title><p>${secret}</p>`)

  return [
    ...answer('text', ask(), TEXT),
    ...answer('text-no-stream', ask({ stream: false }), TEXT),
    ...answer('tool-call', withTools(), calling([ZURICH])),
    ...answer('tool-call-whole', withTools(), calling([{ ...ZURICH, told: 'whole' }])),
    ...answer('tool-call-no-arguments', withTools(), calling([NOW])),
    ...answer('tool-calls-parallel', withTools(), { ...calling([ZURICH, PARIS, NOW]), text: ['Two ', 'things.'] }),
    ...answer('tool-call-no-stream', withTools({ stream: false }), calling([ZURICH, NOW])),
    ...answer('conversation', ask({ model: caller, context: HISTORY }), TEXT, [
      'Answer kindly and briefly.',
      'Weather in Bern',
      'Looking it up.',
      'get_weather',
      'Eighteen degrees.',
      'And tomorrow?',
    ]),
    ...answer('thinking', thinking(), { ...TEXT, thinking: THOUGHTS }),
    ...answer('thinking-no-stream', thinking({ stream: false }), { ...TEXT, thinking: THOUGHTS }),
    ...answer('usage', thinking(), { ...TEXT, thinking: THOUGHTS, usage: usageFor(declaration) }),
    ...answer('length', ask(), { ...TEXT, reason: 'length' }),
    ...answer('content-filter', ask(), { ...TEXT, reason: 'contentFilter' }),
    ...(['auth', 'overflow', 'rate-limit', 'server'] as const).map(failure),
    {
      name: 'error-in-stream',
      ask: ask(),
      script: (exchange) =>
        host.modelOf(exchange) === undefined ? undefined : host.breakDown(TEXT, exchange, canary.heardBy(exchange)),
      expect: { errorClass: ['server', 'overloaded'] },
      rule: 'errors.in-stream',
    },
    {
      name: 'error-network',
      ask: ask(),
      script: () => brokenOff,
      expect: { errorClass: 'network' },
      rule: 'errors.network',
    },
    unreadable('web-page', true, page),
    unreadable('web-page-no-stream', false, page),
    unreadable('broken-json', false, (secret) => textReply(200, 'application/json', `{"${secret}": `)),
    unreadable('broken-event', true, (secret) => sseReply([`data: {"${secret}": \n\n`, 'data: }\n\n'])),
    ...modelsOf(declaration).flatMap((model) => answer(`model ${model.id}`, ask({ model }), TEXT)),
  ]
}

/** Answers every request for an answer. */
const answering =
  (host: ScriptedHost, told: () => Told): Script =>
  (exchange) =>
    host.modelOf(exchange) === undefined ? undefined : host.answer(told(), exchange)

const calling = (calls: readonly ToldCall[]): Told => ({
  calls,
  usage: { input: 40, output: 12, cacheRead: 0, cacheWrite: 0 },
  reason: 'toolUse',
})

/** Counts of all kinds, as far as the protocol has them. */
function usageFor({ protocol }: ProviderDeclaration): NonNullable<Told['usage']> {
  const cacheWrite = protocol === 'anthropic-messages' || protocol === 'openai-chat' ? 30 : 0
  return { input: 100, output: 70, cacheRead: 400, cacheWrite, reasoning: 25 }
}

function expectedOf(
  { text, thinking, calls, usage, reason }: Told,
  { hidesReasoning = false }: ScriptedHost,
): Expected {
  const { reasoning = 0, ...counts } = usage ?? {}
  return {
    text: text?.join('') ?? '',
    ...(thinking === undefined ? {} : { thinking: thinking.join('') }),
    toolCalls: (calls ?? []).map(({ name, arguments: args }) => ({ name, arguments: args })),
    ...(usage === undefined ? {} : { usage: { ...counts, reasoning: hidesReasoning ? 0 : reasoning } }),
    stopReason: reason,
  }
}

const CLASSES: Readonly<Record<FailureKind, readonly ErrorClass[]>> = {
  auth: ['auth'],
  overflow: ['context_overflow'],
  'rate-limit': ['rate_limit'],
  server: ['server', 'overloaded'],
}

/** The class a failure must get: the manifest's own rules come first. */
function sorted(
  kind: FailureKind,
  { code, message, reply }: HostFailure,
  { errors = [] }: ProviderDeclaration,
): Expected {
  const rule = errors.find(
    ({ status = reply.status, code: named = code, match = '' }) =>
      status === reply.status && named === code && message.toLowerCase().includes(match.toLowerCase()),
  )
  if (rule !== undefined) return { errorClass: rule.class }
  return { errorClass: CLASSES[kind], ...(kind === 'rate-limit' ? { retryAfterMs: RETRY_AFTER_S * 1000 } : {}) }
}

/** Asks a host of a known protocol to say the label. */
export function protocolTalk(declaration: ProviderDeclaration, host: ScriptedHost): Talk {
  const model: Model = modelFor(declaration)
  const told = (label: string): Told => ({ ...TEXT, text: [`${label}: `, ...PIECES, `(${label})`] })
  return {
    usesHost: true,
    ask: (label) => ({ model, context: say(`Say ${label}`), options: {}, stream: true }),
    texts: (label) => [told(label).text?.join('') ?? ''],
    script:
      (label, alter = (reply) => reply) =>
      (exchange) => {
        if (host.modelOf(exchange) === undefined) return undefined
        const [, asked = label] = /Say (q\d\d[xz]*)/.exec(exchange.body) ?? []
        return alter(host.answer(told(asked), exchange), exchange)
      },
  }
}
