import type { AssistantMessage, StopReason, Usage, Warning } from '@plugboard/sdk'
import type { HostAnswer } from './host.ts'
import { answerMetadata, partMetadata } from './metadata.ts'
import type {
  CallWarning,
  Content,
  FinishReason,
  GenerateResult,
  ResponseMetadata,
  StreamPart,
  TokenUsage,
} from './specification.ts'

const REASONS: Readonly<Record<StopReason, FinishReason['unified']>> = {
  stop: 'stop',
  length: 'length',
  toolUse: 'tool-calls',
  contentFilter: 'content-filter',
  error: 'error',
  aborted: 'other',
}

/** A whole answer. */
export function writeAnswer(
  message: AssistantMessage,
  answer: HostAnswer,
  own: readonly CallWarning[],
): GenerateResult {
  return {
    content: message.content.flatMap((part): Content[] => {
      if (part.type === 'opaque') return []
      const providerMetadata = partMetadata(part, answer.model)
      if (part.type === 'text') return [{ type: 'text', text: part.text, providerMetadata }]
      if (part.type === 'thinking') return [{ type: 'reasoning', text: part.thinking, providerMetadata }]
      // Text that is no JSON, where there were no readable arguments: nobody must run the tool with none.
      const input = part.argumentsError ?? JSON.stringify(part.arguments)
      return [{ type: 'tool-call', toolCallId: part.id, toolName: part.name, input, providerMetadata }]
    }),
    ...endOf(message, answer),
    response: responseOf(message, answer),
    warnings: [...own, ...(message.warnings ?? []).map(writeWarning)],
  }
}

export const writeFinish = (message: AssistantMessage, answer: HostAnswer): StreamPart => ({
  type: 'finish',
  ...endOf(message, answer),
})

const endOf = ({ stopReason = 'error', rawStopReason, usage, ...message }: AssistantMessage, { id }: HostAnswer) => ({
  finishReason: { unified: REASONS[stopReason], raw: rawStopReason },
  usage: writeUsage(usage),
  providerMetadata: answerMetadata(id, { ...message, ...(usage === undefined ? {} : { usage }) }),
})

export const responseOf = (
  { responseId, responseModel }: Pick<AssistantMessage, 'responseId' | 'responseModel'>,
  { id, model }: HostAnswer,
): ResponseMetadata => ({
  id: responseId ?? id,
  modelId: responseModel ?? model?.id ?? '',
  timestamp: new Date(),
})

function writeUsage(usage: Usage | undefined): TokenUsage {
  if (usage === undefined)
    return {
      inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: undefined, text: undefined, reasoning: undefined },
    }
  const { input, output, cacheRead, cacheWrite, reasoning } = usage
  return {
    inputTokens: { total: input + cacheRead + cacheWrite, noCache: input, cacheRead, cacheWrite },
    outputTokens: { total: output, text: reasoning === undefined ? undefined : output - reasoning, reasoning },
  }
}

export const writeWarning = ({ type, feature, message }: Warning): CallWarning =>
  type === 'other' || feature === undefined ? { type: 'other', message } : { type, feature, details: message }
