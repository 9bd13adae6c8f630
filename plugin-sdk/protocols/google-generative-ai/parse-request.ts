import type { Tool } from '../../messages.ts'
import type { GenerationOptions, ResponseFormat, ToolChoice } from '../../options.ts'
import type { DoorRequest } from '../protocol.ts'
import { listOf, type JsonObject } from './json.ts'
import { GOOGLE } from './name.ts'
import { parseContents } from './parse-contents.ts'
import {
  hasFields,
  invalid,
  optionalNumber,
  optionalObject,
  optionalText,
  requiredText,
  split,
} from './request-fields.ts'
import { toJsonSchema } from './schema.ts'
import { readThinking } from './thinking.ts'

const EXTENSIONS = ['routing', 'budget', 'response'] as const
const BODY = [
  'model',
  'stream',
  'alt',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
] as const

/** A body of generateContent, into which `model`, `stream` and `alt` were put from its URL. */
export function parseRequest(body: unknown): DoorRequest {
  const { known, rest } = split(body, 'body', [...BODY, ...EXTENSIONS])
  const messages = parseContents(known.contents)
  const system = parseSystem(known.systemInstruction)
  const tools = parseTools(known.tools)
  const choice = parseToolConfig(known.toolConfig)
  const config = parseGenerationConfig(known.generationConfig)
  return {
    model: requiredText(known.model, 'model').replace(/^models\//, ''),
    stream: known.stream === true,
    context: {
      ...(system.prompt === '' ? {} : { systemPrompt: system.prompt }),
      messages,
      ...(tools.declared.length > 0 ? { tools: tools.declared } : {}),
    },
    options: { ...config.options, ...(choice.toolChoice === undefined ? {} : { toolChoice: choice.toolChoice }) },
    wire: {
      protocol: GOOGLE,
      fields: {
        ...rest,
        ...system.wire,
        ...(tools.builtIn.length > 0 ? { tools: tools.builtIn } : {}),
        ...(hasFields(choice.rest) ? { toolConfig: choice.rest } : {}),
        ...(hasFields(config.rest) ? { generationConfig: config.rest } : {}),
      },
    },
    includeUsage: true,
    ...(known.stream === true && known.alt === 'json' ? { asJsonList: true } : {}),
    extensions: Object.fromEntries(
      EXTENSIONS.filter((name) => known[name] !== undefined).map((name) => [name, known[name]]),
    ),
  }
}

/** A body of countTokens, into which `model` was put from its URL: some turns, or a whole request. */
export function parseCountRequest(body: unknown): DoorRequest {
  const { known, rest } = split(body, 'body', ['model', 'generateContentRequest'])
  const whole = optionalObject(known.generateContentRequest, 'generateContentRequest') ?? rest
  return parseRequest({ ...whole, model: known.model })
}

/** Its texts are our prompt; one with other parts goes to a provider of this protocol as it came. */
function parseSystem(value: unknown): { prompt: string; wire: JsonObject } {
  if (value === undefined || typeof value === 'string') return { prompt: value ?? '', wire: {} }
  const { known } = split(value, 'systemInstruction', ['parts', 'role'])
  const parts = listOf(known.parts).map((part, index) => {
    const param = `systemInstruction.parts[${index}]`
    const { known: fields, rest } = split(part, param, ['text'])
    return { text: optionalText(fields.text, `${param}.text`), plain: !hasFields(rest) }
  })
  const prompt = parts.flatMap(({ text }) => (text === undefined ? [] : [text])).join('\n')
  return { prompt, wire: parts.every(({ plain }) => plain) ? {} : { systemInstruction: value } }
}

function parseTools(value: unknown): { declared: Tool[]; builtIn: JsonObject[] } {
  const declared: Tool[] = []
  const builtIn: JsonObject[] = []
  for (const [index, tool] of listOf(value).entries()) {
    const { known, rest } = split(tool, `tools[${index}]`, ['functionDeclarations'])
    for (const [at, declaration] of listOf(known.functionDeclarations).entries())
      declared.push(parseDeclaration(declaration, `tools[${index}].functionDeclarations[${at}]`))
    if (hasFields(rest)) builtIn.push(rest)
  }
  return { declared, builtIn }
}

function parseDeclaration(value: unknown, param: string): Tool {
  const { known, rest } = split(value, param, ['name', 'description', 'parameters', 'parametersJsonSchema'])
  const schema = optionalObject(known.parametersJsonSchema, `${param}.parametersJsonSchema`)
  const googleSchema = optionalObject(known.parameters, `${param}.parameters`)
  const description = optionalText(known.description, `${param}.description`)
  return {
    name: requiredText(known.name, `${param}.name`),
    ...(description === undefined ? {} : { description }),
    parameters: schema ?? (googleSchema ? toJsonSchema(googleSchema) : { type: 'object', properties: {} }),
    ...(hasFields(rest) ? { providerMetadata: { [GOOGLE]: rest } } : {}),
  }
}

/** What `toolChoice` cannot say (several allowed names, VALIDATED) stays in `rest` for a provider of this protocol. */
function parseToolConfig(value: unknown): { toolChoice?: ToolChoice; rest: JsonObject } {
  if (value === undefined) return { rest: {} }
  const { known, rest } = split(value, 'toolConfig', ['functionCallingConfig'])
  if (known.functionCallingConfig === undefined) return { rest }
  const param = 'toolConfig.functionCallingConfig'
  const { known: calling, rest: more } = split(known.functionCallingConfig, param, ['mode', 'allowedFunctionNames'])
  const allowed = listOf(calling.allowedFunctionNames)
  const [only] = allowed
  const keep = (fields: JsonObject): JsonObject => {
    const kept = { ...more, ...fields }
    return hasFields(kept) ? { ...rest, functionCallingConfig: kept } : rest
  }
  const names = allowed.length > 0 ? { allowedFunctionNames: allowed } : {}
  switch (calling.mode ?? 'MODE_UNSPECIFIED') {
    case 'MODE_UNSPECIFIED':
      return { rest: keep(names) }
    case 'AUTO':
      return { toolChoice: 'auto', rest: keep(names) }
    case 'NONE':
      return { toolChoice: 'none', rest: keep(names) }
    case 'VALIDATED':
      return { toolChoice: 'auto', rest: keep({ mode: 'VALIDATED', ...names }) }
    case 'ANY':
      return allowed.length === 1 && typeof only === 'string'
        ? { toolChoice: { tool: only }, rest: keep({}) }
        : { toolChoice: 'required', rest: keep(names) }
    default:
      throw invalid(`${param}.mode`, 'must be AUTO, ANY, NONE or VALIDATED')
  }
}

const NUMBERS = {
  temperature: 'temperature',
  topP: 'topP',
  topK: 'topK',
  maxOutputTokens: 'maxTokens',
  seed: 'seed',
  presencePenalty: 'presencePenalty',
  frequencyPenalty: 'frequencyPenalty',
} as const satisfies Record<string, keyof GenerationOptions>
const NUMBER_NAMES = Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]
const FORMAT = ['responseMimeType', 'responseSchema', 'responseJsonSchema'] as const

