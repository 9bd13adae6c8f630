import type { Tool, Warning } from '../../messages.ts'
import type { ToolChoice } from '../../options.ts'
import type { GoogleCompat } from './compat.ts'
import { extrasOf } from './encode-part.ts'
import { isObject, merge, type JsonObject } from './json.ts'
import { toGoogleSchema, withoutConst } from './schema.ts'

type Warn = (warning: Warning) => void

export function encodeTool(tool: Tool, compat: GoogleCompat, warn: Warn): JsonObject {
  if (tool.strict === true)
    warn({
      type: 'unsupported',
      feature: 'strict',
      message: 'This protocol has no strict tools; "strict" was left out.',
    })
  const declaration = { name: tool.name, ...(tool.description === undefined ? {} : { description: tool.description }) }
  return merge(extrasOf(tool.providerMetadata), { ...declaration, ...encodeParameters(tool.parameters, compat) })
}

function encodeParameters(schema: JsonObject, compat: GoogleCompat): JsonObject {
  if (Object.keys(schema).length === 0) return {}
  if (compat.schemas === 'jsonSchema') return { parametersJsonSchema: withoutConst(schema) }
  const { properties } = schema
  // An object without properties is refused in this form; no `parameters` means no arguments.
  const empty = properties === undefined || (isObject(properties) && Object.keys(properties).length === 0)
  return empty && !('$ref' in schema) ? {} : { parameters: toGoogleSchema(schema) }
}

const MODES = { auto: 'AUTO', none: 'NONE', required: 'ANY' } as const

/** `toolConfig`; a choice among no tools would be refused. */
export function encodeToolChoice(
  choice: ToolChoice | undefined,
  hasTools: boolean,
  warn: Warn,
): JsonObject | undefined {
  if (choice === undefined) return undefined
  if (!hasTools) {
    if (choice !== 'auto' && choice !== 'none')
      warn({ type: 'unsupported', feature: 'toolChoice', message: 'There are no tools; "toolChoice" was left out.' })
    return undefined
  }
  if (typeof choice === 'object') return { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [choice.tool] } }
  return { functionCallingConfig: { mode: MODES[choice] } }
}
