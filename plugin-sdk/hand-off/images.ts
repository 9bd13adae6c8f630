import type { Message, TextContent, ToolResultMessage, UserContent, UserMessage } from '../messages.ts'
import type { ConversationRule } from './rule.ts'

export const imagesUnseen: ConversationRule = {
  id: 'G2',
  about: 'Images for a model that cannot see become a note, one for those in a row.',
  warning: {
    type: 'unsupported',
    feature: 'image',
    message: 'This model does not take images; a note stands in their place.',
  },
  apply(conversation, { seesImages }, note) {
    if (seesImages || !conversation.messages.some(holdsImages)) return conversation
    let count = 0
    const messages = conversation.messages.map((message): Message => {
      if (!holdsImages(message)) return message
      count += message.content.filter(isImage).length
      return { ...message, content: noted(message.content) }
    })
    note(count)
    return { ...conversation, messages }
  },
}

const NOTE: TextContent = { type: 'text', text: '(an image was left out: this model does not take images)' }

function noted(content: readonly UserContent[]): UserContent[] {
  const parts = content.map((part) => (isImage(part) ? NOTE : part))
  return parts.filter((part, index) => part !== NOTE || parts[index - 1] !== NOTE)
}

type WithParts = (UserMessage | ToolResultMessage) & { readonly content: readonly UserContent[] }

const isImage = ({ type }: UserContent): boolean => type === 'image'

const holdsImages = (message: Message): message is WithParts =>
  (message.role === 'user' || message.role === 'toolResult') &&
  typeof message.content !== 'string' &&
  message.content.some(isImage)

export const imagesOfErrors: ConversationRule = {
  id: 'G11',
  about: 'Images in the result of a failed call follow all results of the turn, where a provider refuses them inside.',
  apply(conversation, { takesErrorImages = true }) {
    const isRefused = (message: Message): message is ToolResultMessage =>
      message.role === 'toolResult' && message.isError && holdsImages(message)
    if (takesErrorImages || !conversation.messages.some(isRefused)) return conversation
    const messages: Message[] = []
    let images: UserContent[] = []
    const showImages = (): void => {
      if (images.length > 0) messages.push({ role: 'user', content: images })
      images = []
    }
    for (const message of conversation.messages) {
      if (message.role !== 'toolResult') showImages()
      if (!isRefused(message)) messages.push(message)
      else {
        const rest = message.content.filter((part) => !isImage(part))
        messages.push({ ...message, content: rest.length === 0 ? [FOLLOWING] : rest })
        images.push(
          { type: 'text', text: `Images of the failed tool call ${message.toolCallId}:` },
          ...message.content.filter(isImage),
        )
      }
    }
    showImages()
    return { ...conversation, messages }
  },
}

const FOLLOWING: TextContent = { type: 'text', text: '(the images follow the tool results)' }
