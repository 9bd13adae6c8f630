import type { Context, ToolResultMessage, UserMessage } from '../../messages.ts'
import { encodeAssistant } from './encode-assistant.ts'
import { encodeParts, isItem, onlyText } from './encode-content.ts'
import { extrasOf } from './extras.ts'
import { splitCallId } from './ids.ts'
import type { JsonObject } from './json.ts'
import type { Target } from './target.ts'

export interface EncodedInput {
  readonly instructions: string | undefined
  readonly input: readonly JsonObject[]
}

/** A conversation after its hand-off as input items. */
export function encodeInput({ systemPrompt, messages }: Context, target: Target): EncodedInput {
  const { compat, model } = target
  const role = model.reasoning && compat.supportsDeveloperRole ? 'developer' : 'system'
  const instruct = (content: string): JsonObject => ({ type: 'message', role, content })
  const prompt = systemPrompt === '' ? undefined : systemPrompt
  const items = messages.flatMap((message): readonly JsonObject[] => {
    switch (message.role) {
      case 'system':
        return [instruct(message.content)]
      case 'user':
        return encodeUser(message)
      case 'assistant':
        return encodeAssistant(message, target)
      case 'toolResult':
        return [encodeResult(message)]
    }
  })
  if (prompt === undefined || compat.supportsInstructions) return { instructions: prompt, input: items }
  return { instructions: undefined, input: [instruct(prompt), ...items] }
}

function encodeResult({ toolCallId, content, providerMetadata }: ToolResultMessage): JsonObject {
  const parts = encodeParts(content)
  const isText = parts.every((part) => part['type'] === 'input_text' && Object.keys(part).length === 2)
  return {
    type: 'function_call_output',
    call_id: splitCallId(toolCallId).callId,
    output: isText ? parts.map((part) => part['text']).join('\n') : parts,
    ...extrasOf(providerMetadata),
  }
}

/** Items of a client that stand between its parts split the message around them. */
function encodeUser({ content }: UserMessage): JsonObject[] {
  if (typeof content === 'string') return [userItem(content)]
  const items: JsonObject[] = []
  let rest = [...content]
  while (rest.length > 0) {
    const at = rest.findIndex(isItem)
    const parts = encodeParts(at === -1 ? rest : rest.slice(0, at))
    if (parts.length > 0) items.push(userItem(onlyText(parts) ?? parts))
    const item = rest[at]
    if (item?.type === 'opaque') items.push(item.value)
    rest = at === -1 ? [] : rest.slice(at + 1)
  }
  return items
}

const userItem = (content: unknown): JsonObject => ({ type: 'message', role: 'user', content })
