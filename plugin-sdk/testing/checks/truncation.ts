import { isProviderError } from '../../errors.ts'
import { perform, type Exam } from '../exam.ts'
import { labelOf, type Alter, type Talk } from '../fixture.ts'
import { half } from '../host/reply.ts'
import { finishes } from './answer.ts'
import { errorText } from './failure.ts'
import { ungrammatical } from './grammar.ts'
import { fail } from './fixture.ts'
import { checkTraces } from './traces.ts'

const WAYS: readonly (readonly [fixture: string, stream: boolean, alter: Alter])[] = [
  ['cut', true, (reply) => half(reply, 'cut')],
  ['cut-cleanly', true, (reply) => half(reply, 'end')],
  ['cut-no-stream', false, (reply) => half(reply, 'cut')],
  ['cut-cleanly-no-stream', false, (reply) => half(reply, 'end')],
]

/** An answer of which only a part arrives: the connection breaks, or just ends. */
export async function checkTruncation(exam: Exam, talk: Talk): Promise<void> {
  const label = labelOf(0)
  const asked = talk.ask(label)
  // A recorded answer is of one kind; a scripted host can give both.
  const ways = WAYS.filter(([, stream]) => exam.host !== undefined || stream === asked.stream)
  for (const [fixture, stream, alter] of ways) {
    const run = await perform(exam, fixture, { ...asked, stream }, talk.script(label, alter))
    checkTraces(exam, run)
    const { reader, isLate } = run
    const ill = ungrammatical(reader.items, false)
    const where = { fixture }
    if (ill !== undefined) fail(exam, fixture, ill)
    else if (finishes(run) || isLate)
      exam.record.fail('truncation.error', where, {
        expected: 'an error',
        actual: isLate ? 'it still waits' : 'an answer that looks complete',
      })
    else if (reader.state === 'failed' && !isProviderError(reader.error))
      exam.record.fail('errors.typed', where, { expected: 'a ProviderError', actual: errorText(reader.error) })
    else
      exam.record.pass(
        'truncation.error',
        where,
        reader.state === 'failed' ? errorText(reader.error) : 'no finish event',
      )
  }
}
