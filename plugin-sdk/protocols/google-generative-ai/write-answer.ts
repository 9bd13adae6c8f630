import type { AssistantContent } from '../../messages.ts'
import type { Answer, AnswerExtras } from '../protocol.ts'
import { writeFinishReason } from './finish-reason.ts'
import type { JsonObject } from './json.ts'
import { GOOGLE } from './name.ts'
import { wrapSignature } from './signature.ts'
import { isSources } from './sources.ts'
import { writeUsage } from './usage.ts'

export function writeAnswer(answer: Answer, extras: AnswerExtras): string {
  const { message, wire } = answer
  const [object, ...more] = wire?.protocol === GOOGLE && wire.frames.length === 0 ? (wire.tail ?? []) : []
  if (object !== undefined && more.length === 0) return JSON.stringify({ ...object, ...extras })
  const { stopReason } = message
  const reason = stopReason === undefined || stopReason === 'error' || stopReason === 'aborted' ? 'stop' : stopReason
  const sources = message.content.filter((part) => part.type === 'opaque').find(isSources)
  return JSON.stringify({
    candidates: [
      {
        content: { parts: message.content.flatMap((part) => writePart(part, message.api)), role: 'model' },
        finishReason: writeFinishReason(reason, message.rawStopReason),
        index: 0,
        ...sources?.value,
      },
    ],
    ...(message.usage === undefined ? {} : { usageMetadata: writeUsage(message.usage) }),
    modelVersion: answer.model,
    responseId: message.responseId ?? answer.id,
    ...extras,
  })
}

function writePart(part: AssistantContent, api: string | undefined): JsonObject[] {
  const signature = (value: string | undefined): JsonObject =>
    value === undefined ? {} : { thoughtSignature: wrapSignature(value, api) }
  switch (part.type) {
    case 'text':
      return [{ text: part.text, ...signature(part.textSignature) }]
    case 'thinking':
      return [{ text: part.thinking, thought: true, ...signature(part.thinkingSignature) }]
    case 'toolCall': {
      const { id, name, arguments: args } = part
      return [{ functionCall: { id, name, args }, ...signature(part.thoughtSignature) }]
    }
    case 'opaque':
      return part.protocol === GOOGLE && !isSources(part) ? [part.value] : []
  }
}
