import { perform, type Exam, type Run } from '../exam.ts'
import { labelOf, type Alter, type Talk } from '../fixture.ts'
import { inBytes, inOneWrite } from '../host/reply.ts'
import type { RuleId } from '../rules.ts'
import { gist, judgeAnswer } from './answer.ts'
import { fail } from './fixture.ts'
import { checkTraces } from './traces.ts'

const SLOW_MS = 300

/** Sizes of network chunks that end everywhere: within lines, within characters, between both. */
const SIZES = [1, 2, 3, 5, 7, 1, 4, 11, 2, 1, 6, 3]
/** A longer answer is cut into larger chunks. */
const MANY_BYTES = 8_000

const inSmallChunks: Alter = (reply) => {
  const size = reply.chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  const scale = Math.max(1, Math.ceil(size / MANY_BYTES))
  return inBytes(reply, (index) => scale * (SIZES[index % SIZES.length] ?? 1))
}

const WAYS: readonly (readonly [fixture: string, rule: RuleId, alter: Alter])[] = [
  ['small-chunks', 'answer.cuts', inSmallChunks],
  ['one-chunk', 'answer.cuts', inOneWrite],
  ['slow-first-byte', 'answer.slow', (reply) => ({ ...reply, delayMs: SLOW_MS })],
]

/** However the host delivers an answer, it is the same answer. */
export async function checkDelivery(exam: Exam, talk: Talk, plain: Run): Promise<void> {
  const label = labelOf(0)
  const expected = gist(plain)
  for (const [fixture, rule, alter] of WAYS) {
    const run = await perform(exam, fixture, talk.ask(label), talk.script(label, alter))
    checkTraces(exam, run)
    const { violation } = judgeAnswer(run, {})
    if (violation?.rule === 'answer.completes') fail(exam, fixture, { ...violation, rule })
    else if (violation !== undefined) fail(exam, fixture, violation)
    else if (gist(run) === expected) exam.record.pass(rule, { fixture })
    else exam.record.fail(rule, { fixture }, { expected, actual: gist(run) })
  }
}
