import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isProviderError } from '../../../plugin-sdk/errors.ts'
import { googleGenerativeAi } from '../../../plugin-sdk/protocols/google-generative-ai/index.ts'
import {
  collect,
  encode,
  request,
  sendJson,
  sendSse,
  sse,
  startUpstream,
  type Collected,
  type Json,
} from './support.ts'

const root = new URL('../../../../shared/fixtures/', import.meta.url)
const present = existsSync(new URL('INDEX.json', root))

interface Entry {
  readonly file: string
  readonly api: string
  readonly origin: string
}

interface Recording {
  readonly file: string
  readonly status: number
  readonly stream: boolean
  readonly text: string
  readonly chunks: readonly Json[]
  readonly request: unknown
}

const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')

function load({ file }: Entry): Recording {
  const text = read(file)
  if (file.endsWith('.txt')) {
    const chunks = text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Json)
    return { file, status: 200, stream: true, text: sse(chunks), chunks, request: undefined }
  }
  const json = JSON.parse(text) as {
    request?: { body: unknown }
    response?: { status: number; body: string }
    error?: { code: number }
  }
  if (json.response === undefined)
    return { file, status: json.error?.code ?? 200, stream: false, text, chunks: [json as Json], request: undefined }
  const { status, body } = json.response
  const stream = /^data:/m.test(body)
  const chunks = stream
    ? [...body.matchAll(/^data: ?(.*)$/gm)].map((line) => JSON.parse(line[1] ?? '') as Json)
    : [JSON.parse(body) as Json | Json[]].flat()
  return { file, status, stream, text: body, chunks, request: json.request?.body }
}

const entries = present ? (JSON.parse(read('INDEX.json')) as Entry[]) : []
const recordings = entries
  .filter(({ api, file }) => /^google-(stream-)?generate-content$/.test(api) && !file.startsWith('error-shapes/'))
  .map(load)

interface Part {
  text?: string
  thought?: boolean
  thoughtSignature?: string
  functionCall?: { name?: string; args?: unknown; willContinue?: boolean; partialArgs?: { stringValue?: string }[] }
}

/** What the recording says, read in the plainest way. */
function said(chunks: readonly Json[]) {
  type Candidate = { content?: { parts?: Part[] }; finishReason?: string }
  const candidates = chunks.flatMap((chunk) => (chunk['candidates'] ?? []) as Candidate[])
  const parts = candidates.flatMap((candidate) => candidate.content?.parts ?? [])
  const calls = parts.flatMap(({ functionCall }) => (functionCall === undefined ? [] : [functionCall]))
  const counted = chunks.findLast((chunk) => 'totalTokenCount' in ((chunk['usageMetadata'] as Json | undefined) ?? {}))
  const usage = (counted?.['usageMetadata'] ?? {}) as Record<string, number>
  return {
    text: parts.map((part) => (part.thought === true ? '' : (part.text ?? ''))).join(''),
    thinking: parts.map((part) => (part.thought === true ? part.text : '')).join(''),
    names: calls.flatMap((call) => call.name ?? []),
    arguments: calls.flatMap((call) =>
      call.name === undefined || call.willContinue === true ? [] : [call.args ?? {}],
    ),
    // A list of pieces names its call only by its place, so the texts are compared as a whole.
    streamed: calls
      .flatMap((call) => call.partialArgs ?? [])
      .map((piece) => piece.stringValue ?? '')
      .join(''),
    isStreamed: calls.flatMap((call) => (call.name === undefined ? [] : [call.willContinue === true])),
    signatures: parts.flatMap((part) =>
      'text' in part || 'functionCall' in part ? (part.thoughtSignature ?? []) : [],
    ),
    finishReason: candidates.findLast((candidate) => candidate.finishReason !== undefined)?.finishReason,
    usage: {
      output: (usage['candidatesTokenCount'] ?? 0) + (usage['thoughtsTokenCount'] ?? 0),
      cacheRead: usage['cachedContentTokenCount'] ?? 0,
      total: usage['totalTokenCount'],
    },
  }
}

/** The same, of what our provider made of it. */
function told({ content, finish }: Collected, isStreamed: readonly boolean[]): ReturnType<typeof said> {
  const calls = content.flatMap((part) => (part.type === 'toolCall' ? [part] : []))
  const usage = finish?.usage
  return {
    text: content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    thinking: content.map((part) => (part.type === 'thinking' ? part.thinking : '')).join(''),
    names: calls.map((call) => call.name),
    arguments: calls.flatMap((call, index) => (isStreamed[index] === true ? [] : [call.arguments])),
    streamed: calls
      .flatMap((call, index) => (isStreamed[index] === true ? leaves(call.arguments) : []))
      .filter((leaf) => typeof leaf === 'string')
      .join(''),
    isStreamed: [...isStreamed],
    signatures: content.flatMap((part) => {
      if (part.type === 'text') return part.textSignature ?? []
      if (part.type === 'thinking') return part.thinkingSignature ?? []
      return part.type === 'toolCall' ? (part.thoughtSignature ?? []) : []
    }),
    finishReason: finish?.rawReason,
    usage: { output: usage?.output ?? NaN, cacheRead: usage?.cacheRead ?? NaN, total: usage?.totalTokens },
  }
}

