import type { AssistantMessage, Message, SystemMessage, ToolResultMessage, UserMessage } from '../messages.ts'

/** An answer and what followed it, up to the next answer. */
export interface Exchange {
  /** Absent for what stands before the first answer. */
  readonly answer: AssistantMessage | undefined
  readonly results: readonly ToolResultMessage[]
  readonly following: readonly (UserMessage | SystemMessage)[]
}

/** A conversation after its hand-off, cut at its answers. */
export function exchangesOf(messages: readonly Message[]): readonly Exchange[] {
  const exchanges = [begin(undefined)]
  for (const message of messages) {
    const current = exchanges.at(-1)
    if (message.role === 'assistant') exchanges.push(begin(message))
    else if (message.role === 'toolResult') current?.results.push(message)
    else current?.following.push(message)
  }
  return exchanges
}

const begin = (answer: AssistantMessage | undefined) => ({
  answer,
  results: [] as ToolResultMessage[],
  following: [] as (UserMessage | SystemMessage)[],
})
