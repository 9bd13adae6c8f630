import type { GenerationOptions, ReasoningLevel, ResponseFormat } from '../../options.ts'
import {
  countAt,
  flagAt,
  invalid,
  isGiven,
  listAt,
  nameAt,
  numberAt,
  objectAt,
  optionalFlag,
  optionalText,
  textAt,
} from './door-check.ts'
import type { JsonObject } from './json.ts'
import { parseToolChoice } from './parse-tools.ts'

export type WritableOptions = { -readonly [K in keyof GenerationOptions]: GenerationOptions[K] }

/**
 * Reads one field of a body into the options; false when it is not one that can be read by itself. A switch and not a table,
 * because every field of every request comes through here.
 */
export function readOption(options: WritableOptions, name: string, value: unknown): boolean {
  switch (name) {
    case 'temperature':
      if (isGiven(value)) options.temperature = numberAt(value, name, 0, 2)
      return true
    case 'top_p':
      if (isGiven(value)) options.topP = numberAt(value, name, 0, 1)
      return true
    case 'top_k':
      if (isGiven(value)) options.topK = countAt(value, name, -1)
      return true
    case 'max_completion_tokens':
      if (isGiven(value)) options.maxTokens = countAt(value, name)
      return true
    case 'max_tokens':
      // The older name; the newer one counts where both are given.
      if (isGiven(value)) options.maxTokens ??= countAt(value, name)
      return true
    case 'stop':
      if (isGiven(value)) readStop(options, value)
      return true
    case 'seed':
      if (isGiven(value)) options.seed = countAt(value, name, Number.MIN_SAFE_INTEGER)
      return true
    case 'presence_penalty':
      if (isGiven(value)) options.presencePenalty = numberAt(value, name, -2, 2)
      return true
    case 'frequency_penalty':
      if (isGiven(value)) options.frequencyPenalty = numberAt(value, name, -2, 2)
      return true
    case 'parallel_tool_calls':
      if (isGiven(value)) options.parallelToolCalls = flagAt(value, name)
      return true
    case 'user':
      if (isGiven(value)) options.user = textAt(value, name)
      return true
    case 'metadata':
      if (isGiven(value)) options.metadata = metadataAt(value, name)
      return true
    default:
      return false
  }
}

/** Reads the others; gives known fields whose value has no unified form. */
export function readChoices(options: WritableOptions, body: JsonObject): JsonObject | undefined {
  const { toolChoice, other } = parseToolChoice(body)
  const format = parseFormat(body['response_format'])
  const reasoning = parseReasoning(body['reasoning_effort'])
  if (toolChoice !== undefined) options.toolChoice = toolChoice
  if (format !== undefined) options.responseFormat = format
  if (reasoning !== undefined) options.reasoning = reasoning
  let leftOver: Record<string, unknown> | undefined
  if (other !== undefined) (leftOver ??= {})['tool_choice'] = other
  if (format === undefined && isGiven(body['response_format']))
    (leftOver ??= {})['response_format'] = body['response_format']
  if (reasoning === undefined && isGiven(body['reasoning_effort']))
    (leftOver ??= {})['reasoning_effort'] = body['reasoning_effort']
  return leftOver
}

function readStop(options: WritableOptions, value: unknown): void {
  const list = typeof value === 'string' ? [value] : listAt(value, 'stop', 'a text or a list of texts')
  if (!list.every((item) => typeof item === 'string')) throw invalid('stop', 'a text or a list of texts')
  if (list.length > 0) options.stop = list
}

function metadataAt(value: unknown, param: string): Readonly<Record<string, string>> {
  const metadata = objectAt(value, param)
  for (const [name, text] of Object.entries(metadata))
    if (typeof text !== 'string') throw invalid(`${param}.${name}`, 'a text')
  return metadata as Readonly<Record<string, string>>
}

const LEVELS: readonly ReasoningLevel[] = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/** Words of one host alone (`default` at Groq) stay among the fields that are passed on. */
function parseReasoning(value: unknown): ReasoningLevel | undefined {
  const word = optionalText(value, 'reasoning_effort')
  return word === 'none' ? 'off' : LEVELS.find((level) => level === word)
}

function parseFormat(value: unknown): ResponseFormat | undefined {
  if (!isGiven(value)) return undefined
  const format = objectAt(value, 'response_format')
  const type = nameAt(format['type'], 'response_format.type')
  if (type === 'text') return { type }
  if (type === 'json_object') return { type: 'json' }
  if (type !== 'json_schema') return undefined
  const outer = objectAt(format['json_schema'], 'response_format.json_schema')
  // A schema without a schema is legal, and has no unified form.
  if (!isGiven(outer['schema'])) return undefined
  const description = optionalText(outer['description'], 'response_format.json_schema.description')
  const strict = optionalFlag(outer['strict'], 'response_format.json_schema.strict')
  return {
    type: 'json',
    schema: objectAt(outer['schema'], 'response_format.json_schema.schema'),
    name: nameAt(outer['name'], 'response_format.json_schema.name'),
    ...(description === undefined ? {} : { description }),
    ...(strict === undefined ? {} : { strict }),
  }
}
