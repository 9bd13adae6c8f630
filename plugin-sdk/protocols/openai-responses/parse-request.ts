import type { Tool } from '../../messages.ts'
import type { GenerationOptions, ResponseFormat, ToolChoice } from '../../options.ts'
import type { DoorRequest } from '../protocol.ts'
import { keepExtras } from './extras.ts'
import { isEmpty, isObject, type JsonObject } from './json.ts'
import { OPENAI_RESPONSES } from './name.ts'
import { parseInput } from './parse-input.ts'
import { readEffort } from './reasoning.ts'
import {
  invalid,
  optionalBoolean,
  optionalNumber,
  optionalObject,
  optionalText,
  requiredText,
  split,
} from './request-fields.ts'

const EXTENSIONS = ['routing', 'budget', 'response'] as const
const FIELDS = [
  'model',
  'input',
  'instructions',
  'stream',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_output_tokens',
  'temperature',
  'top_p',
  'text',
  'reasoning',
  'user',
  'metadata',
] as const

/** Fields that refer to what the provider keeps: without them, the request would ask something else. */
const STATE = ['previous_response_id', 'conversation', 'prompt', 'background'] as const

type Known = Partial<Readonly<Record<(typeof FIELDS)[number], unknown>>>

/** The body of `POST /v1/responses`. */
export function parseRequest(body: unknown): DoorRequest {
  const { known, rest } = split(body, 'body', [...FIELDS, ...EXTENSIONS])
  const required = STATE.filter((field) => ![undefined, null, false].includes(rest[field] as null))
  if (known.input === undefined && required.length === 0)
    throw invalid('input', 'is missing: a string or a list of items')
  const model = requiredText(known.model, 'model')
  const instructions = optionalText(known.instructions, 'instructions') || undefined
  const { systemPrompt = instructions, messages } = parseInput(known.input, instructions !== undefined)
  const tools = parseTools(known.tools)
  const { options, wire } = parseOptions(known)
  return {
    model,
    stream: optionalBoolean(known.stream, 'stream') ?? false,
    context: {
      ...(systemPrompt === undefined ? {} : { systemPrompt }),
      messages,
      ...(tools.functions.length === 0 ? {} : { tools: tools.functions }),
    },
    options,
    wire: {
      protocol: OPENAI_RESPONSES,
      fields: { ...rest, ...wire, ...(tools.builtIn.length === 0 ? {} : { tools: tools.builtIn }) },
      ...(required.length === 0 ? {} : { required }),
    },
    includeUsage: true,
    extensions: Object.fromEntries(
      EXTENSIONS.filter((name) => known[name] !== undefined).map((name) => [name, known[name]]),
    ),
  }
}

interface Parsed {
  readonly options: GenerationOptions
  readonly wire: JsonObject
}

