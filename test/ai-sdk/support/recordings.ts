import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FIXTURES = join(import.meta.dirname, '../../../../shared/fixtures')

export const hasRecordings = existsSync(join(FIXTURES, 'INDEX.json'))

export interface Recording {
  readonly file: string
  readonly provider: string
  readonly features: readonly string[]
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface Entry {
  readonly file: string
  readonly provider: string
  readonly api: string
  readonly status: number | null
  readonly stream: boolean
  readonly features: readonly string[]
}

/** Streams that were answered with status 200. */
export const recordedStreams = (api: string): readonly Recording[] =>
  recordings((entry) => entry.api === api && entry.stream && entry.status === 200).filter(({ body }) =>
    /^(data|event):/m.test(body),
  )

/** Answers with an error status. */
export const recordedErrors = (api: string): readonly Recording[] =>
  recordings((entry) => entry.api === api && (entry.status ?? 0) >= 400)

function recordings(choose: (entry: Entry) => boolean): readonly Recording[] {
  if (!hasRecordings) return []
  const index = JSON.parse(read('INDEX.json')) as readonly Entry[]
  const whole = index.filter(({ file }) => file.endsWith('.json') && !file.startsWith('error-shapes/'))
  return whole.filter(choose).flatMap((entry) => {
    const { response } = JSON.parse(read(entry.file)) as { response?: Partial<Recording> }
    const { headers = {}, body } = response ?? {}
    return body === undefined ? [] : [{ ...entry, status: entry.status ?? 0, headers, body }]
  })
}

const read = (file: string): string => readFileSync(join(FIXTURES, file), 'utf8')
