import type { Tool } from '../../messages.ts'
import type { ResponseFormat, ToolChoice } from '../../options.ts'
import { extrasOf } from './extras.ts'
import { RESPONSES } from './hand-off.ts'
import type { JsonObject } from './json.ts'
import type { Target } from './target.ts'

/**
 * `asClientSaid`: the tool came from a client of this protocol, where a missing `strict` means "if the schema allows it".
 * In our words it means no.
 */
export function encodeTool(tool: Tool, asClientSaid: boolean, { compat, note }: Target): JsonObject {
  const strict = tool.strict ?? (asClientSaid ? undefined : false)
  if (strict === true && !compat.supportsStrictMode) note(RESPONSES.strict)
  return {
    type: 'function',
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    parameters: tool.parameters,
    ...(strict === undefined || !compat.supportsStrictMode ? {} : { strict }),
    ...extrasOf(tool.providerMetadata),
  }
}

export const encodeToolChoice = (choice: ToolChoice): unknown =>
  typeof choice === 'object' ? { type: 'function', name: choice.tool } : choice

/** `text.format`; the schema's name is required and has a small alphabet. */
export function encodeFormat(format: ResponseFormat, { compat, note }: Target): JsonObject {
  if (format.type === 'text') return { type: 'text' }
  const { schema, name, description, strict } = format
  if (schema === undefined) return { type: 'json_object' }
  if (strict === true && !compat.supportsStrictMode) note(RESPONSES.strict)
  return {
    type: 'json_schema',
    name: (name ?? 'answer').replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64),
    ...(description === undefined ? {} : { description }),
    schema,
    ...(strict === undefined || !compat.supportsStrictMode ? {} : { strict }),
  }
}
