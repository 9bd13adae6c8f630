import { describe, expect, test } from 'vitest'
import { isProviderError } from '../../../plugin-sdk/errors.ts'
import { openaiResponses } from '../../../plugin-sdk/protocols/openai-responses/index.ts'
import { present, recordings, type Recording } from './recordings.ts'
import {
  collect,
  encode,
  failureOf,
  request,
  sendJson,
  sendSse,
  startUpstream,
  thinker,
  type Collected,
  type Json,
} from './support.ts'

interface Item extends Json {
  readonly type: string
  readonly content?: readonly { readonly type: string; readonly text?: string; readonly refusal?: string }[]
  readonly summary?: readonly { readonly text: string }[]
}

/** How a recording ends; in a stream, the last event that has a word on it. */
function endOf({ stream, payloads }: Recording): Json | undefined {
  if (!stream) return payloads[0]
  const end = payloads.findLast(({ type }) => /^response\.(completed|incomplete|failed)$/.test(String(type)))
  return end?.['response'] as Json | undefined
}

function itemsOf({ stream, payloads }: Recording): Item[] {
  if (!stream) return (payloads[0]?.['output'] ?? []) as Item[]
  return payloads
    .filter(({ type }) => type === 'response.output_item.done')
    .toSorted((a, b) => Number(a['output_index']) - Number(b['output_index']))
    .map(({ item }) => item as Item)
}

const isFinished = (recording: Recording): boolean => {
  const end = endOf(recording)
  return recording.status === 200 && String(end?.['status']).startsWith('complete') && Array.isArray(end?.['output'])
}

interface RecordedUsage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly input_tokens_details?: { readonly cached_tokens?: number; readonly cache_write_tokens?: number }
}

/** What the recording says, read in the plainest way. */
function said(recording: Recording) {
  const items = itemsOf(recording)
  const calls = items.filter(({ type }) => type === 'function_call')
  const usage = endOf(recording)?.['usage'] as RecordedUsage | null | undefined
  const { cached_tokens: cached = 0, cache_write_tokens: written = 0 } = usage?.input_tokens_details ?? {}
  return {
    text: items
      .filter(({ type }) => type === 'message')
      .flatMap(({ content = [] }) => content.map((part) => part.text ?? part.refusal ?? ''))
      .filter((text) => text !== ''),
    calls: calls.map(({ name, call_id, id, arguments: args }) => ({
      name,
      id: `${String(call_id)}|${String(id)}`,
      arguments: JSON.parse(String(args)) as unknown,
    })),
    thinking: items
      .filter(({ type }) => type === 'reasoning')
      .map(({ summary = [], content = [] }) =>
        (summary.length > 0 ? summary : content).map(({ text }) => text ?? '').join('\n\n'),
      ),
    encrypted: items.filter(({ type }) => type === 'reasoning').map((item) => item['encrypted_content'] ?? null),
    hosted: inAnyOrder(items.filter(({ type }) => !/^(message|function_call|reasoning)$/.test(type))),
    reason: calls.length > 0 ? 'toolUse' : 'stop',
    usage: usage
      ? {
          input: usage.input_tokens - cached - written,
          output: usage.output_tokens,
          cacheRead: cached,
          cacheWrite: written,
          total: usage.total_tokens,
        }
      : undefined,
  }
}

/** Some hosts work on several at once; we tell each when it is whole. */
const inAnyOrder = (items: readonly Item[]): string[] => items.map((item) => JSON.stringify(item)).toSorted()

/** The same, of what our provider made of it. */
function told({ content, finish }: Collected): ReturnType<typeof said> {
  const thoughts = content.filter((part) => part.type === 'thinking')
  const opaque = content.filter((part) => part.type === 'opaque')
  const items = thoughts.map(({ thinkingSignature = '' }) => JSON.parse(thinkingSignature) as Item)
  const usage = finish?.usage
  return {
    text: content.flatMap((part) => (part.type === 'text' ? [part.text] : [])),
    calls: content.flatMap((part) =>
      part.type === 'toolCall' ? [{ name: part.name, id: part.id, arguments: part.arguments }] : [],
    ),
    thinking: thoughts.map(({ thinking }) => thinking),
    encrypted: items.map((item) => item['encrypted_content'] ?? null),
    hosted: inAnyOrder(opaque.map(({ value }) => value as Item)),
    reason: String(finish?.reason),
    usage: usage && {
      input: usage.input,
      output: usage.output,
      cacheRead: usage.cacheRead,
      cacheWrite: usage.cacheWrite,
      total: usage.totalTokens,
    },
  }
}