function parseGenerationConfig(value: unknown): { options: GenerationOptions; rest: JsonObject } {
  if (value === undefined) return { options: {}, rest: {} }
  const at = (name: string): string => `generationConfig.${name}`
  const names = [...NUMBER_NAMES, ...FORMAT, 'stopSequences', 'thinkingConfig'] as const
  const { known, rest } = split(value, 'generationConfig', names)
  const numbers = Object.fromEntries(
    NUMBER_NAMES.flatMap((name) => {
      const number = optionalNumber(known[name], at(name))
      return number === undefined ? [] : [[NUMBERS[name], number]]
    }),
  )
  const stop = listOf(known.stopSequences).map((text, index) => requiredText(text, at(`stopSequences[${index}]`)))
  const reasoning = readThinking(known.thinkingConfig)
  const format = parseFormat(known, at)
  return {
    options: {
      ...numbers,
      ...(stop.length > 0 ? { stop } : {}),
      ...(reasoning === undefined ? {} : { reasoning }),
      ...(format.responseFormat === undefined ? {} : { responseFormat: format.responseFormat }),
    },
    rest: {
      ...rest,
      ...format.rest,
      ...(known.thinkingConfig === undefined ? {} : { thinkingConfig: known.thinkingConfig }),
    },
  }
}

type FormatFields = Partial<Readonly<Record<(typeof FORMAT)[number], unknown>>>

function parseFormat(
  fields: FormatFields,
  at: (name: string) => string,
): { responseFormat?: ResponseFormat; rest: JsonObject } {
  const type = optionalText(fields.responseMimeType, at('responseMimeType'))
  const schema = optionalObject(fields.responseJsonSchema, at('responseJsonSchema'))
  const googleSchema = optionalObject(fields.responseSchema, at('responseSchema'))
  if (type === 'application/json') {
    const found = schema ?? (googleSchema ? toJsonSchema(googleSchema) : undefined)
    return { responseFormat: { type: 'json', ...(found === undefined ? {} : { schema: found }) }, rest: {} }
  }
  if (type === 'text/plain') return { responseFormat: { type: 'text' }, rest: {} }
  // Other kinds, as text/x.enum, have no unified name.
  const rest = Object.fromEntries(
    FORMAT.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]),
  )
  return { rest }
}
