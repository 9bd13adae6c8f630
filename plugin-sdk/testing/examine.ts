import { inspect } from 'node:util'
import { approachOf, type Approach } from './approach.ts'
import { readCassettes } from './cassette-fixtures.ts'
import { checkDelivery } from './checks/delivery.ts'
import { checkFixture, checkPlain } from './checks/fixture.ts'
import { checkDisposed, checkInstances } from './checks/instances.ts'
import { checkDefault, checkList } from './checks/models.ts'
import { checkParallel } from './checks/parallel.ts'
import { checkAbort, checkReturn } from './checks/stopping.ts'
import { checkTruncation } from './checks/truncation.ts'
import { tapConsole } from './console-tap.ts'
import { modelFor, type Exam, type Limits } from './exam.ts'
import { startUpstream, type Upstream } from './host/upstream.ts'
import { scriptedHostFor } from './hosts/index.ts'
import { setUp, type Instance, type SetupProblem } from './instance.ts'
import { watchNetwork, type NetworkWatch } from './network-watch.ts'
import type { Recorder } from './report.ts'
import { ruleIds } from './rules.ts'
import { createCanary } from './secrets.ts'
import type { Plugin } from './subject.ts'

export interface Job {
  readonly plugin: Plugin
  /** The provider to examine. */
  readonly id: string
  readonly record: Recorder
  readonly limits: Limits
  readonly given: Readonly<Record<string, unknown>>
}

/** Where versions of the plugin are set up. */
interface Room {
  readonly watch: NetworkWatch
  readonly denied: string[]
}

interface Candidate {
  readonly instance: Instance
  readonly problems: readonly SetupProblem[]
  readonly exam: Exam | undefined
}

/** Holds one provider to every rule that can be tried with it. */
export async function examine(job: Job): Promise<void> {
  const { record, limits } = job
  const written: unknown[] = []
  await using upstream = await startUpstream()
  await using other = await startUpstream()
  using watch = watchNetwork((port) => port === upstream.port || port === other.port)
  using _tap = tapConsole((args) => written.push(args))
  const room = { watch, denied: [] }

  const older = await setUpIn(room, job, upstream)
  reportSetup(job, older.problems)
  const { exam } = older
  const approach = exam === undefined ? undefined : await checkFeatures(exam, job.plugin)
  const isSteady = exam !== undefined && approach !== undefined && (await checkManners(exam, approach))
  if (isSteady) await checkVersions({ job, room, older, exam, other, approach })
  else await disposed(older, upstream, limits, record)
  if (exam !== undefined)
    checkLogs(exam, [...older.instance.log, inspect(written, { depth: 6, maxStringLength: null })])
  checkHosts(record, [...room.denied, ...watch.strangers.map((address) => `${address} (past context.http)`)])
  skipUntried(record, approach?.limits ?? 'there was no answer to try it with')
}

async function setUpIn(
  { watch, denied }: Room,
  { plugin, id, record, limits, given }: Job,
  upstream: Upstream,
): Promise<Candidate> {
  const canary = createCanary()
  const onDenied = (host: string): void => void denied.push(host)
  const { instance, problems } = await setUp(plugin, {
    origin: upstream.origin,
    key: canary.key,
    given,
    watch,
    onDenied,
  })
  const provider = instance.providers.get(id)
  const declaration = instance.declarations.find((each) => each.id === id)
  if (provider === undefined || declaration === undefined) return { instance, problems, exam: undefined }
  const compat = { ...declaration.compat, ...modelFor(declaration).compat }
  const host = scriptedHostFor({ ...declaration, compat })
  return { instance, problems, exam: { provider, declaration, host, upstream, watch, record, limits, canary } }
}

function reportSetup({ record, id }: Job, problems: readonly SetupProblem[]): void {
  const where = { fixture: 'setup' }
  for (const { rule, provider = id, expected, actual } of problems)
    if (provider === id) record.fail(rule, where, { expected, actual })
  if (problems.some(({ rule }) => rule === 'contract.setup')) return
  for (const rule of ['contract.setup', 'contract.declared', 'contract.provider'] as const)
    if (!problems.some((problem) => problem.rule === rule)) record.pass(rule, where)
}

/** Undefined when the provider asks a host that nobody here can play. */
async function checkFeatures(exam: Exam, { cassettes }: Plugin): Promise<Approach | undefined> {
  checkDefault(exam)
  const readable = readCassettes(cassettes, exam)
  const approach = approachOf(exam, readable)
  for (const fixture of approach.fixtures) {
    await checkFixture(exam, fixture)
    if (!approach.usesHost && exam.upstream.exchanges.some(({ isAnswered }) => !isAnswered)) return undefined
  }
  await checkList(exam, readable, approach.usesHost)
  return approach
}

/**
 * How a provider behaves when things do not go straight on. One whose plain answer is wrong would fail all of it; then
 * nothing is tried, and false returned.
 */
async function checkManners(exam: Exam, { talkWith }: Approach): Promise<boolean> {
  const talk = talkWith(exam)
  const plain = await checkPlain(exam, talk)
  if (plain === undefined) return false
  if (talk.usesHost) {
    await checkDelivery(exam, talk, plain)
    await checkTruncation(exam, talk)
  }
  await checkAbort(exam, talk)
  await checkReturn(exam, talk)
  await checkParallel(exam, talk)
  return true
}

interface Succession {
  readonly job: Job
  readonly room: Room
  readonly older: Candidate
  readonly exam: Exam
  readonly other: Upstream
  readonly approach: Approach
}

/** Sets up a second version, and ends both. */
async function checkVersions({ job, room, older, exam, other, approach }: Succession): Promise<void> {
  const { record, limits } = job
  const { talkWith } = approach
  const newer = await setUpIn(room, job, other)
  const disposeOlder = (): Promise<void> => disposed(older, exam.upstream, limits, record)
  if (newer.exam !== undefined && newer.problems.length === older.problems.length)
    await checkInstances({ exam, talk: talkWith(exam) }, { exam: newer.exam, talk: talkWith(newer.exam) }, disposeOlder)
  else {
    const actual = newer.problems[0]?.actual ?? 'it gave no provider'
    record.fail('instances.apart', { fixture: 'instances' }, { expected: 'a second setup() like the first', actual })
    await disposeOlder()
  }
  await disposed(newer, other, limits, record)
}

async function disposed(
  { instance }: Candidate,
  upstream: Upstream,
  { stopMs }: Limits,
  record: Recorder,
): Promise<void> {
  await checkDisposed(record, upstream, await instance.dispose(), stopMs)
}

function checkLogs({ record, canary }: Exam, lines: readonly string[]): void {
  const where = { fixture: 'all' }
  const leak = lines.find((line) => canary.isIn(line))
  if (leak === undefined) return record.pass('secrets.logs', where)
  const actual = `the key stands in "${leak.trim().replaceAll(canary.key, '<key>').slice(0, 120)}"`
  record.fail('secrets.logs', where, { expected: 'log lines without the key', actual })
}

function checkHosts(record: Recorder, strangers: readonly string[]): void {
  const where = { fixture: 'all' }
  if (strangers.length === 0) record.pass('hosts.declared', where)
  else
    record.fail('hosts.declared', where, {
      expected: 'only hosts that the manifest declares',
      actual: [...new Set(strangers)].join(', '),
    })
}

function skipUntried(record: Recorder, why: string): void {
  for (const rule of ruleIds) if (!record.isTried(rule)) record.skip(rule, { fixture: 'all' }, why)
}
