import type { Tool } from '../../messages.ts'
import type { ToolChoice } from '../../options.ts'
import { invalid, isGiven, listAt, nameAt, objectAt, optionalFlag, optionalText } from './door-check.ts'
import { isObject, unknownFields, type JsonObject } from './json.ts'
import { keepFields } from './metadata.ts'

export interface ParsedTools {
  readonly tools?: readonly Tool[]
  /** Tools of other kinds than functions; only a provider of this protocol can take them. */
  readonly others?: readonly JsonObject[]
}

/** `functions` is the older form of `tools`. */
export function parseTools({ tools, functions }: JsonObject): ParsedTools {
  if (!isGiven(tools) && !isGiven(functions)) return NO_TOOLS
  const parsed: Tool[] = []
  const others: JsonObject[] = []
  if (isGiven(tools))
    for (const [index, item] of listAt(tools, 'tools').entries()) {
      const param = `tools[${index}]`
      const tool = objectAt(item, param)
      // Mistral's clients leave the type of a function out.
      const isFunction = tool['type'] === undefined && isObject(tool['function'])
      if (!isFunction && nameAt(tool['type'], `${param}.type`) !== 'function') others.push(tool)
      else
        parsed.push(
          parseFunction(
            objectAt(tool['function'], `${param}.function`),
            unknownFields(tool, FIELDS),
            `${param}.function`,
          ),
        )
    }
  if (isGiven(functions))
    for (const [index, item] of listAt(functions, 'functions').entries())
      parsed.push(parseFunction(objectAt(item, `functions[${index}]`), undefined, `functions[${index}]`))
  return {
    ...(parsed.length === 0 ? {} : { tools: parsed }),
    ...(others.length === 0 ? {} : { others }),
  }
}

const NO_TOOLS: ParsedTools = {}
const FIELDS: ReadonlySet<string> = new Set(['type', 'function'])
const FUNCTION_FIELDS: ReadonlySet<string> = new Set(['name', 'description', 'parameters', 'strict'])
const NO_PARAMETERS: JsonObject = { type: 'object', properties: {} }

function parseFunction(tool: JsonObject, own: JsonObject | undefined, param: string): Tool {
  const description = optionalText(tool['description'], `${param}.description`)
  const strict = optionalFlag(tool['strict'], `${param}.strict`)
  const inner = unknownFields(tool, FUNCTION_FIELDS)
  return {
    name: nameAt(tool['name'], `${param}.name`),
    ...(description === undefined ? {} : { description }),
    parameters: isGiven(tool['parameters']) ? objectAt(tool['parameters'], `${param}.parameters`) : NO_PARAMETERS,
    ...(strict === undefined ? {} : { strict }),
    ...keepFields(inner === undefined ? own : { ...own, function: inner }),
  }
}

export interface ParsedToolChoice {
  readonly toolChoice?: ToolChoice
  /** A choice without a unified form (`allowed_tools`, a custom tool). */
  readonly other?: JsonObject
}

/** `function_call` is the older form of `tool_choice`. */
export function parseToolChoice({ tool_choice: choice, function_call: legacy }: JsonObject): ParsedToolChoice {
  if (isGiven(choice)) {
    if (choice === 'auto' || choice === 'none' || choice === 'required') return { toolChoice: choice }
    // Mistral's word, which its users bring along.
    if (choice === 'any') return { toolChoice: 'required' }
    if (!isObject(choice) || typeof choice['type'] !== 'string')
      throw invalid('tool_choice', '"auto", "none", "required" or an object that names a tool')
    if (choice['type'] !== 'function') return { other: choice }
    const named = objectAt(choice['function'], 'tool_choice.function')
    return { toolChoice: { tool: nameAt(named['name'], 'tool_choice.function.name') } }
  }
  if (!isGiven(legacy)) return {}
  if (legacy === 'auto' || legacy === 'none') return { toolChoice: legacy }
  if (!isObject(legacy)) throw invalid('function_call', '"auto", "none" or an object that names a function')
  return { toolChoice: { tool: nameAt(legacy['name'], 'function_call.name') } }
}
