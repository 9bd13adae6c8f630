import { cassetteProblem, exchangesOf, isMeant, replyOf, type Cassette } from './cassette.ts'
import { modelFor, modelOf, say, type Ask, type Exam } from './exam.ts'
import { classesOf, type Expected } from './expected.ts'
import { labelOf, type Alter, type Fixture, type Talk } from './fixture.ts'
import { brokenOff, jsonReply, reworded, textReply, type Reply } from './host/reply.ts'
import type { Exchange, Script } from './host/upstream.ts'
import { RETRY_AFTER_S } from './hosts/scripted-host.ts'
import type { RuleId } from './rules.ts'

export interface NamedCassette {
  readonly name: string
  readonly cassette: Cassette
}

/** The readable ones; the others are reported. */
export function readCassettes(
  cassettes: Readonly<Record<string, unknown>>,
  { record }: Exam,
): readonly NamedCassette[] {
  return Object.entries(cassettes).flatMap(([name, cassette]) => {
    const problem = cassetteProblem(cassette)
    const where = { fixture: name }
    if (problem === undefined) {
      record.pass('cassette.format', where)
      return [{ name, cassette: cassette as Cassette }]
    }
    record.fail('cassette.format', where, { expected: 'a cassette', actual: `cassettes/${name}.json ${problem}` })
    return []
  })
}

/** Names of cassettes that stand for a rule of their own. */
const NAMED: Readonly<Record<string, RuleId>> = {
  'error-auth': 'errors.auth',
  'error-overflow': 'errors.overflow',
  'error-rate-limit': 'errors.rate-limit',
  'error-server': 'errors.server',
  'error-network': 'errors.network',
  'error-in-stream': 'errors.in-stream',
  unreadable: 'errors.unreadable',
}

export function cassetteFixtures(cassettes: readonly NamedCassette[], exam: Exam): readonly Fixture[] {
  return cassettes
    .filter(({ cassette }) => cassette.ask?.listModels !== true)
    .map(({ name, cassette }) => ({
      name,
      ask: askOf(cassette, exam),
      script: scriptOf(cassette, exam),
      expect: cassette.expect,
      rule: NAMED[name] ?? 'errors.cassette',
    }))
}

function askOf({ ask = {} }: Cassette, { declaration }: Exam): Ask {
  const { model, text = 'Hello', context = say(text), options = {}, stream = true } = ask
  const declared =
    declaration.models?.find(({ id }) => id === model) ?? (model === undefined ? undefined : { id: model })
  return {
    model: declared === undefined ? modelFor(declaration) : modelOf(declaration, declared),
    context,
    options,
    stream,
  }
}

/** Each request gets the first answer that is meant for it and was not given yet, else the last that is meant for it. */
export function scriptOf(cassette: Cassette, { canary }: Exam, alter: Alter = (reply) => reply): Script {
  const exchanges = exchangesOf(cassette)
  const given = new Set<number>()
  return (exchange) => {
    const meant = exchanges.flatMap(({ request }, index) => (isMeant(request, exchange) ? [index] : []))
    const index = meant.find((each) => !given.has(each)) ?? meant.at(-1)
    const found = index === undefined ? undefined : exchanges[index]
    if (index === undefined || found === undefined) return undefined
    given.add(index)
    const reply = replyOf(found.response, canary.heardBy(exchange))
    return index === exchanges.length - 1 ? alter(reply, exchange) : reply
  }
}

/** Failures that every HTTP host knows, for the features that have no cassette. */
export function commonFailures(cassette: Cassette, names: ReadonlySet<string>, exam: Exam): readonly Fixture[] {
  const refusal =
    (status: number, message: string, headers: Reply['headers'] = {}) =>
    (secret: string): Reply =>
      jsonReply(status, { error: { message: `${message} (${secret})` } }, headers)
  const failures: readonly [name: string, reply: (secret: string) => Reply, expect: Expected][] = [
    ['error-auth', refusal(401, 'Invalid API key'), { errorClass: 'auth' }],
    [
      'error-rate-limit',
      refusal(429, 'Too many requests', { 'retry-after': String(RETRY_AFTER_S) }),
      { errorClass: 'rate_limit', retryAfterMs: RETRY_AFTER_S * 1000 },
    ],
    ['error-server', refusal(500, 'Internal error'), { errorClass: ['server', 'overloaded'] }],
    ['error-network', () => brokenOff, { errorClass: 'network' }],
    [
      'unreadable',
      (secret) => textReply(200, 'text/html', `<!doctype html><title>Proxy</title><p>${secret}</p>`),
      { errorClass: ['server', 'network', 'overloaded', 'invalid_request', 'not_found'] },
    ],
  ]
  return failures
    .filter(([name]) => !names.has(name))
    .map(([name, reply, expect]) => ({
      name,
      ask: askOf(cassette, exam),
      script: scriptOf(cassette, exam, (_recorded, exchange) => reply(exam.canary.heardBy(exchange))),
      expect,
      rule: NAMED[name] ?? 'errors.cassette',
    }))
}

