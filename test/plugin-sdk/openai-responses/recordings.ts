import { existsSync, readFileSync } from 'node:fs'
import { sse, type Json } from './support.ts'

const root = new URL('../../../../shared/fixtures/', import.meta.url)

export const present = existsSync(new URL('INDEX.json', root))

interface Entry {
  readonly file: string
  readonly api: string
  readonly origin: string
  readonly provider: string
}

/** One recorded answer, as it goes over the wire. */
export interface Recording {
  readonly name: string
  readonly provider: string
  readonly status: number
  readonly stream: boolean
  readonly text: string
  /** Parsed events of a stream, or the one object. */
  readonly payloads: readonly Json[]
  readonly request: Json | undefined
}

const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')

/** Answers of other endpoints that stand under the same heading. */
const ELSEWHERE = /\/responses\/(?:compact|input_tokens)$/

/** Written by hand; two of its lines are no JSON. */
const BROKEN = 'vercel-ai/openai/responses/parallel-tool-call-wrapper.1.chunks.txt'

function load({ file, provider }: Entry): Recording[] {
  const text = read(file)
  if (file.endsWith('.txt')) return turnsOf(text).map((events, turn) => rebuilt(`${file}#${turn}`, provider, events))
  const json = JSON.parse(text) as Json & {
    request?: { url: string; body: unknown }
    response?: { status: number; body: string }
  }
  if (json.response === undefined || json.request === undefined) {
    const status = json['error'] !== null && json['error'] !== undefined ? 400 : 200
    return [{ name: file, provider, status, stream: false, text, payloads: [json], request: undefined }]
  }
  if (ELSEWHERE.test(json.request.url)) return []
  const { status, body } = json.response
  const stream = /^data:/m.test(body)
  const payloads = stream
    ? [...body.matchAll(/^data: ?(\{.*)$/gm)].map((line) => JSON.parse(line[1] ?? '') as Json)
    : [JSON.parse(body) as Json]
  return [{ name: file, provider, status, stream, text: body, payloads, request: objectIn(json.request.body) }]
}

/** Files of several turns hold one stream after the other. */
function turnsOf(text: string): Json[][] {
  const turns: Json[][] = []
  for (const line of text.split('\n').filter(Boolean)) {
    const event = JSON.parse(line) as Json
    if (event['type'] === 'response.created' || turns.length === 0) turns.push([])
    turns.at(-1)?.push(event)
  }
  return turns
}

const rebuilt = (name: string, provider: string, payloads: readonly Json[]): Recording => ({
  name,
  provider,
  status: 200,
  stream: true,
  text: sse(payloads),
  payloads,
  request: undefined,
})

/** Bodies above 30,000 characters are stored cut, as text that is no JSON any more. */
function objectIn(body: unknown): Json | undefined {
  return typeof body === 'object' && body !== null ? (body as Json) : undefined
}

export const recordings: readonly Recording[] = present
  ? (JSON.parse(read('INDEX.json')) as Entry[])
      .filter(({ api, file }) => api === 'openai-responses' && !file.startsWith('error-shapes/') && file !== BROKEN)
      .flatMap(load)
  : []
