import { foreignParts, isOwn } from '../../hand-off/index.ts'
import type { AssistantMessage, TextContent, ThinkingContent, ToolCall } from '../../messages.ts'
import { writeArguments } from './call-extras.ts'
import { extrasOf } from './extras.ts'
import { RESPONSES, handOffTarget } from './hand-off.ts'
import { itemId, shortHash, splitCallId } from './ids.ts'
import { objectsOf, type JsonObject } from './json.ts'
import { readItemSignature, readTextSignature } from './signature.ts'
import type { Target } from './target.ts'

/** One answer of the assistant as items, in its own order, after its hand-off. */
export function encodeAssistant(message: AssistantMessage, target: Target): readonly JsonObject[] {
  const { content } = message
  // An item that was made next to a thought is refused by its id without that thought, so ids stay only if thoughts do.
  const isMade = isOwn(message, handOffTarget(target))
  const keepsIds =
    isMade && content.every((part) => part.type !== 'thinking' || thoughtItem(part, target) !== undefined)
  const items: JsonObject[] = []
  let unreadable = 0
  for (const part of content)
    switch (part.type) {
      case 'thinking': {
        const item = thoughtItem(part, target)
        if (item === undefined) unreadable++
        else items.push(item)
        break
      }
      case 'text':
        addText(items, part, keepsIds)
        break
      case 'toolCall':
        items.push(callItem(part, keepsIds))
        break
      case 'opaque':
        // Of another model it would be refused: the thought that led to it is not there.
        if (isMade) items.push(part.value)
        else target.note(foreignParts)
    }
  const kept = target.stored ? items : items.filter((item, index) => !isStranded(item, items.slice(index + 1)))
  target.note(RESPONSES.thoughts, unreadable + items.length - kept.length)
  return target.compat.supportsInterleavedToolCalls ? kept : callsLast(kept)
}

/** An encrypted thought is refused without what it led to, and the provider knows a message only by its id. */
function isStranded({ type, encrypted_content: encrypted }: JsonObject, following: readonly JsonObject[]): boolean {
  if (type !== 'reasoning' || typeof encrypted !== 'string') return false
  const next = following.find((item) => item['type'] !== 'reasoning')
  return next === undefined || (next['type'] === 'message' && next['id'] === undefined)
}

/** The item a thought came as, when the provider can still read it: encrypted, in the open, or stored there. */
function thoughtItem({ thinkingSignature }: ThinkingContent, { stored }: Target): JsonObject | undefined {
  const item = readItemSignature(thinkingSignature)
  if (item === undefined) return undefined
  const readable = typeof item['encrypted_content'] === 'string' || objectsOf(item['content']).length > 0
  // As input the provider knows no status on a thought.
  const { status: _status, ...rest } = item
  return readable || stored ? rest : undefined
}

function addText(items: JsonObject[], part: TextContent, keepsIds: boolean): void {
  const { id, phase, refusal } = keepsIds ? readTextSignature(part.textSignature) : {}
  const { text } = part
  const said = phase === undefined ? {} : { phase }
  if (id === undefined && refusal !== true) {
    if (text !== '') items.push({ type: 'message', role: 'assistant', content: text, ...said })
    return
  }
  const content =
    refusal === true
      ? { type: 'refusal', refusal: text }
      : { type: 'output_text', text, annotations: [], ...extrasOf(part.providerMetadata) }
  const messageId = id === undefined ? undefined : (itemId(id, 'msg_') ?? `msg_${shortHash(id, 32)}`)
  const last = items.at(-1)
  if (last?.['type'] === 'message' && messageId !== undefined && last['id'] === messageId) {
    items[items.length - 1] = { ...last, content: [...objectsOf(last['content']), content] }
    return
  }
  items.push({
    type: 'message',
    ...(messageId === undefined ? {} : { id: messageId }),
    role: 'assistant',
    status: 'completed',
    content: [content],
    ...said,
  })
}

function callItem(call: ToolCall, keepsIds: boolean): JsonObject {
  const { callId, itemId: itsItem } = splitCallId(call.id)
  const id = keepsIds ? itemId(itsItem, 'fc_') : undefined
  const { arguments: original, ...extras } = extrasOf(call.providerMetadata)
  return {
    type: 'function_call',
    ...(id === undefined ? {} : { id }),
    call_id: callId,
    name: call.name,
    arguments: writeArguments(call.arguments, original),
    ...extras,
  }
}

const callsLast = (items: readonly JsonObject[]): JsonObject[] => [
  ...items.filter((item) => item['type'] !== 'function_call'),
  ...items.filter((item) => item['type'] === 'function_call'),
]