function parseOptions(known: Known): Parsed {
  const temperature = optionalNumber(known.temperature, 'temperature')
  const topP = optionalNumber(known.top_p, 'top_p')
  const maxTokens = parseLimit(known.max_output_tokens)
  const parallelToolCalls = optionalBoolean(known.parallel_tool_calls, 'parallel_tool_calls')
  const user = optionalText(known.user, 'user')
  const metadata = parseMetadata(known.metadata)
  const choice = parseToolChoice(known.tool_choice)
  const text = parseText(known.text)
  const reasoning = parseReasoning(known.reasoning)
  return {
    options: {
      ...(temperature === undefined ? {} : { temperature }),
      ...(topP === undefined ? {} : { topP }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(parallelToolCalls === undefined ? {} : { parallelToolCalls }),
      ...(user === undefined ? {} : { user }),
      ...(metadata === undefined ? {} : { metadata }),
      ...choice.options,
      ...text.options,
      ...reasoning.options,
    },
    wire: { ...choice.wire, ...text.wire, ...reasoning.wire },
  }
}

function parseLimit(value: unknown): number | undefined {
  const limit = optionalNumber(value, 'max_output_tokens')
  if (limit === undefined || (Number.isInteger(limit) && limit > 0)) return limit
  throw invalid('max_output_tokens', 'must be a whole number above 0')
}

function parseMetadata(value: unknown): Record<string, string> | undefined {
  const metadata = optionalObject(value, 'metadata')
  if (metadata === undefined || isEmpty(metadata)) return undefined
  return Object.fromEntries(
    Object.entries(metadata).map(([key, entry]) => {
      if (typeof entry !== 'string') throw invalid(`metadata.${key}`, 'must be a string')
      return [key, entry]
    }),
  )
}

function parseTools(value: unknown): { functions: Tool[]; builtIn: JsonObject[] } {
  if (value !== undefined && !Array.isArray(value)) throw invalid('tools', 'must be a list')
  const functions: Tool[] = []
  const builtIn: JsonObject[] = []
  for (const [index, tool] of (value ?? []).entries()) {
    const param = `tools[${index}]`
    if (isObject(tool) && tool['type'] !== 'function') {
      requiredText(tool['type'], `${param}.type`)
      builtIn.push(tool)
    } else functions.push(parseFunction(tool, param))
  }
  return { functions, builtIn }
}

function parseFunction(value: unknown, param: string): Tool {
  const { known, rest } = split(value, param, ['type', 'name', 'description', 'parameters', 'strict'])
  if ('function' in rest && known.name === undefined)
    throw invalid(
      `${param}.name`,
      'is missing: in this API a function stands directly in its tool, not under "function"',
    )
  const description = optionalText(known.description, `${param}.description`)
  const strict = optionalBoolean(known.strict, `${param}.strict`)
  return {
    name: requiredText(known.name, `${param}.name`),
    ...(description === undefined ? {} : { description }),
    parameters: optionalObject(known.parameters, `${param}.parameters`) ?? { type: 'object', properties: {} },
    ...(strict === undefined ? {} : { strict }),
    ...keepExtras(rest),
  }
}

/** What `toolChoice` cannot say (built-in tools, several allowed ones) stays for a provider of this protocol. */
function parseToolChoice(value: unknown): Parsed {
  if (value === undefined) return { options: {}, wire: {} }
  const asChoice = (toolChoice: ToolChoice): Parsed => ({ options: { toolChoice }, wire: {} })
  if (value === 'auto' || value === 'none' || value === 'required') return asChoice(value)
  if (!isObject(value)) throw invalid('tool_choice', 'must be auto, none, required or an object')
  if (value['type'] === 'function') return asChoice({ tool: requiredText(value['name'], 'tool_choice.name') })
  requiredText(value['type'], 'tool_choice.type')
  return { options: {}, wire: { tool_choice: value } }
}

function parseText(value: unknown): Parsed {
  if (value === undefined) return { options: {}, wire: {} }
  const { known, rest } = split(value, 'text', ['format'])
  const responseFormat = known.format === undefined ? undefined : parseFormat(known.format)
  const wire = { ...rest, ...(known.format !== undefined && !responseFormat ? { format: known.format } : {}) }
  return { options: responseFormat ? { responseFormat } : {}, wire: isEmpty(wire) ? {} : { text: wire } }
}

/** Undefined for a format of another kind. */
function parseFormat(value: unknown): ResponseFormat | undefined {
  const at = (field: string): string => `text.format.${field}`
  const { known } = split(value, 'text.format', ['type', 'name', 'description', 'schema', 'strict'])
  if (known.type === 'text') return { type: 'text' }
  if (known.type === 'json_object') return { type: 'json' }
  if (requiredText(known.type, at('type')) !== 'json_schema') return undefined
  const schema = optionalObject(known.schema, at('schema'))
  if (schema === undefined) throw invalid(at('schema'), 'is missing: the JSON Schema of the answer')
  const description = optionalText(known.description, at('description'))
  const strict = optionalBoolean(known.strict, at('strict'))
  return {
    type: 'json',
    schema,
    name: requiredText(known.name, at('name')),
    ...(description === undefined ? {} : { description }),
    ...(strict === undefined ? {} : { strict }),
  }
}

function parseReasoning(value: unknown): Parsed {
  if (value === undefined) return { options: {}, wire: {} }
  const { known, rest } = split(value, 'reasoning', ['effort'])
  const effort = optionalText(known.effort, 'reasoning.effort')
  const reasoning = readEffort(effort)
  const wire = { ...rest, ...(effort !== undefined && reasoning === undefined ? { effort } : {}) }
  return {
    options: reasoning === undefined ? {} : { reasoning },
    wire: isEmpty(wire) ? {} : { reasoning: wire },
  }
}
