import type { Tool } from '../../messages.ts'
import type { ToolChoice } from '../../options.ts'
import { isServerTool } from './encode-tools.ts'
import { keepExtras } from './extras.ts'
import { isEmpty, objectsOf, type JsonObject } from './json.ts'
import { NOTHING, type Said } from './parse-output.ts'
import { listAt, objectAt, optional, required } from './read.ts'

export interface ParsedTools {
  readonly tools: readonly Tool[]
  /** Tools that run at the provider. */
  readonly fields: JsonObject
  /** With such tools the whole list, for its order. */
  readonly exact: JsonObject
}

export function parseTools(value: unknown): ParsedTools {
  if (value === undefined || value === null) return { tools: [], fields: {}, exact: {} }
  const tools = listAt(value, 'tools').flatMap((entry, index) => parseTool(entry, `tools[${index}]`))
  const ofProvider = objectsOf(value).filter(isServerTool)
  return ofProvider.length === 0
    ? { tools, fields: {}, exact: {} }
    : { tools, fields: { tools: ofProvider }, exact: { tools: value } }
}

function parseTool(entry: unknown, param: string): Tool[] {
  const tool = objectAt(entry, param)
  if (isServerTool(tool)) return []
  const { name, description, input_schema: schema, ...extras } = tool
  const text = optional(description, 'string', `${param}.description`)
  const strict = optional(extras['strict'], 'boolean', `${param}.strict`)
  return [
    {
      name: required(name, 'string', `${param}.name`),
      ...(text === undefined ? {} : { description: text }),
      parameters: objectAt(schema, `${param}.input_schema`),
      ...(strict === undefined ? {} : { strict }),
      // With `strict`: at a provider of this protocol the client's word counts, whatever we know of the host.
      ...keepExtras(extras),
    },
  ]
}

export function parseToolChoice(value: unknown): Said {
  if (value === undefined || value === null) return NOTHING
  const choice = objectAt(value, 'tool_choice')
  const { type, name, disable_parallel_tool_use: alone, ...extras } = choice
  const single = optional(alone, 'boolean', 'tool_choice.disable_parallel_tool_use')
  const parallel = single === undefined ? {} : { parallelToolCalls: !single }
  const chosen = (toolChoice: ToolChoice): Said => ({
    options: { toolChoice, ...parallel },
    fields: {},
    exact: isEmpty(extras) ? {} : { tool_choice: choice },
  })
  switch (required(type, 'string', 'tool_choice.type')) {
    case 'auto':
      return chosen('auto')
    case 'any':
      return chosen('required')
    case 'none':
      return chosen('none')
    case 'tool':
      return chosen({ tool: required(name, 'string', 'tool_choice.name') })
    default:
      return { options: parallel, fields: { tool_choice: choice }, exact: {} }
  }
}
