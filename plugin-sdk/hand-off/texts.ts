import type { AssistantContent, Context, Message, UserContent } from '../messages.ts'
import type { ConversationRule } from './rule.ts'

export const brokenCharacters: ConversationRule = {
  id: 'G12',
  about: 'Half a surrogate pair, left where a text was cut, becomes the replacement character: hosts refuse it.',
  warning: {
    type: 'other',
    feature: 'text',
    message: 'Broken characters in the conversation were replaced: they were cut in the middle.',
  },
  apply(conversation, _target, note) {
    if (isWhole(conversation)) return conversation
    let count = 0
    const whole = (text: string): string => {
      if (text.isWellFormed()) return text
      count++
      return text.toWellFormed()
    }
    const { systemPrompt } = conversation
    const prompt = systemPrompt === undefined ? undefined : whole(systemPrompt)
    const messages = conversation.messages.map((message) => mended(message, whole))
    note(count)
    return { ...conversation, messages, ...(prompt === undefined ? {} : { systemPrompt: prompt }) }
  },
}

/** Looks without writing anything: nearly every conversation is whole. */
const isWhole = ({ systemPrompt = '', messages }: Context): boolean =>
  systemPrompt.isWellFormed() &&
  messages.every(({ content }) => (typeof content === 'string' ? content.isWellFormed() : content.every(isWholePart)))

function isWholePart(part: AssistantContent | UserContent): boolean {
  if (part.type === 'text') return part.text.isWellFormed()
  if (part.type === 'thinking') return part.thinking.isWellFormed()
  return part.type !== 'toolCall' || isWholeValue(part.arguments)
}

function isWholeValue(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  return typeof value !== 'object' || value === null || Object.values(value).every(isWholeValue)
}

type Mend = (text: string) => string

function mended(message: Message, whole: Mend): Message {
  if (typeof message.content === 'string') {
    const content = whole(message.content)
    return content === message.content ? message : ({ ...message, content } as Message)
  }
  const parts: readonly (AssistantContent | UserContent)[] = message.content
  const content = parts.map((part) => mendedPart(part, whole))
  return content.every((part, index) => part === parts[index]) ? message : ({ ...message, content } as Message)
}

function mendedPart<P extends AssistantContent | UserContent>(part: P, whole: Mend): P {
  switch (part.type) {
    case 'text': {
      const text = whole(part.text)
      return text === part.text ? part : { ...part, text }
    }
    case 'thinking': {
      const thinking = whole(part.thinking)
      return thinking === part.thinking ? part : { ...part, thinking }
    }
    case 'toolCall': {
      const value = mendedValue(part.arguments, whole)
      return value === part.arguments ? part : { ...part, arguments: value }
    }
    case 'image':
    case 'opaque':
      return part
  }
}

/** The same value when nothing in it is broken. */
function mendedValue(value: unknown, whole: Mend): unknown {
  if (typeof value === 'string') return whole(value)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, inner, mendedValue(inner, whole)] as const)
  if (entries.every(([, before, after]) => before === after)) return value
  return Array.isArray(value)
    ? entries.map(([, , after]) => after)
    : Object.fromEntries(entries.map(([key, , after]) => [key, after]))
}
