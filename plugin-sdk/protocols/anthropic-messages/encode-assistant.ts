import type { AssistantMessage, ThinkingContent } from '../../messages.ts'
import type { Model } from '../../provider.ts'
import { extrasOf } from './extras.ts'
import { contentOf } from './hand-off.ts'
import type { JsonObject } from './json.ts'
import { ANTHROPIC } from './name.ts'
import type { Target } from './target.ts'
import type { ToolIds } from './tool-ids.ts'

export function encodeAssistant(message: AssistantMessage, ids: ToolIds, target: Target): JsonObject[] {
  const ours = isFromHost(message, target.model)
  const extras = (part: Parameters<typeof extrasOf>[0]): JsonObject => (ours ? extrasOf(part) : {})
  return contentOf(message).flatMap((part): JsonObject[] => {
    switch (part.type) {
      case 'text':
        return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text, ...extras(part.providerMetadata) }]
      case 'thinking':
        return encodeThought(part, message, target)
      case 'toolCall':
        return [
          {
            type: 'tool_use',
            id: ids.call(part.id),
            name: part.name,
            input: part.arguments,
            ...extras(part.providerMetadata),
          },
        ]
      case 'opaque':
        return part.protocol === ANTHROPIC && isSameOrUnknown(message.provider, target.model.provider)
          ? [part.value]
          : []
    }
  })
}

/** Thoughts go back only to the model that signed them: another one refuses the signature, or takes them for its reply. */
function encodeThought(part: ThinkingContent, message: AssistantMessage, { model, compat }: Target): JsonObject[] {
  if (!isFromHost(message, model) || !isSameOrUnknown(message.model, model.id)) return []
  const signature = part.thinkingSignature
  const extras = extrasOf(part.providerMetadata)
  if (part.redacted === true) return signature ? [{ type: 'redacted_thinking', data: signature, ...extras }] : []
  // Models that do not tell their thoughts still sign them.
  if (signature) return [{ type: 'thinking', thinking: part.thinking, signature, ...extras }]
  if (part.thinking.trim() === '') return []
  if (compat.allowEmptySignature) return [{ type: 'thinking', thinking: part.thinking, signature: '', ...extras }]
  // The model's own thought, cut before it was signed, is worth keeping as what it said.
  return message.model === model.id && message.provider === model.provider
    ? [{ type: 'text', text: part.thinking }]
    : []
}

const isFromHost = (message: AssistantMessage, model: Model): boolean =>
  message.api === ANTHROPIC && isSameOrUnknown(message.provider, model.provider)

/** A client of this protocol sends its history without names. */
const isSameOrUnknown = (name: string | undefined, expected: string): boolean => name === undefined || name === expected
