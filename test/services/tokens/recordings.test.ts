import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Context, Message, Tool, UserContent } from '@plugboard/sdk'
import { countInput } from '../../../core/services/tokens/count-input.ts'

const folder = join(import.meta.dirname, '../../../../shared/fixtures')
const present = existsSync(join(folder, 'INDEX.json'))

interface Recording {
  readonly file: string
  readonly api: string
  readonly status: number
  readonly features: readonly string[]
}

interface Counted {
  readonly file: string
  readonly real: number
  readonly likely: number
  readonly most: number
}

/** What providers add by themselves, on top of what was sent: nobody can count that before. */
const ADDED_BY_PROVIDER =
  /web_search|cached_content|file_search|compound|native_options|server_tool|native_output|structured_outputs/

type Json = Readonly<Record<string, unknown>>
const list = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : [])
const string = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Requests of plain text and tools, whose reported input can be compared. */
function readChat(body: Json): Context | undefined {
  const messages: Message[] = []
  for (const { content, tool_calls: calls } of list(body['messages'])) {
    if (typeof content !== 'string' && content !== null) return undefined
    const called = list(calls).map((call) => ({ type: 'text', text: JSON.stringify(call['function']) }) as const)
    messages.push({ role: 'user', content: [{ type: 'text', text: string(content) }, ...called] })
  }
  const tools = list(body['tools']).map((tool) => toolOf(tool['function'] as Json | undefined, 'parameters'))
  return { messages, tools }
}

function readAnthropic(body: Json): Context | undefined {
  const messages: Message[] = []
  for (const { content } of list(body['messages'])) {
    const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : list(content)
    if (parts.some(({ type }) => type !== 'text' && type !== 'tool_use' && type !== 'tool_result')) return undefined
    const texts = parts.map((part): UserContent => ({
      type: 'text',
      text: string(part['text']) || JSON.stringify(part),
    }))
    messages.push({ role: 'user', content: texts })
  }
  const tools = list(body['tools']).map((tool) => toolOf(tool, 'input_schema'))
  const systemPrompt =
    string(body['system']) ||
    list(body['system'])
      .map(({ text }) => string(text))
      .join('')
  return { messages, tools, systemPrompt }
}

const toolOf = (tool: Json | undefined, schema: string): Tool => ({
  name: string(tool?.['name']),
  description: string(tool?.['description']),
  parameters: (tool?.[schema] as Json | undefined) ?? {},
})

/** The JSON Schema an answer must follow, wherever the protocol keeps it. */
function schemaIn(body: Json): Json | undefined {
  const at = (value: unknown, key: string): unknown => (value as Json | undefined)?.[key]
  const format =
    at(body['output_config'], 'format') ?? body['output_format'] ?? at(body['response_format'], 'json_schema')
  return at(format, 'schema') as Json | undefined
}

const highest = (text: string, field: string): number =>
  [...text.matchAll(new RegExp(`"${field}":\\s*(\\d+)`, 'g'))].reduce(
    (most, [, count]) => Math.max(most, Number(count)),
    0,
  )

function counted({ file, api }: Recording): Counted | undefined {
  const { request, response } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
    request?: { body?: Json | string }
    response: { body?: string }
  }
  const { body } = request ?? {}
  if (typeof body !== 'object' || JSON.stringify(body).includes('<elided')) return undefined
  const told = response.body ?? ''
  const context = api === 'openai-chat' ? readChat(body) : readAnthropic(body)
  const real =
    api === 'openai-chat'
      ? highest(told, 'prompt_tokens')
      : highest(told, 'input_tokens') +
        highest(told, 'cache_read_input_tokens') +
        highest(told, 'cache_creation_input_tokens')
  if (context === undefined || context.messages.length === 0 || real === 0) return undefined
  const schema = schemaIn(body)
  return {
    file,
    real,
    ...countInput(context, schema === undefined ? {} : { responseFormat: { type: 'json', schema } }),
  }
}

describe.skipIf(!present)('recorded requests', () => {
  const recordings = present ? (JSON.parse(readFileSync(join(folder, 'INDEX.json'), 'utf8')) as Recording[]) : []
  const all = recordings
    .filter(({ api, status }) => status === 200 && (api === 'openai-chat' || api === 'anthropic-messages'))
    .filter(({ file, features }) => !ADDED_BY_PROVIDER.test(file) && !features.includes('server-tool'))
    .map(counted)
    .filter((one) => one !== undefined)

  test('there are enough to tell', () => {
    expect(all.length).toBeGreaterThan(100)
  })

  test('no provider counted more tokens than the bound', () => {
    expect(all.filter(({ real, most }) => real > most)).toEqual([])
  })

  test('in the middle the count is right within a third, where a request is more than its wrapping', () => {
    const ratios = all.filter(({ real }) => real > 400).map(({ real, likely }) => likely / real)
    const median = ratios.toSorted((one, other) => one - other)[Math.floor(ratios.length / 2)] ?? 0
    expect(ratios.length).toBeGreaterThan(15)
    expect(median).toBeGreaterThan(2 / 3)
    expect(median).toBeLessThan(4 / 3)
  })
})
