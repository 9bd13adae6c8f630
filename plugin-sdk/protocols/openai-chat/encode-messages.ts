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
export function encodeMessages({ systemPrompt = '', messages }: Context, encoding: MessagesEncoding): JsonObject[] {
  const { systemRole, instruction = '' } = encoding
  const writer = new MessagesWriter(encoding)
  const lead =
    systemPrompt === '' || instruction === '' ? systemPrompt + instruction : `${systemPrompt}\n\n${instruction}`
  if (lead !== '') writer.messages.push({ role: systemRole, content: lead })
  for (const message of messages) writer.add(message)
  writer.addImages()
  return writer.messages
}

class MessagesWriter {
  readonly messages: JsonObject[] = []
  readonly #encoding: MessagesEncoding
  #toolNames: Map<string, string> | undefined
  /** Tool messages hold text only: their images follow, in one message for all results in a row. */
  #images: JsonObject[] | undefined

  constructor(encoding: MessagesEncoding) {
    this.#encoding = encoding
  }

  add(message: Message): void {
    if (message.role !== 'toolResult') this.addImages()
    switch (message.role) {
      case 'system':
        this.messages.push(withOwnFields({ role: this.#encoding.systemRole, content: message.content }, message))
        return
      case 'user': {
        const content = encodeUser(message)
        if (content !== undefined) this.#addUser(withOwnFields({ role: 'user', content }, message))
        return
      }
      case 'assistant': {
        for (const part of message.content)
          if (part.type === 'toolCall') (this.#toolNames ??= new Map()).set(part.id, part.name)
        const encoded = encodeAssistant(message, this.#encoding)
        if (encoded !== undefined) this.messages.push(encoded)
        return
      }
      case 'toolResult':
        this.#addResult(message)
    }
  }

  addImages(): void {
    const images = this.#images
    if (images === undefined) return
    this.#images = undefined
    this.#addUser({ role: 'user', content: [{ type: 'text', text: IMAGES }, ...images] })
  }

  #addUser(message: JsonObject): void {
    if (this.#encoding.compat.requiresAssistantAfterToolResult && this.messages.at(-1)?.['role'] === 'tool')
      this.messages.push({ role: 'assistant', content: BRIDGE })
    this.messages.push(message)
  }

  #addResult(message: ToolResultMessage): void {
    const parts = encodeParts(message.content)
    const images = parts.filter(isImage)
    if (images.length > 0) (this.#images ??= []).push(...images)
    const name = message.toolName ?? this.#toolNames?.get(message.toolCallId)
    const others = parts.filter((part) => !isImage(part))
    this.messages.push({
      role: 'tool',
      tool_call_id: message.toolCallId,
      ...(this.#encoding.compat.requiresToolResultName && name !== undefined ? { name } : {}),
      content: resultText(message, others, images.length > 0),
      ...ownFields(message),
    })
  }
}

const isImage = (part: JsonObject): boolean => part['type'] === 'image_url'

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
