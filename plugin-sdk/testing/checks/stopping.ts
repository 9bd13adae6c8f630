import { setTimeout as sleep } from 'node:timers/promises'
import type { ProviderEvent } from '../../events.ts'
import { openAnswer, requestName, type Exam, type Run } from '../exam.ts'
import { labelOf, type Alter, type Talk } from '../fixture.ts'
import { half, silent } from '../host/reply.ts'
import type { Exchange } from '../host/upstream.ts'
import { within, type Reader } from '../reader.ts'
import { finishes } from './answer.ts'
import { errorText } from './failure.ts'
import { checkTraces } from './traces.ts'

/** Milliseconds a provider gets to tell what the host has sent. One that tells an answer only as a whole stays silent. */
const TELLING_MS = 250
const NOTHING_TO_TELL_MS = 20

/** An answer that is under way: the host has sent a part of it and holds the connection. */
interface Running {
  readonly run: Run
  readonly abort: AbortController
  readonly hasContent: boolean
}

async function begin(exam: Exam, fixture: string, talk: Talk, alter: Alter, tellingMs = TELLING_MS): Promise<Running> {
  const { upstream, limits } = exam
  const label = labelOf(0)
  upstream.play(talk.script(label, alter))
  const { exchanges } = upstream
  const request = talk.ask(label)
  const abort = new AbortController()
  const reader = openAnswer(exam, request, abort.signal)
  const reading = reader.read(limits.answerMs, hasContent)
  await (talk.usesHost ? Promise.race([reading, sent(exchanges, limits.answerMs, tellingMs)]) : reading)
  return {
    run: { fixture, request, reader, isLate: false, exchanges },
    abort,
    hasContent: reader.items.some(hasContent),
  }
}

/** Some time after the host has sent all it will send for now. */
async function sent(exchanges: readonly Exchange[], answerMs: number, tellingMs: number): Promise<void> {
  const until = performance.now() + answerMs
  while (exchanges.length === 0 && performance.now() < until) await sleep(1)
  // One request may follow upon the answer to another.
  for (let seen = 0; seen < exchanges.length;) {
    await exchanges[seen++]?.sent
    await sleep(tellingMs)
  }
}

const hasContent = (item: unknown): boolean =>
  [item].flat().some((event) => String((event as Partial<ProviderEvent> | null)?.type).endsWith('_delta'))

/** An abort, in the middle of an answer and before its first byte. */
export async function checkAbort(exam: Exam, talk: Talk): Promise<void> {
  await abortIn(exam, talk, await begin(exam, 'abort', talk, (reply) => half(reply, 'hold')))
  if (!talk.usesHost) return
  await abortIn(exam, talk, await begin(exam, 'abort-before-first-byte', talk, () => silent, NOTHING_TO_TELL_MS))
}

/** Nobody can stop what is over. */
function isOver(exam: Exam, { fixture, reader }: Run, { usesHost }: Talk): boolean {
  if (!usesHost || reader.state === 'open') return false
  const expected = 'an answer that waits for what the host has still to say'
  const actual = reader.state === 'failed' ? errorText(reader.error) : 'it ended'
  exam.record.fail('answer.completes', { fixture }, { expected, actual })
  return true
}

async function abortIn(exam: Exam, talk: Talk, { run, abort }: Running): Promise<void> {
  if (isOver(exam, run, talk)) return
  const { record, limits } = exam
  const { fixture, reader, exchanges } = run
  const started = performance.now()
  const since = (): string => `after ${Math.round(performance.now() - started)} ms`
  abort.abort()
  const inTime = `within ${limits.stopMs} ms`
  if (!(await reader.read(limits.stopMs))) {
    record.fail('abort.iterator', { fixture }, { expected: `an end ${inTime}`, actual: 'it still waits' })
    await reader.leave(limits.stopMs)
    return
  }
  record.pass('abort.iterator', { fixture }, `it ended ${since()}`)
  checkTraces(exam, run)
  checkNotFinished(exam, run, talk)
  if (exchanges.length === 0) return record.skip('abort.upstream', { fixture }, 'no request reached the host')
  const where = { fixture, request: requestName(exchanges.at(-1) as Exchange) }
  if (await allOver(exchanges, limits.stopMs))
    record.pass('abort.upstream', where, `the connection was closed ${since()}`)
  else record.fail('abort.upstream', where, { expected: `a closed connection ${inTime}`, actual: 'it is still open' })
}

function checkNotFinished({ record }: Exam, run: Run, { usesHost }: Talk): void {
  const { fixture } = run
  // Without a host nobody knows how much there was to say.
  if (!usesHost) return
  if (finishes(run))
    record.fail(
      'truncation.error',
      { fixture },
      { expected: 'no finish event', actual: 'an answer that looks complete' },
    )
  else record.pass('truncation.error', { fixture })
}

const allOver = (exchanges: readonly Exchange[], ms: number): Promise<boolean> =>
  within(ms, Promise.all(exchanges.map(({ over }) => over)))

/** A reader that leaves in the middle of an answer. */
export async function checkReturn(exam: Exam, talk: Talk): Promise<void> {
  const running = await begin(exam, 'return', talk, (reply) => half(reply, 'hold'))
  if (isOver(exam, running.run, talk)) return
  if (running.hasContent) await leaveIn(exam, running)
  else {
    const why = 'the provider tells nothing before the host has sent everything'
    exam.record.skip('return.frees', { fixture: 'return' }, why)
    await stop(running.run.reader, running.abort, exam.limits.stopMs)
  }
  if (talk.usesHost && exam.provider.stopsOnReturn === true) await checkReturnWhileWaiting(exam, talk)
}

/** What a provider promises that gets no signal. */
async function checkReturnWhileWaiting(exam: Exam, talk: Talk): Promise<void> {
  const running = await begin(exam, 'return-before-first-byte', talk, () => silent, NOTHING_TO_TELL_MS)
  if (!isOver(exam, running.run, talk)) await leaveIn(exam, running)
}

async function leaveIn({ record, limits }: Exam, { run, abort }: Running): Promise<void> {
  const { fixture, reader, exchanges } = run
  const where = { fixture }
  const started = performance.now()
  const hasLeft = await reader.leave(limits.stopMs)
  if (!hasLeft || !(await allOver(exchanges, limits.stopMs)))
    record.fail('return.frees', where, {
      expected: `a closed connection within ${limits.stopMs} ms`,
      actual: hasLeft ? 'it is still open' : 'return() does not end',
    })
  else record.pass('return.frees', where, `free after ${Math.round(performance.now() - started)} ms`)
  return stop(reader, abort, limits.stopMs)
}

/** Whatever a provider does, the next check must not find this answer running. */
async function stop(reader: Reader, abort: AbortController, stopMs: number): Promise<void> {
  abort.abort()
  await reader.read(stopMs)
}
