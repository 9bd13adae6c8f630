import type { AssistantContent } from '../../messages.ts'
import type { Answer, AnswerExtras } from '../protocol.ts'
import { extrasOf } from './extras.ts'
import type { JsonObject } from './json.ts'
import { ANTHROPIC } from './name.ts'
import { wrapSignature } from './signature.ts'
import { writeStopReason } from './stop-reason.ts'
import { writeMessageUsage } from './usage.ts'

/** A `Message` object. One that a provider of this protocol wrote is passed on as it came. */
export function writeAnswer(answer: Answer, extras: AnswerExtras): string {
  const [whole] = answer.wire?.protocol === ANTHROPIC ? (answer.wire.tail ?? []) : []
  if (whole?.['type'] === 'message') return JSON.stringify({ ...whole, ...extras })

  const { message } = answer
  const { stopReason } = message
  const reason = stopReason === undefined || stopReason === 'error' || stopReason === 'aborted' ? 'stop' : stopReason
  return JSON.stringify({
    ...emptyMessage(message.responseId ?? answer.id, answer.model),
    content: message.content.flatMap((part) => writePart(part, message.api)),
    stop_reason: writeStopReason(reason, message.rawStopReason),
    usage: writeMessageUsage(message.usage),
    ...extras,
  })
}

/** All fields of a `Message` that has not been written yet. */
export const emptyMessage = (id: string, model: string): JsonObject => ({
  id,
  type: 'message',
  role: 'assistant',
  model,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  stop_details: null,
  container: null,
  usage: writeMessageUsage(undefined),
})

function writePart(part: AssistantContent, api: string | undefined): JsonObject[] {
  switch (part.type) {
    case 'text':
      return part.text === ''
        ? []
        : [{ type: 'text', text: part.text, citations: null, ...extrasOf(part.providerMetadata) }]
    case 'thinking': {
      const signature = api === ANTHROPIC ? (part.thinkingSignature ?? '') : wrapSignature(part.thinkingSignature, api)
      return part.redacted === true
        ? [{ type: 'redacted_thinking', data: signature }]
        : [{ type: 'thinking', thinking: part.thinking, signature }]
    }
    case 'toolCall':
      return [
        {
          type: 'tool_use',
          id: part.id,
          name: part.name,
          input: part.arguments,
          caller: { type: 'direct' },
          ...extrasOf(part.providerMetadata),
        },
      ]
    case 'opaque':
      return part.protocol === ANTHROPIC ? [part.value] : []
  }
}
