import { isOwn } from '../../hand-off/index.ts'
import type { AssistantContent, AssistantMessage, OpaqueContent, ProviderMetadata } from '../../messages.ts'
import { encodeOpaque, encodeText, extrasOf } from './encode-part.ts'
import { GEMINI, handOffTarget } from './hand-off.ts'
import { merge, type JsonObject } from './json.ts'
import { FOREIGN_CALL_SIGNATURE, isBase64 } from './signature.ts'
import type { Target } from './target.ts'

/** The parts of a model's turn, after its hand-off: signatures and thoughts in it are the model's own. */
export function encodeAssistant(message: AssistantMessage, target: Target): JsonObject[] {
  const isMade = isOwn(message, handOffTarget(target))
  const parts = message.content.flatMap((part) =>
    part.type === 'opaque' ? encodeOpaque(isMade ? part : unsigned(part)) : encodePart(part, target),
  )
  return target.compat.requiresToolCallSignature ? signFirstCall(parts) : parts
}

/** A signature that another model made is refused, also on a part that has no unified form. */
function unsigned(part: OpaqueContent): OpaqueContent {
  const { thoughtSignature: _signature, ...value } = part.value
  return { ...part, value }
}

function encodePart(part: Exclude<AssistantContent, OpaqueContent>, { compat, note }: Target): JsonObject[] {
  const signed = (value: string | undefined): JsonObject => {
    if (value !== undefined && isBase64(value)) return { thoughtSignature: value }
    if (value !== undefined) note(GEMINI.signatures)
    return {}
  }
  const withExtras = (metadata: ProviderMetadata | undefined, fields: JsonObject): JsonObject[] => [
    merge(extrasOf(metadata), fields),
  ]
  switch (part.type) {
    case 'text':
    case 'thinking': {
      const text = part.type === 'text' ? part.text : part.thinking
      const signature = signed(part.type === 'text' ? part.textSignature : part.thinkingSignature)
      // An empty part that carries a signature must go back: without it the model may end in the middle of its task.
      if (text === '' && !('thoughtSignature' in signature)) return []
      const thought = part.type === 'thinking' ? { thought: true } : {}
      return withExtras(part.providerMetadata, { ...encodeText(text), ...thought, ...signature })
    }
    case 'toolCall': {
      const functionCall = { ...(compat.toolCallIds ? { id: part.id } : {}), name: part.name, args: part.arguments }
      return withExtras(part.providerMetadata, { functionCall, ...signed(part.thoughtSignature) })
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
