import type { AssistantMessage, LlmError, StopReason } from '@plugboard/sdk'
import type { Call } from './call.ts'

export interface AnswerEnd {
  readonly stopReason: StopReason
  readonly error?: LlmError
  readonly timestamp: number
}

/** The message a call has told so far, with everything known about where it came from and what it cost. */
export function answerOf({ message, facts }: Call, { stopReason, error, timestamp }: AnswerEnd): AssistantMessage {
  const { start, finish } = message
  const { target, usage, cost, latencyMs } = facts
  const warnings = [...(start?.warnings ?? []), ...(facts.warnings ?? [])]
  return {
    role: 'assistant',
    content: message.content,
    ...(target === undefined ? {} : { api: target.api, provider: target.provider, model: target.id }),
    ...(start?.responseModel === undefined ? {} : { responseModel: start.responseModel }),
    ...(start?.responseId === undefined ? {} : { responseId: start.responseId }),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(usage === undefined ? {} : { usage }),
    ...(cost === undefined ? {} : { cost }),
    stopReason,
    ...(finish?.rawReason === undefined ? {} : { rawStopReason: finish.rawReason }),
    ...(error === undefined ? {} : { error }),
    timestamp,
    ...(latencyMs === undefined ? {} : { durationMs: Math.round(latencyMs) }),
  }
}
