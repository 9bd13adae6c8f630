import {
  parseArguments,
  type AssistantContent,
  type Context,
  type Message,
  type ToolResultMessage,
  type UserContent,
} from '@plugboard/sdk'
import { originOf, readExtras } from './metadata.ts'
import { readFile, readOutput } from './read-content.ts'
import type { CallWarning, PromptMessage, PromptPart } from './specification.ts'

/** A prompt of the AI SDK as a conversation. Throws UnsupportedFunctionalityError on files that nobody could take. */
export function readPrompt(prompt: readonly PromptMessage[], warnings: CallWarning[]): Context {
  const begin = prompt.findIndex(({ role }) => role !== 'system')
  const system = prompt.slice(0, begin === -1 ? prompt.length : begin).map(({ content }) => textOf(content))
  const messages = prompt.slice(system.length).flatMap((message) => readMessage(message, warnings))
  return system.length === 0 ? { messages } : { systemPrompt: system.join('\n\n'), messages }
}

const textOf = (content: PromptMessage['content']): string =>
  typeof content === 'string' ? content : content.map(({ text }) => text ?? '').join('')

function readMessage({ role, content }: PromptMessage, warnings: CallWarning[]): Message[] {
  if (role === 'system') return [{ role, content: textOf(content) }]
  const parts: readonly PromptPart[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  if (role === 'user') return [{ role, content: parts.map(readUserPart) }]
  if (role === 'tool') return parts.filter(({ type }) => type === 'tool-result').map(readResult)
  const origin = originOf(parts)
  return [
    { role, ...origin, content: parts.flatMap((part) => readAssistantPart(part, readExtras(part, origin), warnings)) },
  ]
}

const readUserPart = (part: PromptPart): UserContent =>
  part.type === 'text' ? { type: 'text', text: part.text ?? '' } : readFile(part.data, part.mediaType ?? '')

function readAssistantPart(part: PromptPart, extras: object, warnings: CallWarning[]): AssistantContent[] {
  const { type, text = '', toolCallId = '', toolName = '', input, providerExecuted } = part
  if (type === 'text') return [{ type, text, ...extras }]
  if (type === 'reasoning') return [{ type: 'thinking', thinking: text, ...extras }]
  if (type === 'tool-call' && providerExecuted !== true) {
    const read = parseArguments(typeof input === 'string' ? input : JSON.stringify(input ?? {}))
    return [{ type: 'toolCall', id: toolCallId, name: toolName, ...read, ...extras }]
  }
  warnings.push({ type: 'unsupported', feature: `assistant ${type}`, details: 'It was left out of the history.' })
  return []
}

function readResult({ toolCallId = '', toolName = '', output }: PromptPart): ToolResultMessage {
  return { role: 'toolResult', toolCallId, toolName, ...readOutput(output) }
}
