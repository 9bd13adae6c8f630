import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { classifyFailure, type ErrorClass } from '../../plugin-sdk/index.ts'
import { hasRecordings, readFixture, recordings } from './openai-chat/support/recordings.ts'

interface Shape {
  readonly id: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly streamBody: string | null
  readonly class: ErrorClass
  readonly retryable: boolean
}

const folder = join(import.meta.dirname, '../../../shared/fixtures/error-shapes')
const shapes: readonly Shape[] = hasRecordings
  ? readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFixture(`error-shapes/${name}`)) as Shape)
  : []

/** The error object inside a stream: the last payload that has one. */
const errorIn = (stream: string): string =>
  stream
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => line.slice('data: '.length))
    .findLast((data) => data.includes('"error"')) ?? ''

describe.skipIf(!hasRecordings)('errors that users of each provider report', () => {
  it.each(shapes)('$id is $class', ({ status, headers, body, streamBody, ...expected }) => {
    const { info } = classifyFailure({
      status,
      headers,
      body: streamBody === null ? JSON.stringify(body) : errorIn(streamBody),
      provider: 'test',
      model: 'test-model',
    })
    expect({ class: info.class, retryable: info.retryable }).toEqual({
      class: expected.class,
      retryable: expected.retryable,
    })
  })
})

/** By what the recording is about; the rest are requests that are wrong. */
const EXPECTED: readonly (readonly [pattern: RegExp, errorClass: ErrorClass])[] = [
  [/error-401/, 'auth'],
  [/error-404/, 'not_found'],
  [/error-429/, 'rate_limit'],
  [/model_name_suggestion|test_bedrock_count_tokens_error/, 'not_found'],
]

const failed = recordings(({ status }) => (status ?? 0) >= 400)

describe.skipIf(!hasRecordings)('recorded error answers', () => {
  it.each(failed)('$file', ({ file, status, headers, body, provider }) => {
    const { info } = classifyFailure({ status, headers, body, provider, model: 'test-model' })
    const wanted = EXPECTED.find(([pattern]) => pattern.test(file))?.[1] ?? 'invalid_request'
    expect(info.class).toBe(wanted)
    expect(info.retryable).toBe(wanted === 'rate_limit')
    expect(info.message).not.toMatch(/[{}<]|^HTTP/)
    expect(info.requestId).toBe(headers['x-request-id'] ?? info.requestId)
    expect(info.retryAfterMs === undefined || info.retryable).toBe(true)
  })
})
