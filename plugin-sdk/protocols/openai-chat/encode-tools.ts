import type { Tool } from '../../messages.ts'
import type { ToolChoice } from '../../options.ts'
import type { OpenAIChatCompat } from './compat.ts'
import { isObject, type JsonObject } from './json.ts'
import { ownFields } from './metadata.ts'
import { compatibility, unsupported, type Warn } from './warnings.ts'

export function encodeTools(
  tools: readonly Tool[],
  { supportsStrictMode }: OpenAIChatCompat,
  warn: Warn,
): JsonObject[] {
  if (!supportsStrictMode && tools.some(({ strict }) => strict === true))
    warn(unsupported('tools.strict', 'This host does not hold tool calls to their schema; "strict" was left out.'))
  return tools.map((tool) => {
    const { function: inner, ...own } = ownFields(tool)
    return {
      type: 'function',
      function: {
        name: tool.name,
        ...(tool.description === undefined ? {} : { description: tool.description }),
        parameters: tool.parameters,
        ...(supportsStrictMode && tool.strict !== undefined ? { strict: tool.strict } : {}),
        ...(isObject(inner) ? inner : {}),
      },
      ...own,
    }
  })
}

export function encodeToolChoice(
  choice: ToolChoice | undefined,
  { toolChoiceRequired }: OpenAIChatCompat,
  warn: Warn,
): string | JsonObject | undefined {
  if (typeof choice === 'object') return { type: 'function', function: { name: choice.tool } }
  if (choice !== 'required') return choice
  if (toolChoiceRequired !== 'unsupported') return toolChoiceRequired
  warn(compatibility('toolChoice', 'This model cannot be made to call a tool; "auto" was sent instead of "required".'))
  return 'auto'
}
