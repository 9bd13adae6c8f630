import { parseArguments } from '../../event-builder.ts'
import type { ProviderEvent, ToolCallEnd, ToolCallStart } from '../../events.ts'
import type { ExpectedCall } from '../expected.ts'
import { isDeepStrictEqual } from 'node:util'
import type { RuleId } from '../rules.ts'
import { shown, type Violation } from './verdict.ts'

export const TOOLS: readonly RuleId[] = ['tools.id', 'tools.name', 'tools.arguments']

interface Call {
  readonly start: ToolCallStart
  readonly position: number
  joined: string
  end: ToolCallEnd | undefined
}

/** The first thing wrong with the tool calls of a grammatical answer. */
export function wrongCalls(
  events: readonly ProviderEvent[],
  expected: readonly ExpectedCall[] | undefined,
): Violation | undefined {
  const calls = callsOf(events)
  return (
    wrongIds(calls) ??
    first(calls, wrongName) ??
    first(calls, wrongArguments) ??
    (expected === undefined ? undefined : unlike(calls, expected))
  )
}

function callsOf(events: readonly ProviderEvent[]): readonly Call[] {
  const calls = new Map<number, Call>()
  for (const [position, event] of events.entries()) {
    if (event.type === 'toolcall_start')
      calls.set(event.contentIndex, { start: event, position, joined: '', end: undefined })
    if (event.type === 'toolcall_delta') (calls.get(event.contentIndex) as Call).joined += event.delta
    if (event.type === 'toolcall_end') (calls.get(event.contentIndex) as Call).end = event
  }
  return [...calls.values()]
}

function wrongIds(calls: readonly Call[]): Violation | undefined {
  const seen = new Set<string>()
  for (const { start, end, position } of calls) {
    const { id } = start
    const problem =
      id === ''
        ? 'an empty id'
        : seen.has(id)
          ? `${shown(id)} for two calls`
          : end !== undefined && end.toolCall.id !== id
            ? `${shown(id)} at the start and ${shown(end.toolCall.id)} at the end`
            : undefined
    if (problem !== undefined)
      return { rule: 'tools.id', expected: 'an id of its own, that stays', actual: problem, event: position }
    seen.add(id)
  }
  return undefined
}

function wrongName({ start, end, position }: Call): Violation | undefined {
  if (start.name !== '' && (end === undefined || end.toolCall.name === start.name)) return undefined
  const actual =
    start.name === ''
      ? 'an empty name'
      : `${shown(start.name)} at the start and ${shown(end?.toolCall.name)} at the end`
  return { rule: 'tools.name', expected: 'a name that stays', actual, event: position }
}

function wrongArguments({ end, joined, position }: Call): Violation | undefined {
  if (end === undefined) return undefined
  const { arguments: said, argumentsError } = parseArguments(joined)
  const { toolCall } = end
  const isSame = isDeepStrictEqual(toolCall.arguments, said)
  if (isSame && (argumentsError === undefined) === (toolCall.argumentsError === undefined)) return undefined
  return {
    rule: 'tools.arguments',
    expected: argumentsError === undefined ? shown(said) : `{} with the error "${argumentsError}"`,
    actual: `${shown(toolCall.arguments)}${toolCall.argumentsError === undefined ? '' : ` with the error "${toolCall.argumentsError}"`}`,
    event: position,
  }
}

/** A call that is missing, or is one too many, is a matter of the content. */
function unlike(calls: readonly Call[], expected: readonly ExpectedCall[]): Violation | undefined {
  if (calls.length !== expected.length)
    return {
      rule: 'answer.content',
      expected: `${expected.length} tool calls: ${expected.map(({ name }) => name).join(', ')}`,
      actual: `${calls.length}: ${calls.map(({ start }) => start.name).join(', ')}`,
    }
  for (const [index, { start, end, position }] of calls.entries()) {
    const wanted = expected[index]
    if (wanted === undefined) continue
    if (start.name !== wanted.name)
      return { rule: 'tools.name', expected: shown(wanted.name), actual: shown(start.name), event: position }
    if (!isDeepStrictEqual(end?.toolCall.arguments, wanted.arguments))
      return {
        rule: 'tools.arguments',
        expected: shown(wanted.arguments),
        actual: shown(end?.toolCall.arguments),
        event: position,
      }
  }
  return undefined
}

function first(calls: readonly Call[], wrong: (call: Call) => Violation | undefined): Violation | undefined {
  for (const call of calls) {
    const violation = wrong(call)
    if (violation !== undefined) return violation
  }
  return undefined
}
