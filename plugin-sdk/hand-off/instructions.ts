import type { Message, SystemMessage } from '../messages.ts'
import type { ConversationRule } from './rule.ts'

export const laterInstructions: ConversationRule = {
  id: 'G13',
  about: 'Instructions inside the conversation are added to the first one, where the model does not take them there.',
  warning: {
    type: 'compatibility',
    feature: 'system-message',
    message: 'Instructions inside the conversation were moved to its start.',
  },
  apply(conversation, { takesLaterInstructions, protocol }, note) {
    // A client of the model's own protocol put it there for a model that takes it.
    const isMoved = (message: Message): message is SystemMessage =>
      message.role === 'system' && message.providerMetadata?.[protocol] === undefined
    if (takesLaterInstructions || !conversation.messages.some(isMoved)) return conversation
    const moved = conversation.messages.filter(isMoved)
    note(moved.length)
    const texts = [conversation.systemPrompt ?? '', ...moved.map(({ content }) => content)]
    return {
      ...conversation,
      systemPrompt: texts.filter((text) => text.trim() !== '').join('\n\n'),
      messages: conversation.messages.filter((message) => !isMoved(message)),
    }
  },
}
