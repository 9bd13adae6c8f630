import { exchangesOf, type Cassette } from '../cassette.ts'
import { scriptOf, type NamedCassette } from '../cassette-fixtures.ts'
import { requestName, type Exam } from '../exam.ts'
import type { Expected } from '../expected.ts'
import type { Script } from '../host/upstream.ts'
import { textReply } from '../host/reply.ts'
import { pathOf, type ScriptedHost } from '../hosts/scripted-host.ts'
import { within } from '../reader.ts'
import type { RuleId } from '../rules.ts'
import { everythingIn } from '../secrets.ts'
import { errorText, wrongFailure } from './failure.ts'
import { fail } from './fixture.ts'
import { checkRequest } from './traces.ts'
import { isObject, shown } from './verdict.ts'

const FIXTURE = 'models'
const LISTED = ['kit-small', 'kit-large']

export function checkDefault({ declaration, record }: Exam): void {
  const { defaultModel, models = [], unlistedModels, modelDiscovery } = declaration
  const where = { fixture: 'manifest' }
  if (defaultModel === undefined || unlistedModels === true || modelDiscovery !== undefined)
    return record.skip('models.default', where, 'the manifest names no default model, or may call others than it lists')
  if (models.some(({ id }) => id === defaultModel)) return record.pass('models.default', where)
  record.fail('models.default', where, {
    expected: `one of ${models.map(({ id }) => id).join(', ')}`,
    actual: defaultModel,
  })
}

/** The provider's own list, from the kit's host, from a cassette, or from the provider itself. */
export async function checkList(exam: Exam, cassettes: readonly NamedCassette[], usesHost: boolean): Promise<void> {
  const { host, provider, declaration, record } = exam
  const path = declaration.modelDiscovery?.path
  const cassette = cassettes.find(({ cassette: { ask } }) => ask?.listModels === true)?.cassette
  if (provider.listModels === undefined) {
    if (path === undefined && cassette === undefined)
      return record.skip('models.listed', { fixture: FIXTURE }, 'the provider has no listModels()')
    return record.fail('models.listed', { fixture: FIXTURE }, { expected: 'listModels()', actual: 'there is none' })
  }
  if (host !== undefined && path !== undefined) return listFromHost(exam, host, path)
  if (cassette !== undefined) return listFromCassette(exam, cassette)
  if (usesHost)
    return record.skip(
      'models.listed',
      { fixture: FIXTURE },
      'no cassette asks for the list of models ("listModels": true)',
    )
  await expectList(exam, () => undefined, undefined)
}

async function listFromHost(exam: Exam, host: ScriptedHost, path: string): Promise<void> {
  await expectList(exam, (exchange) => (pathOf(exchange).endsWith(path) ? host.models(LISTED) : undefined), LISTED)
  const { heardBy } = exam.canary
  await expectFailure(exam, {
    fixture: 'models-refused',
    script: (exchange) => host.failure('auth', heardBy(exchange)).reply,
    expect: { errorClass: 'auth' },
    rule: 'errors.auth',
  })
  await expectFailure(exam, {
    fixture: 'models-web-page',
    script: (exchange) => textReply(200, 'text/html', `<!doctype html><p>${heardBy(exchange)}</p>`),
    expect: { errorClass: ['server', 'network'] },
    rule: 'errors.unreadable',
  })
}

const listFromCassette = (exam: Exam, cassette: Cassette): Promise<void> =>
  expectList(
    exam,
    exchangesOf(cassette).length === 0 ? () => undefined : scriptOf(cassette, exam),
    cassette.expect.models,
  )

async function expectList(exam: Exam, script: Script, wanted: readonly string[] | undefined): Promise<void> {
  const { record } = exam
  const { list, error, isLate, requests } = await listed(exam, FIXTURE, script)
  const [request] = requests
  const where = request === undefined ? { fixture: FIXTURE } : { fixture: FIXTURE, request }
  const expected = wanted === undefined ? 'models with an id each' : shown(wanted)
  if (isLate || list === undefined)
    return record.fail('models.listed', where, { expected, actual: isLate ? 'nothing in time' : errorText(error) })
  const ids = idsOf(list)
  const isGood = ids !== undefined && new Set(ids).size === ids.length
  const isSame = wanted === undefined || shown(ids) === shown(wanted)
  if (isGood && isSame) record.pass('models.listed', where)
  else record.fail('models.listed', where, { expected, actual: shown(ids ?? list) })
}

interface ListFailure {
  readonly fixture: string
  readonly script: Script
  readonly expect: Expected
  readonly rule: RuleId
}

async function expectFailure(exam: Exam, { fixture, script, expect, rule }: ListFailure): Promise<void> {
  const { record, canary } = exam
  const where = { fixture }
  const { error, list, isLate } = await listed(exam, fixture, script)
  if (isLate || list !== undefined)
    return record.fail(rule, where, { expected: 'an error', actual: isLate ? 'nothing in time' : shown(list) })
  const violation = wrongFailure(error, expect, rule)
  if (violation === undefined) record.pass(rule, where)
  else fail(exam, fixture, violation)
  if (canary.isIn(everythingIn(error)))
    record.fail('secrets.errors', where, { expected: 'an error without the key', actual: 'the key stands in it' })
  else record.pass('secrets.errors', where)
}

async function listed(exam: Exam, fixture: string, script: Script) {
  const { upstream, provider, watch, limits } = exam
  upstream.play(script)
  const { exchanges } = upstream
  const abort = new AbortController()
  let list: unknown
  let error: unknown
  const listing = async (): Promise<void> => {
    try {
      list = await watch.run(async () => provider.listModels?.(abort.signal))
    } catch (thrown) {
      error = thrown
    }
  }
  const isLate = !(await within(limits.answerMs, listing()))
  abort.abort()
  for (const exchange of exchanges) checkRequest(exam, fixture, exchange)
  return { list, error, isLate, requests: exchanges.map(requestName) }
}

function idsOf(list: unknown): readonly string[] | undefined {
  if (!Array.isArray(list)) return undefined
  const ids = (list as readonly unknown[]).map((model) => (isObject(model) ? model['id'] : undefined))
  return ids.every((id): id is string => typeof id === 'string' && id !== '') ? ids : undefined
}
