import type { Note, Report } from '../../hand-off/index.ts'
import type { Tool } from '../../messages.ts'
import type { GenerationOptions } from '../../options.ts'
import { warnOfForcedChoice } from '../left-out.ts'
import type { GoogleCompat } from './compat.ts'
import { extrasOf } from './encode-part.ts'
import { GEMINI } from './hand-off.ts'
import { isObject, merge, type JsonObject } from './json.ts'
import { toGoogleSchema, withoutConst } from './schema.ts'

export function encodeTool(tool: Tool, compat: GoogleCompat, note: Note): JsonObject {
  if (tool.strict === true) note(GEMINI.strictTools)
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
  options: GenerationOptions,
  hasTools: boolean,
  report: Report,
): JsonObject | undefined {
  const { toolChoice: choice } = options
  if (choice === undefined) return undefined
  if (!hasTools) {
    warnOfForcedChoice(options, report)
    return undefined
  }
  if (typeof choice === 'object') return { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [choice.tool] } }
  return { functionCallingConfig: { mode: MODES[choice] } }
}
