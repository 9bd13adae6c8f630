import type { ToolResultMessage, UserContent, UserMessage } from '../../messages.ts'
import { encodeImage } from './encode-image.ts'
import { extrasOf } from './extras.ts'
import { isEmpty, type JsonObject } from './json.ts'
import { ANTHROPIC } from './name.ts'
import type { Target } from './target.ts'
import type { ToolIds } from './tool-ids.ts'

const isBlank = (text: string): boolean => text.trim() === ''

export function encodeUser({ content }: UserMessage, target: Target): JsonObject[] {
  const parts: readonly UserContent[] =
    typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? [])
  return encodeParts(parts, target)
}

/** All results of one answer come first in one user message; anywhere else the provider takes them for missing. */
export function encodeResults(results: readonly ToolResultMessage[], ids: ToolIds, target: Target): JsonObject[] {
  const blocks: JsonObject[] = []
  const images: JsonObject[] = []
  for (const result of results) {
    const id = ids.result(result.toolCallId)
    let content = encodeParts(result.content ?? [], target)
    if (result.isError && content.some(isImage)) {
      // Images are refused inside a result that is an error.
      images.push({ type: 'text', text: `Images of the failed tool call ${id}:` }, ...content.filter(isImage))
      content = content.filter((block) => !isImage(block))
      if (content.length === 0) content = [{ type: 'text', text: '(the images follow the tool results)' }]
    }
    blocks.push({
      type: 'tool_result',
      tool_use_id: id,
      ...(content.length === 0 ? {} : { content: onlyText(content) ?? content }),
      ...(result.isError ? { is_error: true } : {}),
      ...extrasOf(result.providerMetadata),
    })
  }
  return [...blocks, ...images]
}

const isImage = (block: JsonObject): boolean => block['type'] === 'image'

/** A single text without anything about it; both forms mean the same, and more hosts take this one. */
export function onlyText(blocks: readonly JsonObject[]): string | undefined {
  const [first, ...others] = blocks
  if (first === undefined || others.length > 0 || first['type'] !== 'text') return undefined
  const { type: _type, text, ...extras } = first
  return typeof text === 'string' && isEmpty(extras) ? text : undefined
}

function encodeParts(parts: readonly UserContent[], target: Target): JsonObject[] {
  const blocks = parts.flatMap((part) => encodePart(part, target))
  return blocks.filter((block, index) => block !== OMITTED_IMAGE || blocks[index - 1] !== OMITTED_IMAGE)
}

const OMITTED_IMAGE: JsonObject = { type: 'text', text: '(an image was left out: this model does not take images)' }

function encodePart(part: UserContent, { model, isDescribed, warn }: Target): JsonObject[] {
  switch (part.type) {
    case 'text':
      // Empty texts are refused.
      return isBlank(part.text) ? [] : [{ type: 'text', text: part.text, ...extrasOf(part.providerMetadata) }]
    case 'image':
      if (model.input.includes('image') || !isDescribed) return [encodeImage(part)]
      warn({ type: 'unsupported', feature: 'image', message: `${model.id} does not take images; they were left out.` })
      return [OMITTED_IMAGE]
    case 'opaque':
      if (part.protocol === ANTHROPIC) return [part.value]
      warn({
        type: 'unsupported',
        feature: `content:${part.protocol}`,
        message: `A content part that only ${part.protocol} knows was left out.`,
      })
      return []
  }
}
