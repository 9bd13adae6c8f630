import {
  exchangesOf,
  handOff,
  isOwn,
  safeIds,
  type AssistantMessage,
  type HandOffTarget,
  type ToolResultMessage,
  type UserContent,
} from '@plugboard/sdk'
import { inFile, inResult } from './image.ts'
import { AI_SDK, isObject, type Asking, type Json } from './model.ts'

/** The conversation as the AI SDK's prompt. Instructions go first, because not every provider takes them in the middle. */
export function promptOf(asking: Asking): Json[] {
  const target = targetOf(asking)
  const { systemPrompt = '', messages } = handOff(asking.context, target, asking.note)
  const prompt: Json[] = systemPrompt === '' ? [] : [{ role: 'system', content: systemPrompt }]
  for (const { answer, results, following } of exchangesOf(messages)) {
    const said = answer === undefined ? [] : assistantParts(answer, isOwn(answer, target))
    if (said.length > 0) prompt.push({ role: 'assistant', content: said })
    if (results.length > 0)
      prompt.push({ role: 'tool', content: results.map((one) => resultPart(one, answer, asking)) })
    for (const message of following) {
      if (message.role !== 'user') continue
      const content = userParts(message.content, asking)
      if (content.length > 0) prompt.push({ role: 'user', content, ...ownOptions(message) })
    }
  }
  return prompt
}

/** What a model cannot see is for its package to say: manifests of these providers name no more than what is priced. */
const targetOf = ({ model }: Asking): HandOffTarget => ({
  protocol: model.api,
  provider: model.provider,
  model: model.id,
  seesImages: true,
  callIds: CALL_IDS,
  takesLaterInstructions: false,
})

/** The model's own ids go back as they came. */
const CALL_IDS = { ...safeIds(64), ownFits: /./s }

function resultPart(result: ToolResultMessage, answer: AssistantMessage | undefined, asking: Asking): Json {
  const call = answer?.content.find((part) => part.type === 'toolCall' && part.id === result.toolCallId)
  return {
    type: 'tool-result',
    toolCallId: result.toolCallId,
    toolName: result.toolName ?? (call?.type === 'toolCall' ? call.name : 'unknown'),
    output: outputOf(result, asking),
    ...ownOptions(result),
  }
}

/** What the provider keeps on its parts goes back only to the model that wrote them. */
function assistantParts({ content }: AssistantMessage, own: boolean): Json[] {
  return content.flatMap((part): Json[] => {
    if (part.type === 'opaque') return []
    const kept = own ? ownOptions(part) : {}
    if (part.type === 'text') return [{ type: 'text', text: part.text, ...kept }]
    if (part.type === 'thinking') return [{ type: 'reasoning', text: part.thinking, ...kept }]
    return [{ type: 'tool-call', toolCallId: part.id, toolName: part.name, input: part.arguments, ...kept }]
  })
}

function userParts(content: string | readonly UserContent[], asking: Asking): Json[] {
  const parts: readonly UserContent[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  return parts.flatMap((part): Json[] => {
    if (part.type === 'opaque') return []
    if (part.type === 'image') return inFile(part, asking).map((file) => ({ ...file, ...ownOptions(part) }))
    return [{ type: 'text', text: part.text, ...ownOptions(part) }]
  })
}

function outputOf({ content, isError }: ToolResultMessage, asking: Asking): Json {
  const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []))
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
