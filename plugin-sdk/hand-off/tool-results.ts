import type { AssistantContent, Message, ToolCall, ToolResultMessage, UserContent } from '../messages.ts'
import { arePaired, keyOf, ownersOf } from './pairs.ts'
import type { ConversationRule } from './rule.ts'

export const missingResults: ConversationRule = {
  id: 'G9',
  about: 'A call without a result gets one that says so, marked as an error.',
  warning: {
    type: 'other',
    feature: 'tool-result',
    message: 'Tool calls without a result got one that says so.',
  },
  apply(conversation, _target, note) {
    const { messages } = conversation
    if (arePaired(messages)) return conversation
    const answered = new Set([...ownersOf(messages).values()].map(({ key }) => key))
    const missing = messages.map((message, index) =>
      message.role === 'assistant'
        ? message.content.filter(
            (part, place): part is ToolCall => part.type === 'toolCall' && !answered.has(keyOf(index, place)),
          )
        : [],
    )
    const count = missing.flat().length
    if (count === 0) return conversation
    note(count)
    const whole: Message[] = []
    // They stand behind the results that are there, and so wait until those are past.
    let waiting: readonly ToolCall[] = []
    messages.forEach((message, index) => {
      if (message.role !== 'toolResult') {
        whole.push(...waiting.map(withoutResult))
        waiting = missing[index] ?? []
      }
      whole.push(message)
    })
    return { ...conversation, messages: [...whole, ...waiting.map(withoutResult)] }
  },
}

const withoutResult = ({ id, name }: ToolCall): ToolResultMessage => ({
  role: 'toolResult',
  toolCallId: id,
  toolName: name,
  content: [{ type: 'text', text: 'No result was provided.' }],
  isError: true,
})

export const resultsBehindCalls: ConversationRule = {
  id: 'G10',
  about:
    'Results stand right behind the answer that asked for them, in the order of its calls; what stood in between follows.',
  apply(conversation) {
    const { messages } = conversation
    if (arePaired(messages)) return conversation
    const owners = ownersOf(messages)
    const results = new Map<number, Message[]>()
    for (const [place, { answer }] of [...owners].toSorted(([, a], [, b]) => a.part - b.part))
      results.set(answer, [...(results.get(answer) ?? []), messages[place] as Message])
    const ordered = messages.flatMap((message, index) =>
      owners.has(index) ? [] : [message, ...(results.get(index) ?? [])],
    )
    return ordered.every((message, index) => message === messages[index])
      ? conversation
      : { ...conversation, messages: ordered }
  },
}

export const strayResults: ConversationRule = {
  id: 'G14',
  about: 'Results whose call is not in the conversation go, and so do second results of one call.',
  warning: {
    type: 'other',
    feature: 'tool-result',
    message: 'Tool results were left out whose call is not in the conversation, or has another result.',
  },
  apply(conversation, { remembers = false }, note) {
    const { messages } = conversation
    if (remembers || arePaired(messages)) return conversation
    const owners = ownersOf(messages)
    const calls = callsInParts(messages)
    const kept = messages.filter(
      (message, index) => message.role !== 'toolResult' || owners.has(index) || calls.has(message.toolCallId),
    )
    if (kept.length === messages.length) return conversation
    note(messages.length - kept.length)
    return { ...conversation, messages: kept }
  },
}

/** Calls of other kinds are parts that only their protocol can express. */
function callsInParts(messages: readonly Message[]): ReadonlySet<unknown> {
  const parts = messages.flatMap(({ content }): readonly (AssistantContent | UserContent)[] =>
    typeof content === 'string' ? [] : content,
  )
  return new Set(parts.flatMap((part) => (part.type === 'opaque' ? [part.value['call_id'] ?? part.value['id']] : [])))
}
