import { perform, requestName, type Exam, type Run } from '../exam.ts'
import { labelOf, type Fixture, type Talk } from '../fixture.ts'
import { classesOf } from '../expected.ts'
import { finishes, judgeAnswer, saidIn } from './answer.ts'
import { wrongFailure } from './failure.ts'
import { ungrammatical } from './grammar.ts'
import { checkTraces } from './traces.ts'
import { shown, type Violation } from './verdict.ts'

/** Tries one feature. */
export async function checkFixture(exam: Exam, fixture: Fixture): Promise<void> {
  const { name, ask, script, expect, rule = 'errors.cassette' } = fixture
  const run = await perform(exam, name, ask, script)
  checkTraces(exam, run)
  if (isMisdirected(run)) return
  const { record } = exam
  const where = { fixture: name }
  if (classesOf(expect) !== undefined) {
    const violation = judgeFailure(run, fixture)
    if (violation === undefined) {
      record.pass('errors.typed', where)
      record.pass(rule, where)
    } else fail(exam, name, violation)
    return
  }
  const { violation, held } = judgeAnswer(run, expect)
  for (const each of held) record.pass(each, where)
  if (violation !== undefined) fail(exam, name, violation)
  checkSent(exam, fixture, run)
}

/** Whoever asks for something the host does not know cannot get a good answer. */
const isMisdirected = ({ exchanges }: Run): boolean => exchanges.some(({ isAnswered }) => !isAnswered)

export function fail({ record }: Exam, fixture: string, { rule, event, ...failing }: Violation): void {
  record.fail(rule, event === undefined ? { fixture } : { fixture, event }, failing)
}

function judgeFailure(run: Run, { expect, rule = 'errors.cassette' }: Fixture): Violation | undefined {
  const { reader, isLate } = run
  if (!reader.isIterable)
    return { rule: 'contract.iterable', expected: 'an async iterable', actual: 'something that is none' }
  const ill = ungrammatical(reader.items, false)
  if (ill !== undefined) return ill
  const wanted = `an error of class ${classesOf(expect)?.join(' or ')}`
  if (finishes(run)) return { rule, expected: wanted, actual: 'an answer that looks complete' }
  if (isLate) return { rule, expected: wanted, actual: 'nothing came in time' }
  if (reader.state === 'ended') return { rule, expected: wanted, actual: 'the stream ended without an error' }
  return wrongFailure(reader.error, expect, rule)
}

function checkSent({ record, host }: Exam, { name, ask, sends }: Fixture, { exchanges }: Run): void {
  const [exchange] = exchanges
  if (host === undefined || exchange === undefined) return
  const where = { fixture: name, request: requestName(exchange) }
  const model = host.modelOf(exchange)
  if (model === ask.model.id) record.pass('models.sent', where)
  else record.fail('models.sent', where, { expected: ask.model.id, actual: String(model) })
  if (sends === undefined) return
  const missing = sends.filter((words) => !exchange.body.includes(words))
  if (missing.length === 0) record.pass('request.context', where)
  else record.fail('request.context', where, { expected: `"${missing[0]}" in the request`, actual: 'it is not there' })
}

/** The answer that everything else is compared with; undefined when it is not as it must be. */
export async function checkPlain(exam: Exam, talk: Talk): Promise<Run | undefined> {
  const label = labelOf(0)
  const run = await perform(exam, 'plain', talk.ask(label), talk.script(label))
  checkTraces(exam, run)
  if (isMisdirected(run)) return undefined
  const violation = judgeAnswer(run, {}).violation ?? wrongText(run, talk.texts(label))
  if (violation === undefined) return run
  fail(exam, run.fixture, violation)
  return undefined
}

function wrongText(run: Run, texts: readonly string[] | undefined): Violation | undefined {
  const said = saidIn(run)
  if (texts?.includes(said) !== false) return undefined
  return { rule: 'answer.content', expected: `the text ${shown(texts[0])}`, actual: shown(said) }
}
