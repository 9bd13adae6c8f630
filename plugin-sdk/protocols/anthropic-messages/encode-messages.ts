import type { Context, SystemMessage } from '../../messages.ts'
import { encodeAssistant } from './encode-assistant.ts'
import { encodeResults, encodeUser, onlyText } from './encode-user.ts'
import { extrasOf } from './extras.ts'
import { exchangesOf } from './hand-off.ts'
import { objectsOf, textOf, type JsonObject } from './json.ts'
import type { Target } from './target.ts'
import { ToolIds } from './tool-ids.ts'

export function encodeMessages(context: Context, target: Target): JsonObject[] {
  const ids = new ToolIds()
  const messages: JsonObject[] = []
  const push = (role: string, blocks: readonly JsonObject[], extras: JsonObject = {}): void => {
    if (blocks.length > 0) messages.push({ role, content: onlyText(blocks) ?? blocks, ...extras })
  }
  for (const { answer, results, following } of exchangesOf(context.messages)) {
    if (answer !== undefined) push('assistant', encodeAssistant(answer, ids, target), extrasOf(answer.providerMetadata))
    let said = encodeResults(results, ids, target)
    let extras: JsonObject = {}
    const held: SystemMessage[] = []
    for (const message of following) {
      if (message.role === 'user') {
        said.push(...encodeUser(message, target))
        extras = { ...extras, ...extrasOf(message.providerMetadata) }
      } else if (isFromClient(message)) {
        push('user', said, extras)
        push('system', encodeInstruction(message))
        said = []
        extras = {}
      } else if (target.compat.supportsMidConvoSystemMessages) held.push(message)
    }
    push('user', said, extras)
    // Right before the next answer is where every model that takes them does.
    for (const message of held) push('system', encodeInstruction(message))
  }
  return messages
}

/** The first instruction, and behind it those the model does not take inside the conversation. */
export function encodeSystem(context: Context, clientSystem: unknown, target: Target): unknown {
  const later = context.messages.filter((message) => message.role === 'system')
  const moved = target.compat.supportsMidConvoSystemMessages ? [] : later.filter((message) => !isFromClient(message))
  if (moved.length > 0)
    target.warn({
      type: 'compatibility',
      feature: 'system-message',
      message: 'Instructions inside the conversation were moved to its start.',
    })
  const texts = [context.systemPrompt ?? '', ...moved.map(({ content }) => content)]
  const system = texts.filter((text) => text.trim() !== '').join('\n\n')
  // The client's own blocks carry cache marks. They count while they still say what the conversation says.
  if (Array.isArray(clientSystem) && systemText(clientSystem) === system) return clientSystem
  return system === '' ? undefined : system
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
