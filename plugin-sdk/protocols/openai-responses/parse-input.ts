import { parseArguments } from '../../event-builder.ts'
import type { AssistantContent, AssistantMessage, Message, ThinkingContent, ToolCall } from '../../messages.ts'
import { callExtras } from './call-extras.ts'
import { keepExtras } from './extras.ts'
import { isOwnItemId, joinCallId } from './ids.ts'
import { objectsOf, textOf, without, type JsonObject } from './json.ts'
import { OPENAI_RESPONSES } from './name.ts'
import { isReadable, opaque, parseAnswer, parseParts, plainText } from './parse-content.ts'
import { invalid, requiredObject, requiredText } from './request-fields.ts'
import { openThought } from './signature.ts'

export interface ParsedInput {
  /** The first instruction, when it stands at the start of the input. */
  readonly systemPrompt: string | undefined
  readonly messages: readonly Message[]
}

/**
 * Input items as messages: what the assistant said between two other speakers is one message. Items without a unified form
 * stay where they stood, as opaque content.
 */
export function parseInput(input: unknown, hasInstructions: boolean): ParsedInput {
  if (typeof input === 'string') return { systemPrompt: undefined, messages: [{ role: 'user', content: input }] }
  if (input === undefined) return { systemPrompt: undefined, messages: [] }
  if (!Array.isArray(input)) throw invalid('input', 'must be a string or a list of items')
  const reader = new InputReader()
  input.forEach((item, index) => reader.add(requiredObject(item, `input[${index}]`), `input[${index}]`))
  const [first, ...others] = reader.messages
  return first?.role === 'system' && !hasInstructions
    ? { systemPrompt: first.content, messages: others }
    : { systemPrompt: undefined, messages: reader.messages }
}

class InputReader {
  readonly messages: Message[] = []
  /** Each call by its `call_id`, which is all that its result names. */
  readonly #calls = new Map<string, ToolCall>()

  add(item: JsonObject, param: string): void {
    const type = item['type'] ?? ('role' in item ? 'message' : undefined)
    if (type === 'message') return this.#message(item, param)
    if (type === 'function_call') return this.#call(item, param)
    if (type === 'function_call_output') return this.#result(item, param)
    if (type === 'reasoning') return this.#thought(item)
    this.#say([opaque({ ...item, type: requiredText(type, `${param}.type`) })], OPENAI_RESPONSES)
  }

  #message(item: JsonObject, param: string): void {
    const { role, content } = item
    const at = `${param}.content`
    switch (role) {
      case 'user':
        if (!isReadable(content)) break
        this.messages.push({ role, content: typeof content === 'string' ? content : parseParts(content, at) })
        return
      case 'assistant':
        if (!isReadable(content)) break
        return this.#say(parseAnswer(item, param))
      case 'system':
      case 'developer': {
        const text = isReadable(content) ? plainText(content, at) : undefined
        if (text === undefined) break
        this.messages.push({ role: 'system', content: text })
        return
      }
      default:
        throw invalid(`${param}.role`, 'must be user, assistant, system or developer')
    }
    this.messages.push({ role: 'user', content: [opaque({ ...item, type: 'message' })] })
  }

  #call(item: JsonObject, param: string): void {
    const callId = requiredText(item['call_id'], `${param}.call_id`)
    if (typeof item['arguments'] !== 'string') throw invalid(`${param}.arguments`, 'must be a string that holds JSON')
    const call: ToolCall = {
      type: 'toolCall',
      id: isOwnItemId(item['id']) ? callId : (joinCallId(item) ?? callId),
      name: requiredText(item['name'], `${param}.name`),
      ...parseArguments(item['arguments']),
      ...keepExtras(callExtras(item)),
    }
    this.#calls.set(callId, call)
    this.#say([call])
  }

  #result(item: JsonObject, param: string): void {
    const callId = requiredText(item['call_id'], `${param}.call_id`)
    const { output } = item
    const call = this.#calls.get(callId)
    this.messages.push({
      role: 'toolResult',
      toolCallId: call?.id ?? callId,
      ...(call === undefined ? {} : { toolName: call.name }),
      content: typeof output === 'string' ? [{ type: 'text', text: output }] : parseParts(output, `${param}.output`),
      isError: false,
      ...keepExtras(without(item, ['type', 'id', 'call_id', 'output', 'status'])),
    })
  }

  #thought(item: JsonObject): void {
    const thinking = (objectsOf(item['summary']).length > 0 ? objectsOf(item['summary']) : objectsOf(item['content']))
      .map((part) => textOf(part['text']) ?? '')
      .join('\n\n')
    const sealed = openThought(item['encrypted_content'])
    const thought: ThinkingContent =
      sealed === undefined
        ? { type: 'thinking', thinking, thinkingSignature: JSON.stringify(item) }
        : {
            type: 'thinking',
            thinking,
            thinkingSignature: sealed.signature,
            ...(sealed.redacted ? { redacted: true } : {}),
          }
    this.#say([thought], sealed?.api ?? OPENAI_RESPONSES)
  }

  /** `api`: the protocol of the provider that said it, where the item tells. */
  #say(content: readonly AssistantContent[], api?: string): void {
    const last = this.messages.at(-1)
    if (last?.role === 'assistant' && joins(last, api))
      this.messages[this.messages.length - 1] = {
        ...last,
        ...(api === undefined ? {} : { api }),
        content: [...last.content, ...content],
      }
    else this.messages.push({ role: 'assistant', content, api: api ?? OPENAI_RESPONSES })
  }
}

/** Texts and calls go with any thought; thoughts of two protocols cannot be one answer. */
const joins = (last: AssistantMessage, api: string | undefined): boolean =>
  api === undefined || last.api === api || !last.content.some(({ type }) => type === 'thinking' || type === 'opaque')
