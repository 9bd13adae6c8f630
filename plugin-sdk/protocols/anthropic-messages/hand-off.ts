import type { AssistantMessage, Message, SystemMessage, ToolResultMessage, UserMessage } from '../../messages.ts'

/** One answer of the assistant and what followed it, in the order in which the provider wants it. */
export interface Exchange {
  /** Absent for what stands before the first answer. */
  readonly answer: AssistantMessage | undefined
  /** One for each call of the answer, whatever came in between; calls without a result get one that says so. */
  readonly results: readonly ToolResultMessage[]
  /** Behind the results, because between a call and its result the provider takes nothing else. */
  readonly following: readonly (UserMessage | SystemMessage)[]
}

/**
 * Brings a conversation, perhaps begun with another provider, into a form that this API takes. Failed and aborted answers
 * are left out together with the results of their calls: half a thought or half a call makes it refuse everything.
 */
export function exchangesOf(messages: readonly Message[]): Exchange[] {
  const exchanges: Exchange[] = []
  let current = begin(undefined)
  let dropped: ReadonlySet<string> = new Set()
  for (const message of messages) {
    switch (message.role) {
      case 'assistant':
        dropped = new Set()
        if (message.stopReason === 'error' || message.stopReason === 'aborted') {
          dropped = new Set(callsOf(message).map(({ id }) => id))
          break
        }
        exchanges.push(complete(current))
        current = begin(message)
        break
      case 'toolResult':
        if (!dropped.has(message.toolCallId)) current.results.push(message)
        break
      case 'user':
      case 'system':
        current.following.push(message)
    }
  }
  return [...exchanges, complete(current)]
}

const begin = (answer: AssistantMessage | undefined) => ({
  answer,
  results: [] as ToolResultMessage[],
  following: [] as (UserMessage | SystemMessage)[],
})

function complete(exchange: ReturnType<typeof begin>): Exchange {
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
