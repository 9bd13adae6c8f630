import type { Note, Report } from '../../hand-off/index.ts'
import type { Tool } from '../../messages.ts'
import type { ToolChoice } from '../../options.ts'
import type { OpenAIChatCompat } from './compat.ts'
import { CHAT } from './hand-off.ts'
import { isObject, type JsonObject } from './json.ts'
import { ownFields } from './metadata.ts'

export function encodeTools(
  tools: readonly Tool[],
  { supportsStrictMode }: OpenAIChatCompat,
  note: Note,
): JsonObject[] {
  if (!supportsStrictMode) note(CHAT.strictTools, tools.filter(({ strict }) => strict === true).length)
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
  { warn }: Report,
): string | JsonObject | undefined {
  if (typeof choice === 'object') return { type: 'function', function: { name: choice.tool } }
  if (choice !== 'required') return choice
  if (toolChoiceRequired !== 'unsupported') return toolChoiceRequired
  const message = 'This model cannot be made to call a tool; "auto" was sent instead of "required".'
  warn({ type: 'compatibility', feature: 'toolChoice', message })
  return 'auto'
}
