import type { DoorRequest } from '../protocol.ts'
import { isEmpty, isObject, type JsonObject } from './json.ts'
import { ANTHROPIC } from './name.ts'
import { parseMessages, parseSystem } from './parse-messages.ts'
import { parseOutputConfig, parseOutputFormat, parseThinking } from './parse-output.ts'
import { parseToolChoice, parseTools } from './parse-tools.ts'
import { invalid, listAt, objectAt, optional, required } from './read.ts'

/** Names what the provider keeps: without it the request asks something else. */
const STATE = ['container']

/** Plugboard's own fields of a request. */
const EXTENSIONS: ReadonlySet<string> = new Set(['routing', 'budget', 'response'])

export function parseRequest(value: unknown): DoorRequest {
  if (!isObject(value)) throw invalid('body', 'must be a JSON object')
  const { model, messages, max_tokens, system, tools, tool_choice, stream, metadata, ...others } = value
  const { temperature, top_p, top_k, stop_sequences, thinking, output_config, output_format, ...rest } = others
  const instructions = parseSystem(system)
  const parsedTools = parseTools(tools)
  const thoughts = parseThinking(thinking)
  // Where two speak of the same thing, the later one is the surer.
  const said = [
    parseToolChoice(tool_choice),
    thoughts,
    parseOutputFormat(output_format),
    parseOutputConfig(output_config, thoughts.options.reasoning === 'off'),
  ]
  const { user_id, ...moreMetadata } = objectAt(metadata ?? {}, 'metadata')
  const [extensions, unknown] = split(rest)
  const needed = STATE.filter((field) => (unknown[field] ?? undefined) !== undefined)
  const exact = joined([...said.map((part) => part.exact), parsedTools.exact, given('system', instructions.blocks)])

  return {
    model: readModel(model),
    context: {
      ...given('systemPrompt', instructions.text),
      messages: parseMessages(messages),
      ...(parsedTools.tools.length === 0 ? {} : { tools: parsedTools.tools }),
    },
    options: {
      maxTokens: readMaxTokens(max_tokens),
      ...given('temperature', optional(temperature, 'number', 'temperature')),
      ...given('topP', optional(top_p, 'number', 'top_p')),
      ...given('topK', optional(top_k, 'number', 'top_k')),
      ...given('stop', readStop(stop_sequences)),
      ...given('user', optional(user_id, 'string', 'metadata.user_id')),
      ...joined(said.map((part) => part.options)),
    },
    stream: optional(stream, 'boolean', 'stream') ?? false,
    wire: {
      protocol: ANTHROPIC,
      fields: {
        ...unknown,
        ...parsedTools.fields,
        ...joined(said.map((part) => part.fields)),
        ...(isEmpty(moreMetadata) ? {} : { metadata: moreMetadata }),
      },
      ...(isEmpty(exact) ? {} : { exact }),
      ...(needed.length === 0 ? {} : { required: needed }),
    },
    includeUsage: true,
    extensions,
  }
}

const joined = <T extends object>(parts: readonly T[]): T => Object.assign({}, ...parts) as T

const given = <Name extends string, T>(name: Name, value: T | undefined): { readonly [K in Name]?: T } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [K in Name]: T })

function split(rest: JsonObject): readonly [extensions: JsonObject, fields: JsonObject] {
  const extensions: Record<string, unknown> = {}
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(rest)) (EXTENSIONS.has(name) ? extensions : fields)[name] = value
  return [extensions, fields]
}

function readModel(value: unknown): string {
  const model = required(value, 'string', 'model')
  if (model.trim() === '') throw invalid('model', 'must not be empty')
  return model
}

function readMaxTokens(value: unknown): number {
  const maxTokens = required(value, 'number', 'max_tokens')
  // 0 is allowed: it fills the provider's prompt cache without an answer.
  if (!Number.isInteger(maxTokens) || maxTokens < 0) throw invalid('max_tokens', 'must be a whole number, 0 or more')
  return maxTokens
}

function readStop(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  return listAt(value, 'stop_sequences').map((entry, index) => required(entry, 'string', `stop_sequences[${index}]`))
}
