import type {
  AssistantContent,
  AssistantMessage,
  Message,
  OpaqueContent,
  SystemMessage,
  ThinkingContent,
  ToolResultMessage,
  UserContent,
} from '../../messages.ts'
import { systemText } from './encode-messages.ts'
import { keepExtras } from './extras.ts'
import { isEmpty, textOf, type JsonObject } from './json.ts'
import { ANTHROPIC } from './name.ts'
import { invalid, listAt, objectAt, optional, required } from './read.ts'
import { unwrapSignature } from './signature.ts'

/** Names of calls by id: results carry only the id, and other providers want the name. */
type CallNames = Map<string, string>

export function parseMessages(value: unknown): Message[] {
  const list = listAt(value, 'messages')
  if (list.length === 0) throw invalid('messages', 'must hold at least one message')
  const names: CallNames = new Map()
  return list.flatMap((entry, index) => {
    const param = `messages[${index}]`
    const { role, content, ...extras } = objectAt(entry, param)
    switch (role) {
      case 'user':
        return parseUser(content, extras, `${param}.content`, names)
      case 'assistant':
        return [parseAssistant(content, extras, `${param}.content`, names)]
      case 'system':
        return [parseInstruction(content, `${param}.content`)]
      default:
        throw invalid(`${param}.role`, 'must be "user" or "assistant"', 'Put the first instructions into "system".')
    }
  })
}

function blocksAt(content: unknown, param: string): readonly JsonObject[] {
  if (!Array.isArray(content)) throw invalid(param, 'must be a string or a list of content blocks')
  return content.map((block, index) => {
    const read = objectAt(block, `${param}[${index}]`)
    required(read['type'], 'string', `${param}[${index}].type`)
    return read
  })
}

/** Results of tool calls are messages of their own in our words. */
function parseUser(content: unknown, extras: JsonObject, param: string, names: CallNames): Message[] {
  const kept = keepExtras(extras)
  if (typeof content === 'string') return [{ role: 'user', content, ...kept }]
  const messages: Message[] = []
  let parts: UserContent[] = []
  const flush = (): void => {
    if (parts.length > 0) messages.push({ role: 'user', content: parts, ...kept })
    parts = []
  }
  blocksAt(content, param).forEach((block, index) => {
    const at = `${param}[${index}]`
    if (block['type'] !== 'tool_result') {
      parts.push(parsePart(block, at))
      return
    }
    flush()
    messages.push(parseResult(block, at, names))
  })
  flush()
  return messages
}

function parseResult(block: JsonObject, param: string, names: CallNames): ToolResultMessage {
  const { type: _type, tool_use_id: id, content, is_error: isError, ...extras } = block
  const toolCallId = required(id, 'string', `${param}.tool_use_id`)
  const toolName = names.get(toolCallId)
  return {
    role: 'toolResult',
    toolCallId,
    ...(toolName === undefined ? {} : { toolName }),
    content: parseResultContent(content, `${param}.content`),
    isError: optional(isError, 'boolean', `${param}.is_error`) ?? false,
    ...keepExtras(extras),
  }
}

function parseResultContent(content: unknown, param: string): UserContent[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return blocksAt(content, param).map((block, index) => parsePart(block, `${param}[${index}]`))
}

function parsePart(block: JsonObject, param: string): UserContent {
  if (block['type'] === 'text') {
    const { type: _type, text, ...extras } = block
    return { type: 'text', text: required(text, 'string', `${param}.text`), ...keepExtras(extras) }
  }
  if (block['type'] !== 'image') return opaque(block)
  const { type: _type, source, ...extras } = block
  const { type, ...rest } = objectAt(source, `${param}.source`)
  if (type === 'base64')
    return {
      type: 'image',
      mimeType: required(rest['media_type'], 'string', `${param}.source.media_type`),
      data: required(rest['data'], 'string', `${param}.source.data`),
      ...keepExtras(extras),
    }
  if (type === 'url')
    return { type: 'image', url: required(rest['url'], 'string', `${param}.source.url`), ...keepExtras(extras) }
  return opaque(block)
}

const opaque = (value: JsonObject): OpaqueContent => ({ type: 'opaque', protocol: ANTHROPIC, value })

function parseAssistant(content: unknown, extras: JsonObject, param: string, names: CallNames): AssistantMessage {
  const apis = new Set<string>()
  const parts: readonly AssistantContent[] =
    typeof content === 'string'
      ? [{ type: 'text', text: content }]
      : blocksAt(content, param).map((block, index) => parseAnswerPart(block, `${param}[${index}]`, names, apis))
  const api = apis.size === 0 ? ANTHROPIC : [...apis][0]
  return { role: 'assistant', content: parts, ...(api ? { api } : {}), ...keepExtras(extras) }
}

function parseAnswerPart(block: JsonObject, param: string, names: CallNames, apis: Set<string>): AssistantContent {
  switch (block['type']) {
    case 'text': {
      const { type: _type, text, ...extras } = block
      return { type: 'text', text: required(text, 'string', `${param}.text`), ...keepExtras(extras) }
    }
    case 'thinking': {
      const { type: _type, thinking, signature, ...extras } = block
      const text = required(thinking, 'string', `${param}.thinking`)
      const signed = readSignature(optional(signature, 'string', `${param}.signature`), apis)
      return { type: 'thinking', thinking: text, ...signed, ...keepExtras(extras) }
    }
    case 'redacted_thinking': {
      const { type: _type, data, ...extras } = block
      const signed = readSignature(required(data, 'string', `${param}.data`), apis)
      return { type: 'thinking', thinking: '', ...signed, redacted: true, ...keepExtras(extras) }
    }
    case 'tool_use': {
      const { type: _type, id, name, input, ...extras } = block
      const call = {
        id: required(id, 'string', `${param}.id`),
        name: required(name, 'string', `${param}.name`),
        arguments: objectAt(input ?? {}, `${param}.input`),
      }
      names.set(call.id, call.name)
      return { type: 'toolCall', ...call, ...keepExtras(extras) }
    }
    default:
      return opaque(block)
  }
}

function readSignature(signature: string | undefined, apis: Set<string>): Pick<ThinkingContent, 'thinkingSignature'> {
  if (!signature) return {}
  const read = unwrapSignature(signature)
  if (read.foreignApi !== undefined) apis.add(read.foreignApi)
  return { thinkingSignature: read.signature }
}

/** Newer models take instructions inside the conversation. */
function parseInstruction(content: unknown, param: string): SystemMessage {
  if (typeof content === 'string') return { role: 'system', content, ...keepExtras({ content }) }
  const blocks = blocksAt(content, param)
  return { role: 'system', content: systemText(blocks), ...keepExtras({ content: blocks }) }
}

/** `system` as one text, and whether its blocks say more than that text. */
export function parseSystem(value: unknown): { readonly text?: string; readonly blocks?: readonly JsonObject[] } {
  if (value === undefined || value === null) return {}
  if (typeof value === 'string') return value === '' ? {} : { text: value }
  const blocks = blocksAt(value, 'system')
  blocks.forEach((block, index) => {
    if (textOf(block['text']) === undefined) throw invalid(`system[${index}].text`, 'must be a string')
  })
  const text = systemText(blocks)
  const plain = blocks.length === 1 && blocks.every(({ type: _type, text: _text, ...extras }) => isEmpty(extras))
  return { ...(text === '' ? {} : { text }), ...(plain || blocks.length === 0 ? {} : { blocks }) }
}
