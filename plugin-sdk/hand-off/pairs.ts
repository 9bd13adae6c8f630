import type { AssistantMessage, Message } from '../messages.ts'

/** Where the call stands that a result belongs to. */
export interface Owner {
  /** Place of its answer among the messages. */
  readonly answer: number
  /** Place of the call in that answer. */
  readonly part: number
  /** See `keyOf`. */
  readonly key: string
}

/** Tells one call from all others: neither ids nor objects do, because both may come again. */
export const keyOf = (answer: number, part: number): string => `${answer} ${part}`

export const isFailed = ({ stopReason }: AssistantMessage): boolean =>
  stopReason === 'error' || stopReason === 'aborted'

/**
 * The owner of each result, by the place of the result. It belongs to the latest call of its id before it, because some
 * hosts count their ids from zero in every answer; a second result of one call belongs to nobody.
 */
export function ownersOf(messages: readonly Message[]): ReadonlyMap<number, Owner> {
  const owners = new Map<number, Owner>()
  const open = new Map<string, Owner[]>()
  messages.forEach((message, index) => {
    if (message.role === 'assistant') {
      const calls = new Map<string, Owner[]>()
      message.content.forEach((part, place) => {
        if (part.type !== 'toolCall') return
        const owner = { answer: index, part: place, key: keyOf(index, place) }
        calls.set(part.id, [...(calls.get(part.id) ?? []), owner])
      })
      for (const [id, waiting] of calls) open.set(id, waiting)
    } else if (message.role === 'toolResult') {
      const owner = open.get(message.toolCallId)?.shift()
      if (owner !== undefined) owners.set(index, owner)
    }
  })
  return owners
}

/** Every answer's calls have their results right behind it, in order, and there are no others: nothing to mend. */
export function arePaired(messages: readonly Message[]): boolean {
  let at = 0
  while (at < messages.length) {
    const message = messages[at++]
    if (message?.role === 'toolResult') return false
    if (message?.role !== 'assistant') continue
    for (const part of message.content) {
      if (part.type !== 'toolCall') continue
      const result = messages[at++]
      if (result?.role !== 'toolResult' || result.toolCallId !== part.id) return false
    }
  }
  return true
}
