import { createHash } from 'node:crypto'
import type { AssistantMessage, Message } from '../messages.ts'
import { keyOf, ownersOf } from './pairs.ts'
import { isOwn, type ConversationRule } from './rule.ts'

/** What a provider takes as the id of a tool call. */
export interface CallIdForm {
  readonly fits: RegExp
  /** For calls that the model made itself, where it differs. */
  readonly ownFits?: RegExp
  /** Characters of a new id. */
  readonly length: number
  /** What stands behind a `|` names an item of the provider, and is no part of the id. */
  readonly namesItem?: boolean
}

/** Letters, digits, `_` and `-`: what most providers take. */
export const safeIds = (length: number): CallIdForm => ({ fits: new RegExp(`^[A-Za-z0-9_-]{1,${length}}$`), length })

export const callIds: ConversationRule = {
  id: 'G7',
  about: 'Ids of calls take the form the provider wants, each used once, and results follow their calls.',
  warning: {
    type: 'other',
    feature: 'tool-call-id',
    message: 'Ids of tool calls were replaced by ones that the provider takes.',
  },
  apply(conversation, target, note) {
    const { callIds: form } = target
    if (form === undefined) return conversation
    if (allFit(conversation.messages, form)) return conversation
    const used = new Set<string>()
    const given = new Map<string, string>()
    let count = 0
    const renamed = (message: AssistantMessage, index: number): AssistantMessage => {
      const own = isOwn(message, target)
      let changed = false
      const content = message.content.map((part, place) => {
        if (part.type !== 'toolCall') return part
        const id = fitting(part.id, own, form, used)
        given.set(keyOf(index, place), id)
        if (id === part.id) return part
        changed = true
        count++
        return { ...part, id }
      })
      return changed ? { ...message, content } : message
    }
    const answers = conversation.messages.map((message, index) =>
      message.role === 'assistant' ? renamed(message, index) : message,
    )
    const owners = ownersOf(conversation.messages)
    const messages = answers.map((message, index): Message => {
      if (message.role !== 'toolResult') return message
      const id = given.get(owners.get(index)?.key ?? '')
      return id === undefined || id === message.toolCallId ? message : { ...message, toolCallId: id }
    })
    if (count === 0) return conversation
    note(count)
    return { ...conversation, messages }
  },
}

/** The ordinary case: ids that fit as they are, each once, without a part that names an item. */
function allFit(messages: readonly Message[], { fits }: CallIdForm): boolean {
  const used = new Set<string>()
  return messages.every(
    (message) =>
      message.role !== 'assistant' ||
      message.content.every((part) => {
        if (part.type !== 'toolCall') return true
        const isNew = !used.has(part.id)
        used.add(part.id)
        return isNew && fits.test(part.id)
      }),
  )
}

/**
 * The same conversation always gets the same ids, or a cached prompt would no longer match; two calls never get the same.
 */
function fitting(id: string, own: boolean, form: CallIdForm, used: Set<string>): string {
  const bar = form.namesItem === true ? id.indexOf('|') : -1
  const [name, item] = bar > 0 ? [id.slice(0, bar), id.slice(bar)] : [id, '']
  const fits = (own && form.ownFits) || form.fits
  let unique = name
  for (let n = 1; !(n === 1 ? fits : form.fits).test(unique) || used.has(unique); n++)
    unique = made(name, `${n}:${id}`, form.length)
  used.add(unique)
  return unique + item
}

const HASH_CHARS = 8

/** Its beginning stays readable where there is room for it. */
function made(name: string, seed: string, length: number): string {
  const hash = createHash('sha256').update(seed).digest('hex')
  if (length < 2 * HASH_CHARS) return hash.slice(0, length)
  const begin = name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, length - HASH_CHARS - 1) || 'call'
  return `${begin}_${hash.slice(0, HASH_CHARS)}`
}
