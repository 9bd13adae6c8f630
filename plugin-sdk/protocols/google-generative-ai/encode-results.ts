import type { ToolResultMessage } from '../../messages.ts'
import type { Turn } from './encode-contents.ts'
import { encodeUserPart, extrasOf } from './encode-part.ts'
import { responseText } from './function-response.ts'
import { isObject, merge, type JsonObject } from './json.ts'
import type { Target } from './target.ts'

/** All results of a turn in one user turn: the provider counts them against the calls before it. */
export function encodeResults(
  results: readonly ToolResultMessage[],
  toolNames: ReadonlyMap<string, string>,
  target: Target,
): Turn[] {
  const nested = target.compat.toolResultImages === 'nested'
  const parts: JsonObject[] = []
  const images: JsonObject[] = []
  for (const result of results) {
    const media = result.content.flatMap((part) => (part.type === 'text' ? [] : encodeUserPart(part, target)))
    const id = result.toolCallId
    const name = toolNames.get(id) ?? result.toolName ?? 'unknown'
    const extras = extrasOf(result.providerMetadata)
    const { response, ...call } = isObject(extras['functionResponse']) ? extras['functionResponse'] : {}
    const functionResponse = {
      ...(target.compat.toolCallIds ? { id } : {}),
      name,
      response: encodeResponse(result, response, media.length > 0),
      ...(nested && media.length > 0 ? { parts: media } : {}),
    }
    parts.push(merge({ ...extras, functionResponse: call }, { functionResponse }))
    if (!nested && media.length > 0) images.push({ text: `Images from the result of ${name}:` }, ...media)
  }
  const turn: Turn = { role: 'user', parts }
  return images.length === 0 ? [turn] : [turn, { role: 'user', parts: images }]
}

function encodeResponse(result: ToolResultMessage, original: unknown, hasMedia: boolean): JsonObject {
  const text = result.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
  // The object a client of this protocol sent goes back as it came, unless somebody has changed the text since.
  if (isObject(original) && responseText(original).text === text) return original
  const output = text === '' && hasMedia ? '(see the attached image)' : text
  return result.isError ? { error: output } : { output }
}
