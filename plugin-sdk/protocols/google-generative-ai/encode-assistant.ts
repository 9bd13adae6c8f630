import type { AssistantContent, AssistantMessage, ProviderMetadata } from '../../messages.ts'
import type { CallIds } from './call-ids.ts'
import { encodeOpaque, encodeText, extrasOf } from './encode-part.ts'
import { contentOf } from './hand-off.ts'
import { merge, type JsonObject } from './json.ts'
import { FOREIGN_CALL_SIGNATURE, isBase64 } from './signature.ts'
import { isOwn, type Target } from './target.ts'

/** The parts of a model's turn. */
export function encodeAssistant(message: AssistantMessage, ids: CallIds, target: Target): JsonObject[] {
  const own = isOwn(message, target)
  const parts = contentOf(message).flatMap((part) => encodePart(part, own, ids, target))
  return target.compat.requiresToolCallSignature ? signFirstCall(parts) : parts
}

function encodePart(part: AssistantContent, own: boolean, ids: CallIds, target: Target): JsonObject[] {
  const signed = (value: string | undefined): JsonObject =>
    own && value !== undefined && isBase64(value) ? { thoughtSignature: value } : {}
  const withExtras = (metadata: ProviderMetadata | undefined, fields: JsonObject): JsonObject[] => [
    own ? merge(extrasOf(metadata), fields) : fields,
  ]
  switch (part.type) {
    case 'text': {
      const signature = signed(part.textSignature)
      // An empty part that carries a signature must go back: without it the model may end in the middle of its task.
      if (part.text === '' && !('thoughtSignature' in signature)) return []
      return withExtras(part.providerMetadata, { ...encodeText(part.text), ...signature })
    }
    case 'thinking': {
      const signature = signed(part.thinkingSignature)
      if (!own || (part.thinking === '' && !('thoughtSignature' in signature))) return []
      return withExtras(part.providerMetadata, { ...encodeText(part.thinking), thought: true, ...signature })
    }
    case 'toolCall': {
      const id = ids.call(part.id, part.name)
      const functionCall = { ...(target.compat.toolCallIds ? { id } : {}), name: part.name, args: part.arguments }
      return withExtras(part.providerMetadata, { functionCall, ...signed(part.thoughtSignature) })
    }
    case 'opaque': {
      const { thoughtSignature, ...value } = part.value
      return encodeOpaque(own || thoughtSignature === undefined ? part : { ...part, value }, target)
    }
  }
}

/** Parallel calls after the first are unsigned in the provider's own answers too. */
function signFirstCall(parts: JsonObject[]): JsonObject[] {
  const index = parts.findIndex((part) => 'functionCall' in part)
  const call = parts[index]
  if (call === undefined || 'thoughtSignature' in call) return parts
  return parts.with(index, { ...call, thoughtSignature: FOREIGN_CALL_SIGNATURE })
}
