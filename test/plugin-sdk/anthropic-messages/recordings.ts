import { existsSync, readFileSync } from 'node:fs'
import type { Json } from './support.ts'

const root = new URL('../../../../shared/fixtures/', import.meta.url)

/** The recordings live outside of the repository. */
export const present = existsSync(new URL('INDEX.json', root))

export interface Recording {
  readonly file: string
  readonly provider: string
  readonly status: number
  readonly stream: boolean
  /** The answer's text; of a stream the events. */
  readonly text: string
  /** The payloads of a stream, or the one object of a whole answer. */
  readonly payloads: readonly Json[]
  readonly request: unknown
}

interface Entry {
  readonly file: string
  readonly api: string
  readonly provider: string
}

const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')

const entries = present ? (JSON.parse(read('INDEX.json')) as Entry[]) : []

export const recordings: readonly Recording[] = entries
  .filter(({ api, file }) => api === 'anthropic-messages' && !file.startsWith('error-shapes/'))
  .flatMap((entry) => (entry.file.endsWith('.txt') ? loadChunks(entry) : [load(entry)]))

/** Some files hold the answers of a whole conversation, one behind the other. */
function loadChunks({ file, provider }: Entry): Recording[] {
  const answers: string[][] = [[]]
  for (const line of read(file).split('\n').filter(Boolean)) {
    answers.at(-1)?.push(line)
    if (typeOf(line) === 'message_stop') answers.push([])
  }
  return answers
    .filter((lines) => lines.length > 0)
    .map((lines, index) => ({
      file: `${file}#${index}`,
      provider,
      status: 200,
      stream: true,
      text: lines.map((line) => `event: ${typeOf(line)}\ndata: ${line}\n\n`).join(''),
      payloads: lines.map((line) => JSON.parse(line) as Json),
      request: undefined,
    }))
}

function typeOf(line: string): string {
  return String((JSON.parse(line) as Json)['type'])
}

function load({ file, provider }: Entry): Recording {
  const text = read(file)
  const json = JSON.parse(text) as { request?: { body: unknown }; response?: { status: number; body: string } }
  if (json.response === undefined)
    return { file, provider, status: 200, stream: false, text, payloads: [json as Json], request: undefined }
  const { status, body } = json.response
  const lines = [...body.matchAll(/^data: ?(.*)$/gm)].map((line) => line[1] ?? '')
  const stream = lines.length > 0
  return {
    file,
    provider,
    status,
    stream,
    text: body,
    payloads: (stream ? lines : [body]).map((line) => JSON.parse(line) as Json),
    request: json.request?.body,
  }
}
