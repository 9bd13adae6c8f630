import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FIXTURES = join(import.meta.dirname, '../../../../../shared/fixtures')

export const hasRecordings = existsSync(join(FIXTURES, 'INDEX.json'))

export interface Recording {
  readonly file: string
  readonly provider: string
  readonly api: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly isStream: boolean
  readonly body: string
  readonly request: unknown
}

interface IndexEntry {
  readonly file: string
  readonly origin: string
  readonly provider: string
  readonly api: string
  readonly status: number | null
}

interface Stored {
  readonly request?: { readonly body?: unknown }
  readonly response?: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body?: string
    readonly bodyBase64?: string
  }
}

export const readFixture = (file: string): string => readFileSync(join(FIXTURES, file), 'utf8')

export function recordings(choose: (entry: IndexEntry) => boolean): readonly Recording[] {
  if (!hasRecordings) return []
  const index = JSON.parse(readFixture('INDEX.json')) as readonly IndexEntry[]
  return index.filter((entry) => !entry.file.startsWith('error-shapes/') && choose(entry)).map(read)
}

function read({ file, provider, api }: IndexEntry): Recording {
  const text = readFixture(file)
  const common = { file, provider, api, status: 200, headers: {}, request: undefined }
  if (file.endsWith('.sse')) return { ...common, isStream: true, body: text }
  // One payload a line; the frame around them was not kept.
  if (file.endsWith('.txt')) {
    const payloads = text.split('\n').filter((line) => line.trim() !== '')
    return { ...common, isStream: true, body: [...payloads, '[DONE]'].map((line) => `data: ${line}\n\n`).join('') }
  }
  const { request, response } = JSON.parse(text) as Stored
  if (response === undefined) return { ...common, isStream: false, body: text }
  const body = response.body ?? Buffer.from(response.bodyBase64 ?? '', 'base64').toString('utf8')
  const isStream = /^(:|data:|event:)/m.test(body.slice(0, 200)) && !body.trimStart().startsWith('{')
  const { status, headers } = response
  return { ...common, status, headers, isStream, body, request: request?.body }
}
