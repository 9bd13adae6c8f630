import { openAnswer, type Exam, type Run } from '../exam.ts'
import { labelOf, type Talk } from '../fixture.ts'
import { errorText } from './failure.ts'
import { judgeAnswer, saidIn } from './answer.ts'
import { fail } from './fixture.ts'
import { checkTraces } from './traces.ts'
import { shown } from './verdict.ts'

const STREAMS = 20
const FIXTURE = 'parallel'

/** Many answers at the same time, each with words of its own. */
export async function checkParallel(exam: Exam, talk: Talk): Promise<void> {
  const { upstream, limits, record } = exam
  const labels = Array.from({ length: STREAMS }, (_, index) => labelOf(index))
  upstream.play(talk.script(labelOf(0)))
  const { exchanges } = upstream
  const runs = await Promise.all(
    labels.map(async (label): Promise<Run> => {
      const request = talk.ask(label)
      const reader = openAnswer(exam, request, new AbortController().signal)
      const isLate = !(await reader.read(limits.answerMs))
      return { fixture: FIXTURE, request, reader, isLate, exchanges: [] }
    }),
  )
  const [first] = runs
  if (first !== undefined) checkTraces(exam, { ...first, exchanges })
  for (const [index, run] of runs.entries()) {
    if (mixed(exam, talk, labels, index, run)) return
  }
  record.pass('parallel.apart', { fixture: FIXTURE }, `${STREAMS} answers at once`)
}

function mixed(exam: Exam, talk: Talk, labels: readonly string[], index: number, run: Run): boolean {
  const label = labels[index] ?? ''
  const { violation } = judgeAnswer(run, {})
  if (violation?.rule === 'answer.completes') {
    tell(
      exam,
      `answer ${label} to complete beside the others`,
      run.isLate ? 'it still waits' : errorText(run.reader.error),
    )
    return true
  }
  if (violation !== undefined) {
    fail(exam, FIXTURE, violation)
    return true
  }
  const said = saidIn(run)
  const texts = talk.texts(label)
  const stranger = labels.find((other) => other !== label && said.includes(other))
  if (stranger === undefined && texts?.includes(said) !== false) return false
  tell(exam, texts === undefined ? `nothing of answer ${stranger}` : shown(texts[0]), shown(said))
  return true
}

const tell = ({ record }: Exam, expected: string, actual: string): void =>
  record.fail('parallel.apart', { fixture: FIXTURE }, { expected, actual })
