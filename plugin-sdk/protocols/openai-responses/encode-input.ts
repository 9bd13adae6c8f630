import type { AssistantMessage, Context, Message, ToolCall, ToolResultMessage, UserMessage } from '../../messages.ts'
import { encodeAssistant } from './encode-assistant.ts'
import { encodeOpaque, encodeParts, isItem, onlyText } from './encode-content.ts'
import { extrasOf } from './extras.ts'
import { CallIds, splitCallId } from './ids.ts'
import type { JsonObject } from './json.ts'
import type { Target } from './target.ts'

export interface EncodedInput {
  readonly instructions: string | undefined
  readonly input: readonly JsonObject[]
}

/**
 * A conversation, perhaps begun with another provider, as input items. Results follow their calls at once. Failed and
 * aborted answers are left out together with the results of their calls: half a call makes the provider refuse everything.
 */
export function encodeInput(context: Context, target: Target): EncodedInput {
  const { compat, model, stored, warn } = target
  const role = model.reasoning && compat.supportsDeveloperRole ? 'developer' : 'system'
  const instruct = (content: string): JsonObject => ({ type: 'message', role, content: content.toWellFormed() })
  const { texts, moved } = instructionsOf(context, target)
  const prompt = texts.length === 0 ? undefined : texts.join('\n\n').toWellFormed()
  const input: JsonObject[] = prompt === undefined || compat.supportsInstructions ? [] : [instruct(prompt)]

  const ids = new CallIds()
  const results = resultsByCall(context.messages)
  for (const message of context.messages) {
    switch (message.role) {
      case 'system':
        if (!moved) input.push(instruct(message.content))
        break
      case 'user':
        input.push(...encodeUser(message, target))
        break
      case 'assistant':
        if (!isBroken(message)) addAnswer(input, message)
        break
      case 'toolResult':
        // Results of calls in this request stand behind their calls already.
        if (!results.orphans.has(message)) break
        if (stored || results.itemCalls.has(message.toolCallId))
          input.push(outputItem(message, splitCallId(message.toolCallId).callId))
        else
          warn({
            type: 'other',
            feature: 'tool-result',
            message: `The result of "${message.toolCallId}" was left out: the conversation has no such call.`,
          })
    }
  }
  return { instructions: compat.supportsInstructions ? prompt : undefined, input }

  function addAnswer(items: JsonObject[], message: AssistantMessage): void {
    const answer = encodeAssistant({ ...message, content: message.content ?? [] }, ids, target)
    items.push(...answer.items)
    for (const { call, callId } of answer.calls) {
      const result = results.of.get(call)
      if (result !== undefined) items.push(outputItem(result, callId))
      else {
        warn({
          type: 'other',
          feature: 'tool-result',
          message: `The call of "${call.name}" had no result; one that says so was added.`,
        })
        items.push({ type: 'function_call_output', call_id: callId, output: 'No result was provided.' })
      }
    }
  }

  function outputItem(message: ToolResultMessage, callId: string): JsonObject {
    const parts = encodeParts(message.content ?? [], target)
    const isText = parts.every((part) => part['type'] === 'input_text' && Object.keys(part).length === 2)
    return {
      type: 'function_call_output',
      call_id: callId,
      output: isText ? parts.map((part) => part['text']).join('\n') : parts,
      ...extrasOf(message.providerMetadata),
    }
  }
}

/** The first instruction, with the later ones behind it where the model does not take them inside the conversation. */
function instructionsOf({ systemPrompt, messages }: Context, { compat, warn }: Target) {
  const later = messages.flatMap((message) => (message.role === 'system' ? [message.content] : []))
  const moved = later.length > 0 && !compat.supportsMidConvoSystemMessages
  if (moved)
    warn({
      type: 'compatibility',
      feature: 'system-message',
      message: 'Instructions inside the conversation were moved to its start.',
    })
  return { texts: [systemPrompt ?? '', ...(moved ? later : [])].filter((text) => text !== ''), moved }
}

/** Items of a client that stand between its parts split the message around them. */
function encodeUser({ content }: UserMessage, target: Target): JsonObject[] {
  if (typeof content === 'string') return [userItem(content.toWellFormed())]
  const items: JsonObject[] = []
  let rest = [...(content ?? [])]
  while (rest.length > 0) {
    const at = rest.findIndex(isItem)
    const parts = encodeParts(at === -1 ? rest : rest.slice(0, at), target)
    if (parts.length > 0) items.push(userItem(onlyText(parts) ?? parts))
    const item = rest[at]
    if (item?.type === 'opaque') items.push(...encodeOpaque(item, target))
    rest = at === -1 ? [] : rest.slice(at + 1)
  }
  return items
}

const userItem = (content: unknown): JsonObject => ({ type: 'message', role: 'user', content })

const isBroken = ({ stopReason }: AssistantMessage): boolean => stopReason === 'error' || stopReason === 'aborted'

/** A result belongs to the latest call of its id before it: some hosts count ids from zero in every answer. */
function resultsByCall(messages: readonly Message[]) {
  const latest = new Map<string, { call: ToolCall; broken: boolean }>()
  const of = new Map<ToolCall, ToolResultMessage>()
  const orphans = new Set<ToolResultMessage>()
  /** Calls of other kinds, which are items that only this protocol knows. */
  const itemCalls = new Set<unknown>()
  for (const message of messages) {
    if (message.role === 'assistant') {
      const broken = isBroken(message)
      for (const part of message.content ?? [])
        if (part.type === 'toolCall') latest.set(part.id, { call: part, broken })
        else if (part.type === 'opaque') itemCalls.add(part.value['call_id'])
    } else if (message.role === 'toolResult') {
      const owner = latest.get(message.toolCallId)
      if (owner === undefined) orphans.add(message)
      else if (!owner.broken && !of.has(owner.call)) of.set(owner.call, message)
    }
  }
  return { of, orphans, itemCalls }
}
