import type { AssistantContent, AssistantMessage, Context, Message } from '../messages.ts'
import { isFailed, ownersOf } from './pairs.ts'
import { isOwn, type ConversationRule, type HandOffTarget } from './rule.ts'

export const emptyForNothing: ConversationRule = {
  id: 'G1',
  about: 'Content that is `null`, as in some histories written by hand, becomes empty.',
  apply(conversation) {
    const isNothing = (message: Message): boolean => message.role !== 'system' && (message.content as unknown) === null
    if (!conversation.messages.some(isNothing)) return conversation
    const messages = conversation.messages.map((message) =>
      isNothing(message) ? ({ ...message, content: [] } as Message) : message,
    )
    return { ...conversation, messages }
  },
}

export const foreignThoughts: ConversationRule = {
  id: 'G3',
  about: 'Thoughts of another model are left out: as text they would read as part of the answer.',
  warning: {
    type: 'other',
    feature: 'thinking',
    message: 'Thoughts of another model were left out: only that model can read them.',
  },
  apply: (conversation, target, note) =>
    mapAnswers(conversation, target, note, (part, own) => (part.type === 'thinking' && !own ? undefined : part)),
}

export const emptyThoughts: ConversationRule = {
  id: 'G4',
  about: 'Own thoughts stay, also without text if their provider can read them; empty ones that say nothing go.',
  apply: (conversation, target, note) =>
    mapAnswers(conversation, target, note, (part) =>
      part.type === 'thinking' &&
      part.thinking.trim() === '' &&
      !part.thinkingSignature &&
      part.redacted !== true &&
      part.providerMetadata === undefined
        ? undefined
        : part,
    ),
}

export const foreignTexts: ConversationRule = {
  id: 'G5',
  about: 'Texts of another model go without signature and without what only their provider knows of them.',
  warning: {
    type: 'other',
    feature: 'text',
    message: 'Ids and signatures of another model were left out of its texts.',
  },
  apply(conversation, target, note) {
    const mapped = mapAnswers(conversation, target, note, (part, own) => {
      if (own || part.type !== 'text') return part
      const { textSignature, providerMetadata, ...plain } = part
      return textSignature === undefined && providerMetadata === undefined ? part : plain
    })
    return withoutAnswersOwn(mapped, target)
  },
}

export const foreignCalls: ConversationRule = {
  id: 'G6',
  about: 'Calls of another model go without signature and without what only their provider knows of them.',
  warning: {
    type: 'other',
    feature: 'tools',
    message: 'Signatures of another model were left out of its tool calls.',
  },
  apply: (conversation, target, note) =>
    mapAnswers(conversation, target, note, (part, own) => {
      if (own || part.type !== 'toolCall') return part
      const { thoughtSignature, providerMetadata, ...plain } = part
      return thoughtSignature === undefined && providerMetadata === undefined ? part : plain
    }),
}

export const failedAnswers: ConversationRule = {
  id: 'G8',
  about: 'Failed and aborted answers go, with the results of their calls: half a thought or half a call is refused.',
  warning: {
    type: 'other',
    feature: 'history',
    message: 'Answers that failed or were aborted were left out of the conversation.',
  },
  apply(conversation, _target, note) {
    const { messages } = conversation
    const failed = messages.map((message) => message.role === 'assistant' && isFailed(message))
    const count = failed.filter(Boolean).length
    if (count === 0) return conversation
    note(count)
    const owners = ownersOf(messages)
    const isKept = (_message: Message, index: number): boolean =>
      !failed[index] && !failed[owners.get(index)?.answer ?? -1]
    return { ...conversation, messages: messages.filter(isKept) }
  },
}

/** What a provider keeps on an answer as a whole. */
function withoutAnswersOwn(conversation: Context, target: HandOffTarget): Context {
  const isStripped = (message: Message): boolean =>
    message.role === 'assistant' && message.providerMetadata !== undefined && !isOwn(message, target)
  if (!conversation.messages.some(isStripped)) return conversation
  const messages = conversation.messages.map((message): Message => {
    const { providerMetadata: _, ...plain } = message
    return isStripped(message) ? plain : message
  })
  return { ...conversation, messages }
}

/** Changes the parts of answers; each changed or dropped one counts. */
function mapAnswers(
  conversation: Context,
  target: HandOffTarget,
  note: (count: number) => void,
  change: (part: AssistantContent, own: boolean) => AssistantContent | undefined,
): Context {
  const isChanged = (message: Message): message is AssistantMessage => {
    if (message.role !== 'assistant') return false
    const own = isOwn(message, target)
    return message.content.some((part) => change(part, own) !== part)
  }
  if (!conversation.messages.some(isChanged)) return conversation
  let count = 0
  const messages = conversation.messages.map((message): Message => {
    if (!isChanged(message)) return message
    const own = isOwn(message, target)
    const content = message.content.flatMap((part): AssistantContent[] => {
      const changed = change(part, own)
      if (changed !== part) count++
      return changed === undefined ? [] : [changed]
    })
    return { ...message, content }
  })
  note(count)
  return { ...conversation, messages }
}
