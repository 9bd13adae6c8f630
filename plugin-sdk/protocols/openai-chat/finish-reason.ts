import type { ErrorClass } from '../../errors.ts'
import type { FinishEvent } from '../../events.ts'
import type { StopReason } from '../../messages.ts'

type Reason = FinishEvent['reason']

const REASONS: Readonly<Record<string, Reason>> = {
  stop: 'stop',
  end: 'stop',
  eos: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  tool_calls: 'toolUse',
  tool_use: 'toolUse',
  function_call: 'toolUse',
  content_filter: 'contentFilter',
  sensitive: 'contentFilter',
  safety: 'contentFilter',
  refusal: 'contentFilter',
}

/** Reasons that say the answer failed, though it came with status 200. */
const FAILURES: Readonly<Record<string, ErrorClass>> = {
  error: 'server',
  abort: 'server',
  network_error: 'network',
  insufficient_system_resource: 'overloaded',
  model_context_window_exceeded: 'context_overflow',
}

/** A host that calls a tool and says `stop` (a named tool choice, Ollama, Gemini) means the call. */
export function readFinishReason(raw: string | undefined, calledTool: boolean, refused: boolean): Reason {
  const reason = raw === undefined ? 'stop' : (REASONS[raw.toLowerCase()] ?? 'stop')
  if (reason !== 'stop') return reason
  return calledTool ? 'toolUse' : refused ? 'contentFilter' : 'stop'
}

export const failureOf = (raw: string | undefined): ErrorClass | undefined =>
  raw === undefined ? undefined : FAILURES[raw.toLowerCase()]

const WORDS: Readonly<Record<StopReason, string>> = {
  stop: 'stop',
  length: 'length',
  toolUse: 'tool_calls',
  contentFilter: 'content_filter',
  // Never the end of a good answer; should one get here, it must not read as complete.
  error: 'length',
  aborted: 'length',
}

export const writeFinishReason = (reason: StopReason): string => WORDS[reason]