const leaves = (value: unknown): unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value]

async function replay(recording: Recording) {
  await using upstream = await startUpstream((response) => {
    if (recording.stream) sendSse(response, recording.text)
    else sendJson(response, recording.text, recording.status)
  })
  return await collect(
    upstream.provider(),
    request({ stream: recording.stream || Array.isArray(JSON.parse(recording.text)) }),
  )
}

const REASONS: Readonly<Record<string, string>> = { STOP: 'stop', MAX_TOKENS: 'length', SAFETY: 'contentFilter' }

const good = recordings.filter(
  ({ status, chunks }) =>
    status === 200 && said(chunks).finishReason !== undefined && said(chunks).finishReason !== 'UNEXPECTED_TOOL_CALL',
)

describe.skipIf(!present)('recorded answers of Google', () => {
  test('every good one gives the same text, thoughts, calls, signatures, usage and stop reason', async () => {
    const seen = { answers: 0, streams: 0, calls: 0, thoughts: 0, signatures: 0, cached: 0 }
    for (const recording of good) {
      const { file } = recording
      const expected = said(recording.chunks)
      const answer = await replay(recording)
      expect({ file, ...told(answer, expected.isStreamed) }).toEqual({ file, ...expected })

      const { content, finish } = answer
      const { input = 0, output = 0, cacheRead = 0, totalTokens } = finish?.usage ?? {}
      const calls = content.flatMap((part) => (part.type === 'toolCall' ? [part] : []))
      const reason = calls.length > 0 && finish?.rawReason === 'STOP' ? 'toolUse' : REASONS[finish?.rawReason ?? '']
      expect({
        file,
        reason: finish?.reason,
        total: totalTokens,
        ids: new Set(calls.map(({ id }) => id)).size,
      }).toEqual({
        file,
        reason,
        total: input + output + cacheRead,
        ids: calls.length,
      })
      expect(calls.filter((call) => call.argumentsError !== undefined)).toEqual([])

      seen.answers++
      seen.streams += recording.stream ? 1 : 0
      seen.calls += calls.length
      seen.thoughts += content.filter((part) => part.type === 'thinking').length
      seen.signatures += expected.signatures.length
      seen.cached += cacheRead > 0 ? 1 : 0
    }
    console.log('google recordings:', JSON.stringify(seen))
    expect(seen.answers).toBeGreaterThan(100)
  })

  test('every failed or refused one is a typed error', async () => {
    const failed = recordings.filter((recording) => !good.includes(recording))
    const errors: string[] = []
    for (const recording of failed) {
      const error = await replay(recording).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      errors.push(`${recording.status} ${isProviderError(error) ? error.info.class : recording.file}`)
    }
    expect(errors.toSorted()).toEqual([
      '200 content_filter', // promptFeedback.blockReason MODEL_ARMOR
      '200 server', // finishReason UNEXPECTED_TOOL_CALL
      '400 invalid_request',
      '404 not_found',
      '429 rate_limit',
    ])
  })
})

describe.skipIf(!present)('recorded requests to Google', () => {
  test('every one is read at our door, and means the same after it was written for a provider', () => {
    const seen = { requests: 0, turns: 0, calls: 0, results: 0, tools: 0 }
    for (const { request: recorded, file } of recordings) {
      const sent = restored(recorded)
      if (!isWhole(sent)) continue
      const asked = googleGenerativeAi.door.parseRequest({ ...sent, model: 'models/gemini-test', stream: true })
      const { context, options, wire } = asked
      const { body, warnings } = encode({ context, options, wire }, { toolResultImages: 'nested' })
      const again = googleGenerativeAi.door.parseRequest({ ...body, model: 'gemini-test', stream: true })
      expect({ file, asked: again, warnings }).toEqual({ file, asked, warnings: [] })

      const parts = [sent['contents']].flat().flatMap((turn) => [(turn as Json)['parts']].flat() as Json[])
      const count = (type: string): number => context.messages.filter((message) => message.role === type).length
      const calls = context.messages.flatMap((message) =>
        message.role === 'assistant' ? message.content.filter((part) => part.type === 'toolCall') : [],
      )
      expect({ file, results: count('toolResult'), calls: calls.length }).toEqual({
        file,
        results: parts.filter((part) => 'functionResponse' in part || 'function_response' in part).length,
        calls: parts.filter((part) => 'functionCall' in part || 'function_call' in part).length,
      })
      seen.requests++
      seen.turns += context.messages.length
      seen.calls += calls.length
      seen.results += count('toolResult')
      seen.tools += context.tools?.length ?? 0
    }
    console.log('google requests:', JSON.stringify(seen))
    expect(seen.requests).toBeGreaterThan(90)
  })
})

/** Long base64 was cut out of the requests, and what stands there instead is no base64. */
const restored = (body: unknown): unknown =>
  body === undefined ? undefined : JSON.parse(JSON.stringify(body).replace(/<elided \d+ base64 chars>/g, 'AAAA'))

/** Request bodies above 30,000 characters are stored cut, as text that is no JSON any more. */
const isWhole = (body: unknown): body is Json => typeof body === 'object' && body !== null
