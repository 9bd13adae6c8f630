import { setTimeout as sleep } from 'node:timers/promises'
import { perform, requestName, type Exam, type Run } from '../exam.ts'
import { labelOf, type Talk } from '../fixture.ts'
import type { Upstream } from '../host/upstream.ts'
import type { Recorder } from '../report.ts'
import { errorText } from './failure.ts'
import { judgeAnswer, saidIn } from './answer.ts'
import { shown } from './verdict.ts'

const FIXTURE = 'instances'

/** A version of the plugin: its provider, and a host and a key that it alone knows. */
export interface Version {
  readonly exam: Exam
  readonly talk: Talk
}

/**
 * Two versions side by side, as while a host swaps one for the other: each keeps to its own host and key, and the newer
 * one goes on when the older one is gone.
 */
export async function checkInstances(older: Version, newer: Version, disposeOlder: () => Promise<void>): Promise<void> {
  const problem = (await asked(newer, older, 1)) ?? (await asked(older, newer, 2)) ?? (await asked(newer, older, 3))
  await disposeOlder()
  const { record } = older.exam
  const after = problem ?? (await asked(newer, older, 4))
  if (after === undefined) record.pass('instances.apart', { fixture: FIXTURE })
  else record.fail('instances.apart', { fixture: FIXTURE }, after)
}

interface Problem {
  readonly expected: string
  readonly actual: string
}

/** Asks one version while the other one's host listens too. */
async function asked({ exam, talk }: Version, other: Version, index: number): Promise<Problem | undefined> {
  const label = labelOf(index)
  other.exam.upstream.play(other.talk.script(label))
  const elsewhere = other.exam.upstream.exchanges
  const run = await perform(exam, FIXTURE, talk.ask(label), talk.script(label))
  const [stray] = elsewhere
  if (stray !== undefined)
    return { expected: 'each version to ask its own host', actual: `${requestName(stray)} went to the other one` }
  const carrier = run.exchanges.find(({ headers, body, path }) =>
    other.exam.canary.isIn(JSON.stringify([headers, body, path])),
  )
  if (carrier !== undefined)
    return {
      expected: 'each version to use its own key',
      actual: `${requestName(carrier)} came with the key of the other`,
    }
  return unlike(run, talk.texts(label))
}

function unlike(run: Run, texts: readonly string[] | undefined): Problem | undefined {
  const { violation } = judgeAnswer(run, {})
  // Faults that have nothing to do with another version are told where they belong.
  if (violation?.rule === 'answer.completes')
    return {
      expected: 'an answer, though there is or was another version',
      actual: run.isLate ? 'it still waits' : errorText(run.reader.error),
    }
  if (violation !== undefined) return undefined
  const said = saidIn(run)
  return texts?.includes(said) === false ? { expected: shown(texts[0]), actual: shown(said) } : undefined
}

/** What a version that was disposed has left behind. */
export async function checkDisposed(
  record: Recorder,
  upstream: Upstream,
  problems: readonly string[],
  stopMs: number,
): Promise<void> {
  const where = { fixture: 'dispose' }
  const [problem] = problems
  if (problem === undefined) record.pass('dispose.undo', where)
  else record.fail('dispose.undo', where, { expected: 'every deferred function to end', actual: problem })

  const until = performance.now() + stopMs
  while (upstream.openSockets > 0 && performance.now() < until) await sleep(2)
  const { openSockets } = upstream
  if (openSockets === 0) record.pass('dispose.sockets', where)
  else record.fail('dispose.sockets', where, { expected: 'no open connection', actual: `${openSockets} still open` })
}
