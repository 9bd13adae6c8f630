import { exchangesOf } from '../../hand-off/index.ts'
import type { Context, SystemMessage } from '../../messages.ts'
import { encodeAssistant } from './encode-assistant.ts'
import { encodeResults, encodeUser, onlyText } from './encode-user.ts'
import { extrasOf } from './extras.ts'
import { objectsOf, textOf, type JsonObject } from './json.ts'
import type { Target } from './target.ts'

/** A conversation after its hand-off. */
export function encodeMessages(context: Context, target: Target): JsonObject[] {
  const messages: JsonObject[] = []
  const push = (role: string, blocks: readonly JsonObject[], extras: JsonObject = {}): void => {
    if (blocks.length > 0) messages.push({ role, content: onlyText(blocks) ?? blocks, ...extras })
  }
  for (const { answer, results, following } of exchangesOf(context.messages)) {
    if (answer !== undefined) push('assistant', encodeAssistant(answer, target), extrasOf(answer.providerMetadata))
    let said = encodeResults(results)
    let extras: JsonObject = {}
    const held: SystemMessage[] = []
    for (const message of following) {
      if (message.role === 'user') {
        said.push(...encodeUser(message))
        extras = { ...extras, ...extrasOf(message.providerMetadata) }
      } else if (isFromClient(message)) {
        push('user', said, extras)
        push('system', encodeInstruction(message))
        said = []
        extras = {}
      } else held.push(message)
    }
    push('user', said, extras)
    // Right before the next answer is where every model that takes them does.
    for (const message of held) push('system', encodeInstruction(message))
  }
  return messages
}

/** The last message holds results of an answer that did not begin with a thought. */
export function answersUnthought(messages: readonly JsonObject[]): boolean {
  const [answer, last] = messages.slice(-2).map(({ content }) => objectsOf(content))
  if (last === undefined || !last.some(({ type }) => type === 'tool_result')) return false
  return !['thinking', 'redacted_thinking'].includes(textOf(answer?.[0]?.['type']) ?? '')
}

/** The instructions before the conversation, in the client's own blocks while those say the same. */
export function encodeSystem({ systemPrompt = '' }: Context, clientSystem: unknown): unknown {
  // They carry cache marks.
  if (Array.isArray(clientSystem) && systemText(clientSystem) === systemPrompt) return clientSystem
  return systemPrompt.trim() === '' ? undefined : systemPrompt
}

/** Several blocks of instructions as one text. */
export const systemText = (blocks: readonly unknown[]): string =>
  objectsOf(blocks)
    .map((block) => textOf(block['text']) ?? '')
    .join('\n\n')

/** It was meant for a model that takes it where it stands. */
const isFromClient = (message: SystemMessage): boolean => 'content' in extrasOf(message.providerMetadata)

function encodeInstruction(message: SystemMessage): readonly JsonObject[] {
  const { content } = extrasOf(message.providerMetadata)
  if (Array.isArray(content) && systemText(content) === message.content) return objectsOf(content)
  return message.content.trim() === '' ? [] : [{ type: 'text', text: message.content }]
}
