import type { WireFrames } from '../../events.ts'
import type { AssistantContent, AssistantMessage } from '../../messages.ts'
import type { Answer, AnswerExtras } from '../protocol.ts'
import { extrasOf } from './extras.ts'
import { ownItemId, responseId } from './ids.ts'
import { isObject, type JsonObject } from './json.ts'
import { OPENAI_RESPONSES } from './name.ts'
import { callItem, messageItem, reasoningItem, textPart } from './output-item.ts'
import { endedFields, responseObject } from './response-object.ts'

export function writeAnswer(answer: Answer, extras: AnswerExtras): string {
  const { message, created, model } = answer
  const asItCame = responseIn(answer.wire, message)
  if (asItCame !== undefined) return JSON.stringify({ ...asItCame, ...extras })
  const id = responseId(message.responseId ?? answer.id)
  const output = message.content.flatMap((part, index) => writePart(part, { response: id, index }, message.api))
  const { stopReason = 'stop' } = message
  const reason = stopReason === 'error' || stopReason === 'aborted' ? 'stop' : stopReason
  return JSON.stringify({
    ...responseObject({ id, created, model }, endedFields(reason, message.usage, output)),
    ...extras,
  })
}

/** The provider's own response, whether it came in one piece or closed a stream. */
function responseIn(wire: WireFrames | undefined, { content }: AssistantMessage): JsonObject | undefined {
  const last = wire?.protocol === OPENAI_RESPONSES ? wire.tail?.at(-1) : undefined
  const response = isObject(last?.['response']) ? last['response'] : last
  // Some hosts end a stream with a response that leaves out what the stream has told.
  const isWhole = Array.isArray(response?.['output']) && (response['output'].length > 0 || content.length === 0)
  return isWhole ? response : undefined
}

function writePart(
  part: AssistantContent,
  own: { readonly response: string; readonly index: number },
  api: string | undefined,
): JsonObject[] {
  const { response, index } = own
  switch (part.type) {
    case 'text':
      return [
        messageItem(ownItemId('msg', response, index), 'completed', [
          textPart(part.text, extrasOf(part.providerMetadata)),
        ]),
      ]
    case 'thinking':
      return [reasoningItem(ownItemId('rs', response, index), part, api)]
    case 'toolCall':
      return [callItem(part, own, 'completed', JSON.stringify(part.arguments))]
    case 'opaque':
      return part.protocol === OPENAI_RESPONSES ? [part.value] : []
  }
}
