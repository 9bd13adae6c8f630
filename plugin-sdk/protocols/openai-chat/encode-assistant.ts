import type { AssistantContent, AssistantMessage, OpaqueContent, ToolCall } from '../../messages.ts'
import type { Model } from '../../provider.ts'
import type { OpenAIChatCompat } from './compat.ts'
import { foreignPart } from './encode-parts.ts'
import { isOwnAnswer } from './hand-off.ts'
import { isObject, parseJson, textOf, wellFormed, type JsonObject } from './json.ts'
import { hasOwnFields, messageFields, ownFields } from './metadata.ts'
import { OPENAI_CHAT } from './name.ts'
import { readDetails } from './reasoning-details.ts'
import { REASONING_FIELDS, THINKING_PARTS } from './reasoning-fields.ts'
import type { Warn } from './warnings.ts'

export interface AssistantEncoding {
  readonly model: Model
  readonly compat: OpenAIChatCompat
  /** Whether the model may reason. */
  readonly thinks: boolean
  readonly idOf: (id: string) => string
  readonly warn: Warn
}

/** An earlier answer, or undefined when nothing of it is left to tell. */
export function encodeAssistant(answer: AssistantMessage, encoding: AssistantEncoding): JsonObject | undefined {
  const { model, compat, thinks, idOf } = encoding
  const message = isOwnAnswer(answer, model) ? answer : asForeign(answer, encoding.warn)
  const calls = message.content.filter((part) => part.type === 'toolCall').map((call) => encodeCall(call, idOf))
  const content = encodeContent(message.content, encoding)
  const own = Object.assign({}, ...message.content.map(besideParts), ownFields(message)) as JsonObject
  if (content === undefined && calls.length === 0 && Object.keys(own).length === 0) return undefined

  const thoughts = compat.requiresThinkingAsText ? {} : encodeThoughts(message.content)
  const needsEmpty = compat.requiresNonNullAssistantContent || compat.requiresAssistantAfterToolResult
  return {
    role: 'assistant',
    content: content ?? (needsEmpty ? '' : null),
    ...(thinks && compat.requiresReasoningContentOnAssistantMessages ? { reasoning_content: '' } : {}),
    ...thoughts,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...own,
  }
}

/** What any model understands: texts and calls. A thought of another model would read as part of its answer. */
const asForeign = ({ role, content }: AssistantMessage, warn: Warn): AssistantMessage => ({
  role,
  content: content.flatMap((part): AssistantContent[] => {
    if (part.type === 'text') return [{ type: 'text', text: part.text }]
    if (part.type === 'opaque') warn(foreignPart(part.protocol))
    if (part.type !== 'toolCall') return []
    const { type, id, name, arguments: args } = part
    return [{ type, id, name, arguments: args }]
  }),
})

/**
 * One text wherever possible: given a list of parts, some models answer in the same form. Parts only where something would
 * be lost without them.
 */
function encodeContent(
  content: readonly AssistantContent[],
  { compat, warn }: AssistantEncoding,
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
      const text = wellFormed(part.text)
      texts.push(text)
      parts.push({ type: 'text', text, ...ownFields(part) })
    } else if (part.type === 'thinking' && part.thinking !== '') {
      const text = wellFormed(part.thinking)
      if (compat.requiresThinkingAsText) thoughts.push(text)
      else if (part.thinkingSignature === THINKING_PARTS)
        parts.push({ type: 'thinking', thinking: [{ type: 'text', text }] })
    } else if (part.type === 'opaque') {
      if (isOwnPart(part)) parts.push(part.value)
      else if (part.protocol !== OPENAI_CHAT) warn(foreignPart(part.protocol))
    }
  }
  if (needsParts) {
    for (const text of thoughts.toReversed()) parts.unshift({ type: 'text', text })
    return parts.length === 0 ? undefined : parts
  }
  const text = [...thoughts, texts.join('')].filter((piece) => piece !== '').join('\n\n')
  return text === '' ? undefined : text
}

const besideParts = (part: AssistantContent): JsonObject => (part.type === 'opaque' ? messageFields(part) : {})

const isOwnPart = ({ protocol, value }: OpaqueContent): boolean =>
  protocol === OPENAI_CHAT && value['type'] !== undefined

/** Each thought goes back in the field in which it came; thoughts from elsewhere have no place here. */
function encodeThoughts(content: readonly AssistantContent[]): Record<string, unknown> {
  const byField = new Map<string, string[]>()
  const details: JsonObject[] = []
  for (const part of content) {
    if (part.type !== 'thinking') continue
    const signature = part.thinkingSignature ?? ''
    if (REASONING_FIELDS.includes(signature))
      byField.set(signature, [...(byField.get(signature) ?? []), wellFormed(part.thinking)])
    else details.push(...(readDetails(signature) ?? []))
  }
  const fields: Record<string, unknown> = {}
  for (const [field, texts] of byField) fields[field] = texts.join('\n')
  if (details.length > 0) fields['reasoning_details'] = details
  return fields
}

function encodeCall(call: ToolCall, idOf: (id: string) => string): JsonObject {
  const { arguments: spelling, type, ...own } = ownFields(call)
  const id = idOf(call.id)
  if (type === 'custom' && typeof call.arguments['input'] === 'string')
    return { id, type, custom: { name: call.name, input: wellFormed(call.arguments['input']) }, ...own }
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