async function replay(recording: Recording): Promise<Collected> {
  await using upstream = await startUpstream((response) => {
    if (recording.stream) sendSse(response, recording.text)
    else sendJson(response, recording.text, recording.status)
  })
  return await collect(upstream.provider(), request({ stream: recording.stream, model: thinker() }))
}

/** What the plain reading above gets wrong, with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'vercel-ai/openai/responses/openai-shell-container.1.chunks.txt#0': 'shortened by hand: deltas and whole text differ',
}

describe.skipIf(!present)('recorded answers of the Responses API', () => {
  test('every finished one gives the same text, thoughts, calls, usage and stop reason', async () => {
    const seen: Record<string, Record<string, number>> = {}
    for (const recording of recordings.filter(isFinished)) {
      const { name, provider } = recording
      if (name in EXCEPTIONS) continue
      const answer = await replay(recording)
      expect({ name, ...told(answer) }).toEqual({ name, ...said(recording) })
      const count = (seen[provider] ??= {
        answers: 0,
        streams: 0,
        texts: 0,
        calls: 0,
        thoughts: 0,
        hosted: 0,
        cached: 0,
      })
      const { content, finish } = answer
      count['answers']!++
      count['streams']! += recording.stream ? 1 : 0
      count['texts']! += content.filter(({ type }) => type === 'text').length
      count['calls']! += content.filter(({ type }) => type === 'toolCall').length
      count['thoughts']! += content.filter(({ type }) => type === 'thinking').length
      count['hosted']! += content.filter(({ type }) => type === 'opaque').length
      count['cached']! += (finish?.usage?.cacheRead ?? 0) > 0 ? 1 : 0
    }
    console.table(seen)
    const providers = ['azure', 'bedrock', 'deepseek', 'lmstudio', 'openai', 'openrouter', 'xai']
    expect(Object.keys(seen)).toEqual(expect.arrayContaining(providers))
    expect(Object.values(seen).reduce((sum, { answers = 0 }) => sum + answers, 0)).toBeGreaterThan(200)
  })

  test('every failed or unfinished one is a typed error', async () => {
    const errors: string[] = []
    for (const recording of recordings.filter((candidate) => !isFinished(candidate))) {
      const error = await failureOf(replay(recording))
      errors.push(`${recording.status} ${isProviderError(error) ? error.info.class : recording.name}`)
    }
    expect(errors.toSorted()).toEqual([
      '200 quota', // a stream that fails with insufficient_quota
      ...Array<string>(3).fill('200 unsupported'), // "queued": it runs in the background
      ...Array<string>(7).fill('400 invalid_request'),
      '400 not_found',
      '400 quota', // kept without its status
    ])
  })
})

describe.skipIf(!present)('recorded requests to the Responses API', () => {
  test('every one is read at our door, and means the same after it was written for a provider', () => {
    const seen = { requests: 0, items: 0, messages: 0, opaque: 0, tools: 0 }
    for (const { request: recorded, name } of recordings) {
      if (recorded?.['input'] === undefined || name.includes('error-400')) continue
      const sent = JSON.parse(JSON.stringify(recorded).replace(/<elided \d+ base64 chars>/g, 'AAAA')) as Json
      const { model: _model, context, options, wire, stream } = openaiResponses.door.parseRequest(sent)
      const { body, warnings } = encode({ context, options, wire, stream, model: thinker() })
      expect({ name, warnings }).toEqual({ name, warnings: [] })
      const again = openaiResponses.door.parseRequest(body)
      expect({ name, context: again.context, options: again.options }).toEqual({ name, context, options })
      const contents = context.messages.flatMap(({ content }) => (typeof content === 'string' ? [] : [...content]))
      seen.requests++
      seen.items += [sent['input']].flat().length
      seen.messages += context.messages.length
      seen.opaque += contents.filter(({ type }) => type === 'opaque').length
      seen.tools += context.tools?.length ?? 0
    }
    console.log('requests:', JSON.stringify(seen))
    expect(seen.requests).toBeGreaterThan(90)
  })
})
