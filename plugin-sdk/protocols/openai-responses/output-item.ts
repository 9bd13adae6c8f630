import type { ThinkingContent, ToolCall } from '../../messages.ts'
import { ownItemId, splitCallId } from './ids.ts'
import type { JsonObject } from './json.ts'
import { sealThought } from './signature.ts'

type Status = 'in_progress' | 'completed' | 'incomplete'

/** `extras`: what only this protocol knows of it, for example the sources it names. */
export const textPart = (text: string, extras: JsonObject = {}): JsonObject => ({
  type: 'output_text',
  text,
  annotations: [],
  logprobs: [],
  ...extras,
})

export const messageItem = (id: string, status: Status, content: readonly JsonObject[]): JsonObject => ({
  id,
  type: 'message',
  status,
  role: 'assistant',
  content,
})

/** The call's id becomes `call_id`, and the item's too where the id names one: together they give the same id back. */
export function callItem(
  call: Pick<ToolCall, 'id' | 'name'>,
  own: { readonly response: string; readonly index: number },
  status: Status,
  args: string,
): JsonObject {
  const { callId, itemId } = splitCallId(call.id)
  return {
    id: itemId ?? ownItemId('fc', own.response, own.index),
    type: 'function_call',
    status,
    arguments: args,
    call_id: callId,
    name: call.name,
  }
}

export const summaryPart = (text: string): JsonObject => ({ type: 'summary_text', text })

/** `api`: the protocol of the provider that thought; a signature means something only to that one. */
export function reasoningItem(
  id: string,
  thought: Pick<ThinkingContent, 'thinking' | 'thinkingSignature' | 'redacted'>,
  api: string | undefined,
): JsonObject {
  const { thinking, thinkingSignature: signature, redacted = false } = thought
  return {
    id,
    type: 'reasoning',
    summary: thinking === '' ? [] : [summaryPart(thinking)],
    ...(signature === undefined || api === undefined
      ? {}
      : { encrypted_content: sealThought({ api, signature, redacted }) }),
  }
}
