import type { FinishEvent } from '../../events.ts'
import type { Usage } from '../../messages.ts'
import type { JsonObject } from './json.ts'
import { writeUsage } from './usage.ts'

export interface ResponseHead {
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  readonly model: string
}

/**
 * A whole `response` object. The fields that repeat the request hold what says nothing about it: whoever asked knows, and a
 * client finds every field that the official schema requires.
 */
export const responseObject = (head: ResponseHead, fields: JsonObject): JsonObject => ({
  id: head.id,
  object: 'response',
  created_at: head.created,
  status: 'in_progress',
  background: false,
  error: null,
  incomplete_details: null,
  instructions: null,
  max_output_tokens: null,
  metadata: {},
  model: head.model,
  output: [],
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  store: false,
  temperature: null,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: null,
  truncation: 'disabled',
  ...fields,
})

const INCOMPLETE: Partial<Readonly<Record<FinishEvent['reason'], string>>> = {
  length: 'max_output_tokens',
  contentFilter: 'content_filter',
}

/** The fields of a response that has ended. */
export function endedFields(
  reason: FinishEvent['reason'],
  usage: Usage | undefined,
  output: readonly JsonObject[],
): JsonObject {
  const incomplete = INCOMPLETE[reason]
  return {
    status: incomplete === undefined ? 'completed' : 'incomplete',
    ...(incomplete === undefined ? {} : { incomplete_details: { reason: incomplete } }),
    output,
    ...(usage === undefined ? {} : { usage: writeUsage(usage) }),
  }
}
