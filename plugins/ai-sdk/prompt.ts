import type { AssistantMessage, Message, ToolCall, ToolResultMessage, UserContent } from '@plugboard/sdk'
import { inFile, inResult } from './image.ts'
import { AI_SDK, isObject, type Asking, type Json } from './model.ts'

/**
 * The conversation as the AI SDK's prompt. Instructions go first, because not every provider takes them in the middle;
 * results follow their calls, and a call without one gets one that says so; failed and aborted answers are left out.
 */
export function promptOf(asking: Asking): Json[] {
  const { systemPrompt, messages } = asking.context
  const instructions = messages.flatMap((message) => (message.role === 'system' ? [message.content] : []))
  const system = [...(systemPrompt === undefined ? [] : [systemPrompt]), ...instructions].join('\n\n')
  const prompt: Json[] = system === '' ? [] : [{ role: 'system', content: system.toWellFormed() }]
  // Ids of another model's calls may be longer than providers take, or hold other characters.
  const ids = new Map<string, string>()
  let rest = messages
  while (rest.length > 0) {
    const next = rest.findIndex((message, index) => index > 0 && message.role === 'assistant')
    const turn = next === -1 ? rest : rest.slice(0, next)
    rest = rest.slice(turn.length)
    prompt.push(...turnOf(turn, ids, asking))
  }
  return prompt
}

/** What stands from one answer to the next. */
function turnOf(turn: readonly Message[], ids: Map<string, string>, asking: Asking): Json[] {
  const answer = turn[0]?.role === 'assistant' ? turn[0] : undefined
  const isFailed = answer?.stopReason === 'error' || answer?.stopReason === 'aborted'
  const calls = contentOf(answer).filter((part) => part.type === 'toolCall')
  const results = turn.filter((message) => message.role === 'toolResult')
  const kept = isFailed
    ? results.filter(({ toolCallId }) => !calls.some(({ id }) => id === toolCallId))
    : [...results, ...calls.filter(({ id }) => !results.some(({ toolCallId }) => toolCallId === id)).map(noResult)]
  const said = answer === undefined || isFailed ? [] : assistantParts(answer, ids, asking)
  const parts = kept.map((result) => ({
    type: 'tool-result',
    toolCallId: ids.get(result.toolCallId) ?? result.toolCallId,
    toolName: result.toolName ?? calls.find(({ id }) => id === result.toolCallId)?.name ?? 'unknown',
    output: outputOf(result, asking),
    ...ownOptions(result),
  }))
  const users = turn.filter((message) => message.role === 'user')
  return [
    ...(said.length === 0 ? [] : [{ role: 'assistant', content: said }]),
    ...(parts.length === 0 ? [] : [{ role: 'tool', content: parts }]),
    ...users.flatMap((user) => {
      const content = userParts(user.content, asking)
      return content.length === 0 ? [] : [{ role: 'user', content, ...ownOptions(user) }]
    }),
  ]
}

/** `content` is null in some histories written by hand. */
const contentOf = (message: AssistantMessage | undefined): AssistantMessage['content'] =>
  (message?.content as AssistantMessage['content'] | null | undefined) ?? []

const noResult = ({ id, name }: ToolCall): ToolResultMessage => ({
  role: 'toolResult',
  toolCallId: id,
  toolName: name,
  content: [{ type: 'text', text: 'No result was provided.' }],
  isError: true,
})

/** Thoughts, and what the provider keeps on its parts, go back only to the model that wrote them. */
function assistantParts(answer: AssistantMessage, ids: Map<string, string>, { model, warn }: Asking): Json[] {
  const isOwn = answer.provider === model.provider && answer.model === model.id
  return contentOf(answer).flatMap((part): Json[] => {
    if (part.type === 'opaque') return leaveOut(part.protocol, warn)
    const kept = isOwn ? ownOptions(part) : {}
    if (part.type === 'text') return [{ type: 'text', text: part.text.toWellFormed(), ...kept }]
    if (part.type === 'thinking')
      return isOwn ? [{ type: 'reasoning', text: part.thinking.toWellFormed(), ...kept }] : []
    ids.set(part.id, isOwn ? part.id : part.id.replace(/[^\w-]/g, '_').slice(-64) || 'call')
    return [{ type: 'tool-call', toolCallId: ids.get(part.id), toolName: part.name, input: part.arguments, ...kept }]
  })
}

function userParts(content: string | readonly UserContent[], asking: Asking): Json[] {
  const parts: readonly UserContent[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  return parts.flatMap((part): Json[] => {
    if (part.type === 'opaque') return leaveOut(part.protocol, asking.warn)
    if (part.type === 'image') return inFile(part, asking).map((file) => ({ ...file, ...ownOptions(part) }))
    return [{ type: 'text', text: part.text.toWellFormed(), ...ownOptions(part) }]
  })
}

function outputOf({ content, isError }: ToolResultMessage, asking: Asking): Json {
  const texts = content.flatMap((part) => (part.type === 'text' ? [part.text.toWellFormed()] : []))
  if (!content.some(({ type }) => type === 'image'))
    return { type: isError ? 'error-text' : 'text', value: texts.join('') }
  const images = content.flatMap((part) => (part.type === 'image' ? inResult(part, asking) : []))
  // An output of several parts cannot say that it is an error.
  const said = [...(isError ? ['The tool failed.'] : []), ...texts].map((text) => ({ type: 'text', text }))
  return { type: 'content', value: [...said, ...images] }
}

function ownOptions({ providerMetadata }: { readonly providerMetadata?: Json }): Json {
  const kept = providerMetadata?.[AI_SDK]
  return isObject(kept) ? { providerOptions: kept } : {}
}

function leaveOut(protocol: string, warn: Asking['warn']): [] {
  warn({ type: 'unsupported', feature: 'content', message: `A part that only "${protocol}" can express was left out.` })
  return []
}
