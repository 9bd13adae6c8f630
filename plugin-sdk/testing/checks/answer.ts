import { MessageBuilder } from '../../message-builder.ts'
import type { AssistantContent } from '../../messages.ts'
import type { Batch, ProviderEvent } from '../../events.ts'
import type { Run } from '../exam.ts'
import type { Expected } from '../expected.ts'
import { errorText } from './failure.ts'
import { GRAMMAR, ungrammatical } from './grammar.ts'
import { TOOLS, wrongCalls } from './tool-calls.ts'
import { USAGE, wrongUsage } from './usage.ts'
import { shown, type Violation } from './verdict.ts'
import type { RuleId } from '../rules.ts'

export interface Judged {
  readonly violation: Violation | undefined
  /** The rules that hold. */
  readonly held: readonly RuleId[]
}

/** Judges an answer that a good host gave. Only the first violation is told: others mostly follow from it. */
export function judgeAnswer(run: Run, expected: Expected): Judged {
  const { reader, isLate } = run
  if (!reader.isIterable) return broken('contract.iterable', 'an async iterable', errorText(reader.error))
  if (isLate) return broken('answer.completes', 'an answer', 'it neither ended nor failed in time')
  if (reader.state === 'failed') return broken('answer.completes', 'an answer', errorText(reader.error))
  const ill = ungrammatical(reader.items, true)
  if (ill !== undefined) return { violation: ill, held: ['answer.completes'] }
  const grammatical: RuleId[] = ['contract.iterable', 'answer.completes', ...GRAMMAR]

  const events = eventsOf(run)
  const { content, finish } = fold(events)
  const violation =
    wrongText(content, expected) ??
    wrongCalls(events, expected.toolCalls) ??
    wrongUsage(finish?.usage, expected.usage) ??
    wrongReason(finish?.reason, expected)
  if (violation !== undefined) return { violation, held: grammatical }
  return {
    violation,
    held: [
      ...grammatical,
      ...(expected.text === undefined && expected.thinking === undefined ? [] : (['answer.content'] as const)),
      ...(expected.toolCalls === undefined ? [] : TOOLS),
      ...(expected.usage === undefined && finish?.usage === undefined ? [] : USAGE),
      ...(expected.stopReason === undefined ? [] : (['finish.reason'] as const)),
    ],
  }
}

const broken = (rule: RuleId, expected: string, actual: string): Judged => ({
  violation: { rule, expected, actual },
  held: [],
})

const eventsOf = ({ reader }: Run): readonly ProviderEvent[] => reader.items.flat() as ProviderEvent[]

export const finishes = (run: Run): boolean =>
  run.reader.items.flat().some((event) => (event as Partial<ProviderEvent> | null)?.type === 'finish')

function fold(events: readonly ProviderEvent[]): MessageBuilder {
  const message = new MessageBuilder()
  if (events.length > 0) message.add(events as Batch)
  return message
}

/** All texts of a grammatical answer, joined. */
export const saidIn = (run: Run): string => textIn(fold(eventsOf(run)).content)

/** What a grammatical answer comes to, without ids and signatures, which may differ from one time to the next. */
export function gist(run: Run): string {
  const { content, finish } = fold(eventsOf(run))
  return JSON.stringify([textIn(content), thoughtIn(content), callsIn(content), finish?.reason, finish?.usage])
}

const textIn = (content: readonly AssistantContent[]): string =>
  content.map((part) => (part.type === 'text' ? part.text : '')).join('')

const thoughtIn = (content: readonly AssistantContent[]): string =>
  content.map((part) => (part.type === 'thinking' ? part.thinking : '')).join('')

const callsIn = (content: readonly AssistantContent[]): unknown =>
  content.flatMap((part) => (part.type === 'toolCall' ? [[part.name, part.arguments]] : []))

function wrongText(content: readonly AssistantContent[], { text, thinking }: Expected): Violation | undefined {
  const said = textIn(content)
  const thought = thoughtIn(content)
  if (text !== undefined && said !== text)
    return { rule: 'answer.content', expected: `the text ${shown(text)}`, actual: shown(said) }
  if (thinking !== undefined && thought !== thinking)
    return { rule: 'answer.content', expected: `the thoughts ${shown(thinking)}`, actual: shown(thought) }
  return undefined
}

const wrongReason = (reason: string | undefined, { stopReason }: Expected): Violation | undefined =>
  stopReason === undefined || stopReason === reason
    ? undefined
    : { rule: 'finish.reason', expected: stopReason, actual: String(reason) }
