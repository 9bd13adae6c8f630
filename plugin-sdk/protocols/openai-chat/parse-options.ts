import type { GenerationOptions, ReasoningLevel, ResponseFormat } from '../../options.ts'
import {
  invalid,
  isGiven,
  listAt,
  nameAt,
  objectAt,
  optionalCount,
  optionalFlag,
  optionalNumber,
  optionalText,
} from './door-check.ts'
import type { JsonObject } from './json.ts'
import { parseToolChoice } from './parse-tools.ts'

export interface ParsedOptions {
  readonly options: GenerationOptions
  /** Known fields whose value has no unified form. */
  readonly leftOver: JsonObject | undefined
}

export function parseOptions(body: JsonObject): ParsedOptions {
  const choice = parseToolChoice(body)
  const format = parseFormat(body['response_format'])
  const reasoning = parseReasoning(body['reasoning_effort'])
  const options: Writable<GenerationOptions> = {}
  put(options, 'temperature', optionalNumber(body['temperature'], 'temperature', 0, 2))
  put(options, 'topP', optionalNumber(body['top_p'], 'top_p', 0, 1))
  put(options, 'topK', optionalCount(body['top_k'], 'top_k', -1))
  const maxTokens = optionalCount(body['max_completion_tokens'], 'max_completion_tokens')
  put(options, 'maxTokens', maxTokens ?? optionalCount(body['max_tokens'], 'max_tokens'))
  put(options, 'stop', parseStop(body['stop']))
  put(options, 'seed', optionalCount(body['seed'], 'seed', Number.MIN_SAFE_INTEGER))
  put(options, 'presencePenalty', optionalNumber(body['presence_penalty'], 'presence_penalty', -2, 2))
  put(options, 'frequencyPenalty', optionalNumber(body['frequency_penalty'], 'frequency_penalty', -2, 2))
  put(options, 'parallelToolCalls', optionalFlag(body['parallel_tool_calls'], 'parallel_tool_calls'))
  put(options, 'user', optionalText(body['user'], 'user'))
  put(options, 'metadata', parseMetadata(body['metadata']))
  put(options, 'toolChoice', choice.toolChoice)
  put(options, 'responseFormat', format)
  put(options, 'reasoning', reasoning)
  let leftOver: Record<string, unknown> | undefined
  if (choice.other !== undefined) (leftOver ??= {})['tool_choice'] = choice.other
  if (format === undefined && isGiven(body['response_format']))
    (leftOver ??= {})['response_format'] = body['response_format']
  if (reasoning === undefined && isGiven(body['reasoning_effort']))
    (leftOver ??= {})['reasoning_effort'] = body['reasoning_effort']
  return { options, leftOver }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

function put<K extends keyof GenerationOptions>(
  options: Writable<GenerationOptions>,
  name: K,
  value: GenerationOptions[K] | undefined,
): void {
  if (value !== undefined) options[name] = value
}

function parseStop(value: unknown): readonly string[] | undefined {
  if (!isGiven(value)) return undefined
  if (typeof value === 'string') return [value]
  const list = listAt(value, 'stop', 'a text or a list of texts')
  if (!list.every((item) => typeof item === 'string')) throw invalid('stop', 'a text or a list of texts')
  return list.length === 0 ? undefined : list
}

function parseMetadata(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isGiven(value)) return undefined
  const metadata = objectAt(value, 'metadata')
  for (const [name, text] of Object.entries(metadata))
    if (typeof text !== 'string') throw invalid(`metadata.${name}`, 'a text')
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
