import type { Note } from '../../hand-off/index.ts'
import type { AssistantContent, AssistantMessage, OpaqueContent, ToolCall } from '../../messages.ts'
import type { OpenAIChatCompat } from './compat.ts'
import { CHAT } from './hand-off.ts'
import { isObject, parseJson, textOf, type JsonObject } from './json.ts'
import { hasOwnFields, messageFields, ownFields } from './metadata.ts'
import { readDetails } from './reasoning-details.ts'
import { REASONING_FIELDS, THINKING_PARTS } from './reasoning-fields.ts'

export interface AssistantEncoding {
  readonly compat: OpenAIChatCompat
  /** Whether the model may reason. */
  readonly thinks: boolean
  readonly note: Note
}

/** An earlier answer, or undefined when nothing of it is left to tell. */
export function encodeAssistant(message: AssistantMessage, encoding: AssistantEncoding): JsonObject | undefined {
  const { compat, thinks, note } = encoding
  const needsThoughts = thinks && compat.requiresReasoningContentOnAssistantMessages
  const text = needsThoughts ? undefined : loneText(message)
  if (text !== undefined) return { role: 'assistant', content: text }

  const calls = message.content.filter((part) => part.type === 'toolCall').map(encodeCall)
  const content = encodeContent(message.content, encoding)
  const own = Object.assign({}, ...message.content.map(besideParts), ownFields(message)) as JsonObject
  if (content === undefined && calls.length === 0 && Object.keys(own).length === 0) return undefined

  const thoughts = compat.requiresThinkingAsText ? {} : encodeThoughts(message.content, note)
  const needsEmpty = compat.requiresNonNullAssistantContent || compat.requiresAssistantAfterToolResult
  return {
    role: 'assistant',
    content: content ?? (needsEmpty ? '' : null),
    ...(needsThoughts ? { reasoning_content: '' } : {}),
    ...thoughts,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...own,
  }
}

/** The text of an answer that is nothing else, as most are. */
function loneText(message: AssistantMessage): string | undefined {
  const [part, ...others] = message.content
  if (part?.type !== 'text' || part.text === '' || others.length > 0) return undefined
  return hasOwnFields(part) || hasOwnFields(message) ? undefined : part.text
}

/**
 * One text wherever possible: given a list of parts, some models answer in the same form. Parts only where something would
 * be lost without them.
 */
function encodeContent(
  content: readonly AssistantContent[],
  { compat }: AssistantEncoding,
): string | JsonObject[] | undefined {
  const needsParts = content.some(
    (part) =>
      (part.type === 'text' && hasOwnFields(part)) ||
      (part.type === 'opaque' && isOwnPart(part)) ||
      (part.type === 'thinking' && part.thinkingSignature === THINKING_PARTS && !compat.requiresThinkingAsText),
  )
  const parts: JsonObject[] = []
  const texts: string[] = []
  const thoughts: string[] = []
  for (const part of content) {
    if (part.type === 'text' && part.text !== '') {
      texts.push(part.text)
      parts.push({ type: 'text', text: part.text, ...ownFields(part) })
    } else if (part.type === 'thinking' && part.thinking !== '') {
      const text = part.thinking
      if (compat.requiresThinkingAsText) thoughts.push(text)
      else if (part.thinkingSignature === THINKING_PARTS)
        parts.push({ type: 'thinking', thinking: [{ type: 'text', text }] })
    } else if (part.type === 'opaque' && isOwnPart(part)) parts.push(part.value)
  }
  if (needsParts) {
    for (const text of thoughts.toReversed()) parts.unshift({ type: 'text', text })
    return parts.length === 0 ? undefined : parts
  }
  const text = [...thoughts, texts.join('')].filter((piece) => piece !== '').join('\n\n')
  return text === '' ? undefined : text
}

const besideParts = (part: AssistantContent): JsonObject => (part.type === 'opaque' ? messageFields(part) : {})

/** The others are fields beside the parts. */
const isOwnPart = ({ value }: OpaqueContent): boolean => value['type'] !== undefined

/** Each thought goes back in the field in which it came; thoughts from elsewhere have no place here. */
function encodeThoughts(content: readonly AssistantContent[], note: Note): Record<string, unknown> {
  const byField = new Map<string, string[]>()
  const details: JsonObject[] = []
  for (const part of content) {
    if (part.type !== 'thinking') continue
    const signature = part.thinkingSignature ?? ''
    if (REASONING_FIELDS.includes(signature)) byField.set(signature, [...(byField.get(signature) ?? []), part.thinking])
    else if (signature !== THINKING_PARTS) {
      const read = readDetails(signature)
      if (read === undefined) note(CHAT.thoughtFields)
      else details.push(...read)
    }
  }
  const fields: Record<string, unknown> = {}
  for (const [field, texts] of byField) fields[field] = texts.join('\n')
  if (details.length > 0) fields['reasoning_details'] = details
  return fields
}

function encodeCall(call: ToolCall): JsonObject {
  const { arguments: spelling, type, ...own } = ownFields(call)
  const { id } = call
  if (type === 'custom' && typeof call.arguments['input'] === 'string')
    return { id, type, custom: { name: call.name, input: call.arguments['input'] }, ...own }
  return {
    id,
    type: 'function',
    function: { name: call.name, arguments: spelledAs(call, textOf(spelling)) ?? JSON.stringify(call.arguments) },
    ...own,
  }
}

/** The model's own text of the arguments, unless somebody has changed them since. */
function spelledAs(call: ToolCall, spelling: string | undefined): string | undefined {
  if (spelling === undefined) return undefined
  if (call.argumentsError !== undefined) return spelling
  const value = parseJson(spelling)
  return isObject(value) && JSON.stringify(value) === JSON.stringify(call.arguments) ? spelling : undefined
}
