import type { ToolResultMessage, UserContent, UserMessage } from '../../messages.ts'
import { encodeImage } from './encode-image.ts'
import { extrasOf } from './extras.ts'
import { isEmpty, type JsonObject } from './json.ts'

export const encodeUser = ({ content }: UserMessage): JsonObject[] =>
  (typeof content === 'string' ? [{ type: 'text', text: content } as const] : content).flatMap(encodePart)

/** All results of one answer come first in one user message; anywhere else the provider takes them for missing. */
export const encodeResults = (results: readonly ToolResultMessage[]): JsonObject[] =>
  results.map((result) => {
    const content = result.content.flatMap(encodePart)
    return {
      type: 'tool_result',
      tool_use_id: result.toolCallId,
      ...(content.length === 0 ? {} : { content: onlyText(content) ?? content }),
      ...(result.isError ? { is_error: true } : {}),
      ...extrasOf(result.providerMetadata),
    }
  })

/** A single text without anything about it; both forms mean the same, and more hosts take this one. */
export function onlyText(blocks: readonly JsonObject[]): string | undefined {
  const [first, ...others] = blocks
  if (first === undefined || others.length > 0 || first['type'] !== 'text') return undefined
  const { type: _type, text, ...extras } = first
  return typeof text === 'string' && isEmpty(extras) ? text : undefined
}

function encodePart(part: UserContent): JsonObject[] {
  if (part.type === 'image') return [encodeImage(part)]
  if (part.type === 'opaque') return [part.value]
  // Blank texts are refused.
  return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text, ...extrasOf(part.providerMetadata) }]
}
