import type { AssistantMessage, ThinkingContent } from '../../messages.ts'
import { extrasOf } from './extras.ts'
import { MESSAGES } from './hand-off.ts'
import type { JsonObject } from './json.ts'
import type { Target } from './target.ts'

/** An answer after its hand-off: thoughts in it are the model's own. */
export function encodeAssistant(message: AssistantMessage, target: Target): JsonObject[] {
  return message.content.flatMap((part): JsonObject[] => {
    switch (part.type) {
      case 'text':
        return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text, ...extrasOf(part.providerMetadata) }]
      case 'thinking':
        return encodeThought(part, message, target)
      case 'toolCall': {
        const { id, name, arguments: input } = part
        return [{ type: 'tool_use', id, name, input, ...extrasOf(part.providerMetadata) }]
      }
      case 'opaque':
        return [part.value]
    }
  })
}

function encodeThought(part: ThinkingContent, message: AssistantMessage, target: Target): JsonObject[] {
  const { thinking, thinkingSignature: signature } = part
  const { model, compat, note } = target
  const extras = extrasOf(part.providerMetadata)
  if (signature && part.redacted === true) return [{ type: 'redacted_thinking', data: signature, ...extras }]
  // Models that do not tell their thoughts still sign them.
  if (signature) return [{ type: 'thinking', thinking, signature, ...extras }]
  note(MESSAGES.unsignedThought)
  if (part.redacted === true) return []
  if (compat.allowEmptySignature) return [{ type: 'thinking', thinking, signature: '', ...extras }]
  // The model's own thought, cut before it was signed, is worth keeping as what it said.
  return message.model === model.id && message.provider === model.provider ? [{ type: 'text', text: thinking }] : []
}
