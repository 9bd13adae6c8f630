import {
  ProviderError,
  isProviderError,
  type ErrorClass,
  type ProviderEvent,
  type ProviderRequest,
} from '@plugboard/sdk'
import type { RuleId } from '@plugboard/sdk/testing'
import type { Defect } from './defect.ts'
import { failing, subject } from './subjects.ts'

const twin = failing((error) => {
  throw error
})

const classOf = (error: unknown): ErrorClass | undefined => (isProviderError(error) ? error.info.class : undefined)

/** Takes one class for another. */
const confusing = (from: ErrorClass, to: ErrorClass) =>
  failing((error) => {
    if (classOf(error) !== from || !isProviderError(error)) throw error
    throw new ProviderError(to, error.message)
  })

const confused = (rule: RuleId, from: ErrorClass, to: ErrorClass): Defect => ({
  rule,
  what: `takes ${from} for ${to}`,
  bad: confusing(from, to),
  good: twin,
})

const STOP: readonly ProviderEvent[] = [{ type: 'finish', reason: 'stop' }]

/** Events that close what is open, as one does who ends every stream with a finish. */
function closing(seen: readonly ProviderEvent[]): readonly ProviderEvent[] {
  const open = new Map<number, string>()
  for (const event of seen) {
    if (event.type === 'text_start') open.set(event.contentIndex, '')
    if (event.type === 'text_delta') open.set(event.contentIndex, open.get(event.contentIndex) + event.delta)
    if (event.type === 'text_end') open.delete(event.contentIndex)
  }
  return [
    ...[...open].map(([contentIndex, content]) => ({ type: 'text_end', contentIndex, content }) as const),
    ...STOP,
  ]
}

/** Whether a stream was asked for and something came with status 200 that could not be read. */
const isUnreadable = (
  error: unknown,
  { request, seen }: { readonly request: ProviderRequest; readonly seen: readonly ProviderEvent[] },
): boolean =>
  classOf(error) === 'server' &&
  isProviderError(error) &&
  error.info.status !== 500 &&
  request.stream &&
  seen.length === 0

const isPage = (error: unknown): boolean => isProviderError(error) && error.info.body?.startsWith('<') === true

const TEAPOT = {
  'no-money': { response: { status: 418, body: { error: 'I am a teapot.' } }, expect: { errorClass: 'quota' } },
} as const

export const errorDefects: readonly Defect[] = [
  confused('errors.auth', 'auth', 'invalid_request'),
  confused('errors.overflow', 'context_overflow', 'invalid_request'),
  confused('errors.rate-limit', 'rate_limit', 'quota'),
  confused('errors.network', 'network', 'invalid_request'),
  {
    rule: 'errors.rate-limit',
    what: 'does not say when to come back',
    bad: confusing('rate_limit', 'rate_limit'),
    good: twin,
  },
  {
    rule: 'errors.server',
    what: 'blames the request for a failing host',
    bad: failing((error, { seen }) => {
      if (isProviderError(error) && error.info.status === 500 && seen.length === 0)
        throw new ProviderError('invalid_request', error.message)
      throw error
    }),
    good: twin,
  },
  {
    rule: 'errors.typed',
    what: 'throws plain errors',
    bad: failing((error) => {
      if (classOf(error) === 'auth') throw new Error('401 Unauthorized')
      throw error
    }),
    good: twin,
  },
  {
    rule: 'errors.typed',
    what: 'makes up a class',
    bad: failing((error) => {
      if (classOf(error) === 'auth') throw new ProviderError('unauthorized' as ErrorClass, 'Go away.')
      throw error
    }),
    good: twin,
  },
  {
    rule: 'errors.in-stream',
    what: 'takes an error inside a stream for its end',
    bad: failing((error, { seen }) => {
      if (classOf(error) === 'server' && seen.length > 0) return closing(seen)
      throw error
    }),
    good: twin,
  },
  {
    rule: 'errors.unreadable',
    what: 'takes a web page for an empty answer',
    where: 'web-page',
    bad: failing((error, at) => {
      if (isUnreadable(error, at) && isPage(error)) return STOP
      throw error
    }),
    good: twin,
  },
  {
    rule: 'errors.unreadable',
    what: 'takes broken events for nothing',
    where: 'broken-event',
    bad: failing((error, at) => {
      if (isUnreadable(error, at) && !isPage(error)) return STOP
      throw error
    }),
    good: twin,
  },
  {
    rule: 'truncation.error',
    what: 'takes the end of the connection for the end of the answer',
    where: 'cut-cleanly',
    bad: failing((error, { seen }) => {
      if (isProviderError(error) && error.info.providerCode === 'truncated' && seen.length > 0) return closing(seen)
      throw error
    }),
    good: twin,
  },
  {
    rule: 'truncation.error',
    what: 'finishes what was aborted',
    where: 'abort',
    bad: failing((error, { seen }) => {
      if (classOf(error) === 'aborted' && seen.length > 0) return closing(seen)
      throw error
    }),
    good: twin,
  },
  {
    rule: 'truncation.error',
    what: 'finishes what was cut',
    where: 'cut',
    bad: failing((error, { seen }) => {
      if (classOf(error) === 'network' && seen.length > 0) return closing(seen)
      throw error
    }),
    good: twin,
  },
  {
    rule: 'errors.cassette',
    what: 'does not know the special refusal of its host',
    bad: subject(),
    good: subject(undefined, { errors: [{ status: 418, class: 'quota' }] }),
    options: { cassettes: TEAPOT },
    goodOptions: { cassettes: TEAPOT },
  },
]