/** The first cassette with a streamed answer; a whole one when there is none. */
export const talkative = (cassettes: readonly NamedCassette[]): NamedCassette | undefined => {
  const good = cassettes.filter(
    ({ cassette }) => cassette.ask?.listModels !== true && classesOf(cassette.expect) === undefined,
  )
  return good.find(({ cassette }) => cassette.ask?.stream !== false) ?? good[0]
}

/** Plays a cassette with a word of its answer replaced by the label. Without a fitting word, all answers are alike. */
export function cassetteTalk({ cassette }: NamedCassette, exam: Exam): Talk {
  const { text } = cassette.expect
  const word = wordIn(cassette, exam)
  const fitted = (label: string): string =>
    word === undefined ? label : label.padEnd(word.length, 'xz').slice(0, word.length)
  const ask = askOf(cassette, exam)
  return {
    usesHost: true,
    ask: (label) => ({ ...ask, context: labelled(ask.context, label) }),
    // A provider that sends nothing of what it is asked gets the recorded answer.
    texts: (label) =>
      text === undefined ? undefined : word === undefined ? [text] : [text.replaceAll(word, fitted(label)), text],
    script: (_label, alter = (reply) => reply) => {
      const unspecific: Cassette = { ...cassette, ...withoutBodies(cassette) }
      const scripts = new Map<string | undefined, Script>()
      return (request) => {
        const asked = labelAsked(request)
        const script =
          scripts.get(asked) ??
          scriptOf(unspecific, exam, (reply, exchange) =>
            alter(word === undefined || asked === undefined ? reply : reworded(reply, word, fitted(asked)), exchange),
          )
        scripts.set(asked, script)
        return script(request)
      }
    },
  }
}

const labelAsked = ({ body }: Exchange): string | undefined => /\[(q\d\d[xz]*)\]/.exec(body)?.[1]

function labelled(context: Ask['context'], label: string): Ask['context'] {
  const last = context.messages.at(-1)
  if (last?.role !== 'user' || typeof last.content !== 'string') return context
  return {
    ...context,
    messages: [...context.messages.slice(0, -1), { ...last, content: `${last.content} [${label}]` }],
  }
}

/** What is asked carries a label, so that the body is no longer what was recorded. */
function withoutBodies(cassette: Cassette): Pick<Cassette, 'request' | 'exchanges'> {
  const { request, exchanges } = cassette
  const blunt = ({ method, path }: NonNullable<Cassette['request']>): NonNullable<Cassette['request']> => ({
    ...(method === undefined ? {} : { method }),
    ...(path === undefined ? {} : { path }),
  })
  return {
    ...(request === undefined ? {} : { request: blunt(request) }),
    ...(exchanges === undefined
      ? {}
      : { exchanges: exchanges.map((each) => ({ ...each, request: blunt(each.request ?? {}) })) }),
  }
}

/** A word of the expected text that stands in the recorded answer in one piece. */
function wordIn(cassette: Cassette, { canary }: Exam): string | undefined {
  const answer = exchangesOf(cassette).at(-1)
  if (answer === undefined) return undefined
  const body = Buffer.concat(replyOf(answer.response, canary.key).chunks).toString('latin1')
  const words = cassette.expect.text?.match(/[A-Za-z]{4,}/g) ?? []
  const places = (word: string, text: string): number => text.split(word).length - 1
  const fits = (word: string): boolean =>
    places(word, body) > 0 && places(word, body) === places(word, cassette.expect.text ?? '') && word !== labelOf(0)
  return words.toSorted((a, b) => b.length - a.length).find(fits)
}
