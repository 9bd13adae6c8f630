import type { AssistantMessage, LlmError, StopReason, Warning } from '@plugboard/sdk'
import type { Call } from './call.ts'

export interface AnswerEnd {
  readonly stopReason: StopReason
  readonly error?: LlmError
  readonly timestamp: number
}

/** What the caller should know about how it was answered: the provider's warnings, then ours. */
export function warningsOf({ message: { start }, facts }: Call): readonly Warning[] {
  const { warnings: theirs = NONE } = start ?? {}
  const { warnings: ours = NONE } = facts
  return ours.length === 0 ? theirs : [...theirs, ...ours]
}

const NONE: readonly Warning[] = []

/** The message a call has told so far, with everything known about where it came from and what it cost. */
export function answerOf(call: Call, { stopReason, error, timestamp }: AnswerEnd): AssistantMessage {
  const { message, facts } = call
  const { start, finish } = message
  const { target, usage, cost, latencyMs } = facts
  const warnings = warningsOf(call)
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
