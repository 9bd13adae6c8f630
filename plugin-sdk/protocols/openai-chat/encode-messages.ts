import type { Context, Message, ToolResultMessage, UserMessage } from '../../messages.ts'
import { encodeAssistant, type AssistantEncoding } from './encode-assistant.ts'
import { encodeParts } from './encode-parts.ts'
import type { JsonObject } from './json.ts'
import { hasOwnFields, ownFields, withOwnFields } from './metadata.ts'

/** Says that the model has seen a tool's result, for hosts where a user may not speak right after a tool. */
const BRIDGE = 'I have processed the tool results.'
const IMAGES_FOLLOW = '(see attached image)'
const NO_OUTPUT = '(no tool output)'
const IMAGES = 'Attached image(s) from tool result:'

export interface MessagesEncoding extends AssistantEncoding {
  readonly systemRole: 'system' | 'developer'
  /** Of ours, behind the caller's own. */
  readonly instruction?: string | undefined
}

/** A conversation after its hand-off. */
export function encodeMessages({ systemPrompt = '', messages: conversation }: Context, encoding: MessagesEncoding) {
  const { compat, systemRole, instruction = '' } = encoding
  const messages: JsonObject[] = []
  let toolNames: Map<string, string> | undefined
  // Tool messages hold text only: their images follow, in one message for all results in a row.
  let images: JsonObject[] = []

  const addUser = (message: JsonObject): void => {
    if (compat.requiresAssistantAfterToolResult && messages.at(-1)?.['role'] === 'tool')
      messages.push({ role: 'assistant', content: BRIDGE })
    messages.push(message)
  }
  const addImages = (): void => {
    if (images.length > 0) addUser({ role: 'user', content: [{ type: 'text', text: IMAGES }, ...images] })
    images = []
  }
  const add = (message: Message): void => {
    switch (message.role) {
      case 'system':
        messages.push(withOwnFields({ role: systemRole, content: message.content }, message))
        return
      case 'user': {
        const content = encodeUser(message)
        if (content !== undefined) addUser(withOwnFields({ role: 'user', content }, message))
        return
      }
      case 'assistant': {
        for (const part of message.content)
          if (part.type === 'toolCall') (toolNames ??= new Map()).set(part.id, part.name)
        const encoded = encodeAssistant(message, encoding)
        if (encoded !== undefined) messages.push(encoded)
        return
      }
      case 'toolResult': {
        const parts = encodeParts(message.content)
        const isImage = (part: JsonObject): boolean => part['type'] === 'image_url'
        images.push(...parts.filter(isImage))
        const name = message.toolName ?? toolNames?.get(message.toolCallId)
        messages.push({
          role: 'tool',
          tool_call_id: message.toolCallId,
          ...(compat.requiresToolResultName && name !== undefined ? { name } : {}),
          content: resultText(
            message,
            parts.filter((part) => !isImage(part)),
            parts.some(isImage),
          ),
          ...ownFields(message),
        })
      }
    }
  }

  const lead =
    systemPrompt === '' || instruction === '' ? systemPrompt + instruction : `${systemPrompt}\n\n${instruction}`
  if (lead !== '') messages.push({ role: systemRole, content: lead })
  for (const message of conversation) {
    if (message.role !== 'toolResult') addImages()
    add(message)
  }
  addImages()
  return messages
}

/** Undefined when nothing is left: an empty message is refused. */
function encodeUser(message: UserMessage): string | JsonObject[] | undefined {
  const { content } = message
  if (typeof content === 'string') return content === '' && !hasOwnFields(message) ? undefined : content
  const parts = encodeParts(content)
  return parts.length === 0 ? undefined : parts
}

function resultText(
  { content }: ToolResultMessage,
  parts: readonly JsonObject[],
  hasImages: boolean,
): string | readonly JsonObject[] {
  const isPlain = content.every((part) => part.type !== 'opaque' && (part.type !== 'text' || !hasOwnFields(part)))
  if (!isPlain && parts.length > 0) return parts
  if (parts.length === 0) return hasImages ? IMAGES_FOLLOW : NO_OUTPUT
  return parts.map(({ text }) => text).join('\n')
}
