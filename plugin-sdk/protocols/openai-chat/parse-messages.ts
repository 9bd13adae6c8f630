import type { Message, SystemMessage, ToolResultMessage, UserMessage } from '../../messages.ts'
import { invalid, isGiven, listAt, nameAt, objectAt, optionalText } from './door-check.ts'
import { isObject, unknownFields, type JsonObject } from './json.ts'
import { keepFields } from './metadata.ts'
import { newCallId } from './tool-calls.ts'
import { parseAssistant } from './parse-assistant.ts'
import { parseParts, plainText } from './parse-parts.ts'

export interface ParsedMessages {
  readonly systemPrompt?: string
  readonly messages: readonly Message[]
}

export function parseMessages(value: unknown): ParsedMessages {
  const list = listAt(value, 'messages', 'a list of messages')
  if (list.length === 0) throw invalid('messages', 'a list of at least one message', 'Send what the user says.')
  const calls = new KnownCalls()
  const instructions: string[] = []
  const messages: Message[] = []
  for (let index = 0; index < list.length; index++) {
    const item = list[index]
    if (isPlain(item)) {
      // The client's own object says it as we would; most messages do.
      if (item.role === 'user') {
        messages.push(item as UserMessage)
        continue
      }
      if (item.role === 'assistant' && item.content !== '') {
        messages.push({ role: 'assistant', content: [{ type: 'text', text: item.content }] })
        continue
      }
      if (messages.length === 0 && (item.role === 'system' || item.role === 'developer')) {
        instructions.push(item.content)
        continue
      }
    }
    const param = `messages[${index}]`
    const message = parseMessage(objectAt(item, param), param, calls)
    if (message.role === 'assistant') calls.add(message)
    // Instructions at the start that are more than text stay messages, or their other fields would be lost.
    const leads = message.role === 'system' && messages.length === 0 && message.providerMetadata === undefined
    if (leads) instructions.push(message.content)
    else messages.push(message)
  }
  return instructions.length === 0 ? { messages } : { systemPrompt: instructions.join('\n\n'), messages }
}

/** Nothing but a role and a text. */
function isPlain(message: unknown): message is { readonly role: unknown; readonly content: string } {
  if (!isObject(message) || typeof message['content'] !== 'string') return false
  for (const name in message) if (name !== 'role' && name !== 'content') return false
  return true
}

function parseMessage(message: JsonObject, param: string, calls: KnownCalls): Message {
  switch (message['role']) {
    case 'system':
    case 'developer':
      return parseSystem(message, param)
    case 'user': {
      const { content } = message
      const own = unknownFields(message, FIELDS)
      const said = typeof content === 'string' ? content : parseParts(content, `${param}.content`)
      return own === undefined ? { role: 'user', content: said } : { role: 'user', content: said, ...keepFields(own) }
    }
    case 'assistant':
      return parseAssistant(message, param)
    case 'tool': {
      const toolCallId = nameAt(message['tool_call_id'], `${param}.tool_call_id`)
      const toolName = optionalText(message['name'], `${param}.name`) ?? calls.nameOf(toolCallId)
      return toolResult(message, param, toolCallId, toolName)
    }
    case 'function': {
      const name = nameAt(message['name'], `${param}.name`)
      return toolResult(message, param, calls.idOf(name) ?? newCallId(), name)
    }
    default:
      throw invalid(`${param}.role`, 'one of system, developer, user, assistant, tool')
  }
}

const FIELDS: ReadonlySet<string> = new Set(['role', 'content'])
const RESULT_FIELDS: ReadonlySet<string> = new Set(['role', 'content', 'tool_call_id', 'name'])

function parseSystem(message: JsonObject, param: string): SystemMessage {
  const text = plainText(message['content'], `${param}.content`)
  const own = unknownFields(message, FIELDS)
  if (text !== undefined && own === undefined) return { role: 'system', content: text }
  if (text !== undefined) return { role: 'system', content: text, ...keepFields(own) }
  const parts = message['content'] as readonly JsonObject[]
  const content = parts.map((part) => part['text']).join('\n')
  return { role: 'system', content, ...keepFields({ ...own, content: parts }) }
}

function toolResult(
  message: JsonObject,
  param: string,
  toolCallId: string,
  toolName: string | undefined,
): ToolResultMessage {
  const { content } = message
  const text = isGiven(content) ? content : ''
  return {
    role: 'toolResult',
    toolCallId,
    ...(toolName === undefined ? {} : { toolName }),
    content: typeof text === 'string' ? [{ type: 'text', text }] : parseParts(text, `${param}.content`),
    isError: false,
    ...keepFields(unknownFields(message, RESULT_FIELDS)),
  }
}

/** The calls made so far. Ids may repeat from turn to turn; the last call counts. */
class KnownCalls {
  #names: Map<string, string> | undefined
  #ids: Map<string, string> | undefined

  add(message: Extract<Message, { role: 'assistant' }>): void {
    for (const part of message.content) {
      if (part.type !== 'toolCall') continue
      ;(this.#names ??= new Map()).set(part.id, part.name)
      ;(this.#ids ??= new Map()).set(part.name, part.id)
    }
  }

  nameOf(id: string): string | undefined {
    return this.#names?.get(id)
  }

  idOf(name: string): string | undefined {
    return this.#ids?.get(name)
  }
}
