import type { AssistantContent, Message, OpaqueContent, UserContent } from '../messages.ts'
import type { ConversationRule } from './rule.ts'

export const foreignParts: ConversationRule = {
  id: 'G15',
  about: 'Parts that only another protocol, or another provider of it, can express are left out.',
  warning: {
    type: 'unsupported',
    feature: 'content',
    message: 'Parts that only another protocol or provider can express were left out.',
  },
  apply(conversation, target, note) {
    let count = 0
    const isForeign = (part: OpaqueContent, provider: string | undefined): boolean =>
      part.protocol !== target.protocol || (provider !== undefined && provider !== target.provider)
    const hasOpaque = ({ content }: Message): boolean =>
      typeof content !== 'string' && content.some(({ type }) => type === 'opaque')
    if (!conversation.messages.some(hasOpaque)) return conversation
    const messages = conversation.messages.map((message): Message => {
      if (typeof message.content === 'string') return message
      const provider = message.role === 'assistant' ? message.provider : undefined
      const parts: readonly (AssistantContent | UserContent)[] = message.content
      const content = parts.filter((part) => part.type !== 'opaque' || !isForeign(part, provider))
      if (content.length === parts.length) return message
      count += parts.length - content.length
      return { ...message, content } as Message
    })
    if (count === 0) return conversation
    note(count)
    return { ...conversation, messages }
  },
}
