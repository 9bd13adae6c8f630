import type { FinishEvent } from '../../events.ts'

type Reason = FinishEvent['reason']

const REASONS: Readonly<Record<string, Reason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  // The turn is not over, but this answer is: the caller sends it back to let the model go on.
  pause_turn: 'stop',
  compaction: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'toolUse',
  refusal: 'contentFilter',
  sensitive: 'contentFilter',
}

const WORDS: Readonly<Record<Reason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  toolUse: 'tool_use',
  contentFilter: 'refusal',
}

/** A host that gives no reason has still said that the answer is complete. */
export const readStopReason = (raw: string | undefined, calledTool: boolean): Reason =>
  raw === undefined ? (calledTool ? 'toolUse' : 'stop') : (REASONS[raw] ?? 'stop')

/** The provider's own word where clients of this protocol know it. */
export const writeStopReason = (reason: Reason, raw: string | undefined): string =>
  raw !== undefined && REASONS[raw] === reason ? raw : WORDS[reason]
