import type { AssistantMessage, Message, ToolResultMessage, UserMessage } from '../../messages.ts'

/** An answer, the results of its calls, and what the user said then. */
export interface Exchange {
  /** Absent for what stands before the first answer. */
  readonly answer?: AssistantMessage
  readonly results: ToolResultMessage[]
  readonly inputs: UserMessage[]
}

/**
 * Puts a conversation into the order the provider insists on: each call is followed by its result. A call without one
 * gets a result that says so. Failed and aborted answers are left out with their results, because half a call is refused.
 */
export function exchangesOf(messages: readonly Message[]): Exchange[] {
  const exchanges: Exchange[] = [{ results: [], inputs: [] }]
  let dropped: ReadonlySet<string> = new Set()
  for (const message of messages) {
    const current = exchanges.at(-1)
    if (message.role === 'assistant') {
      const failed = message.stopReason === 'error' || message.stopReason === 'aborted'
      dropped = new Set(failed ? callsOf(message).map(({ id }) => id) : [])
      if (!failed) exchanges.push({ answer: message, results: [], inputs: [] })
    } else if (message.role === 'user') current?.inputs.push(message)
    else if (message.role === 'toolResult' && !dropped.has(message.toolCallId)) current?.results.push(message)
  }
  return exchanges.map(complete)
}

function complete(exchange: Exchange): Exchange {
  const answered = new Set(exchange.results.map(({ toolCallId }) => toolCallId))
  const missing = callsOf(exchange.answer).filter(({ id }) => !answered.has(id))
  const results = missing.map(({ id, name }): ToolResultMessage => ({
    role: 'toolResult',
    toolCallId: id,
    toolName: name,
    content: [{ type: 'text', text: 'No result was provided.' }],
    isError: true,
  }))
  return { ...exchange, results: [...exchange.results, ...results] }
}

/** `content` is null in some histories written by hand. */
export const contentOf = (message: AssistantMessage | undefined): AssistantMessage['content'] =>
  (message?.content as AssistantMessage['content'] | null | undefined) ?? []

const callsOf = (message: AssistantMessage | undefined) => contentOf(message).filter((part) => part.type === 'toolCall')
