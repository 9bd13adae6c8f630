import type { FinishEvent } from '../../events.ts'
import { isObject, textOf, type JsonObject } from './json.ts'

export type Outcome =
  | Pick<FinishEvent, 'reason' | 'rawReason'>
  /** The answer failed; the object says why in the provider's words. */
  | { readonly failed: JsonObject }
  /** It goes on without us: a later request must ask for it. */
  | { readonly pending: string }

/** How an answer ended. `status` is what the event says when the answer itself does not. */
export function outcomeOf(
  response: JsonObject,
  status: string,
  { calledTool, refused }: { readonly calledTool: boolean; readonly refused: boolean },
): Outcome {
  const { error, incomplete_details: details } = response
  if (isObject(error)) return { failed: { error } }
  switch (textOf(response['status']) ?? status) {
    case 'completed':
    case 'complete':
      if (refused) return { reason: 'contentFilter', rawReason: 'refusal' }
      return { reason: calledTool ? 'toolUse' : 'stop', rawReason: 'completed' }
    case 'incomplete': {
      const rawReason = (isObject(details) ? textOf(details['reason']) : undefined) ?? 'incomplete'
      if (rawReason === 'max_output_tokens') return { reason: 'length', rawReason }
      if (rawReason === 'content_filter') return { reason: 'contentFilter', rawReason }
      return { failed: { error: { message: `The answer is incomplete: ${rawReason}.`, code: rawReason } } }
    }
    case 'queued':
    case 'in_progress':
      return { pending: textOf(response['status']) ?? status }
    default: {
      const word = textOf(response['status']) ?? status
      return { failed: { error: { message: `The answer ended with the status "${word}".`, code: word } } }
    }
  }
}
