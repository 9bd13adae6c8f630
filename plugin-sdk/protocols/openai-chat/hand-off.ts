import type { AssistantMessage, Message, SystemMessage, ToolCall, ToolResultMessage } from '../../messages.ts'
import type { Model } from '../../provider.ts'
import { OPENAI_CHAT } from './name.ts'
import { compatibility, type Warn } from './warnings.ts'

/**
 * Puts a conversation into an order that hosts accept: right behind its calls come their results. A call without one gets a
 * result that says so; instructions in between wait. Failed and aborted answers are left out with what belongs to them,
 * because half a call is refused.
 */
export function inOrder(messages: readonly Message[], warn: Warn): readonly Message[] {
  const ordered: Message[] = []
  const open = new Map<string, ToolCall>()
  let waiting: SystemMessage[] = []
  let dropped: ReadonlySet<string> = new Set()
  const endTurn = (): void => {
    for (const call of open.values()) ordered.push(withoutResult(call))
    if (open.size > 0) warn(compatibility('tools', 'Calls without a result got one that says so.'))
    open.clear()
    ordered.push(...waiting)
    waiting = []
  }
  for (const message of messages)
    switch (message.role) {
      case 'assistant': {
        endTurn()
        const calls = message.content.filter((part) => part.type === 'toolCall')
        const failed = message.stopReason === 'error' || message.stopReason === 'aborted'
        dropped = new Set(failed ? calls.map(({ id }) => id) : [])
        if (failed) break
        ordered.push(message)
        for (const call of calls) open.set(call.id, call)
        break
      }
      case 'toolResult':
        if (dropped.has(message.toolCallId)) break
        ordered.push(message)
        if (open.delete(message.toolCallId) && open.size === 0) endTurn()
        break
      case 'system':
        if (open.size > 0) waiting.push(message)
        else ordered.push(message)
        break
      case 'user':
        endTurn()
        ordered.push(message)
    }
  endTurn()
  return ordered
}

const withoutResult = ({ id, name }: ToolCall): ToolResultMessage => ({
  role: 'toolResult',
  toolCallId: id,
  toolName: name,
  content: [{ type: 'text', text: 'No result was provided.' }],
  isError: true,
})

/**
 * Whether the model may get back what only it can read: thoughts, signatures, the spelling of arguments. What a client of
 * this protocol sends does not say where it came from, and counts as the model's own.
 */
export const isOwnAnswer = (message: AssistantMessage, model: Model): boolean =>
  isSame(message.api, OPENAI_CHAT) && isSame(message.provider, model.provider) && isSame(message.model, model.id)

const isSame = (known: string | undefined, wanted: string): boolean => known === undefined || known === wanted
