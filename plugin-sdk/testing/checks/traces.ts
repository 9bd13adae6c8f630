import type { Batch } from '../../events.ts'
import { requestName, type Exam, type Run } from '../exam.ts'
import type { Exchange } from '../host/upstream.ts'
import { everythingIn } from '../secrets.ts'

/** Looks for the key wherever an answer leaves traces, and whether the requests were as they must be. */
export function checkTraces(exam: Exam, { fixture, reader, exchanges }: Run): void {
  const { canary, record } = exam
  const where = { fixture }
  const leaks = (rule: 'secrets.events' | 'secrets.errors', value: unknown, what: string, event?: number): boolean => {
    if (!canary.isIn(everythingIn(value))) return false
    const place = event === undefined ? where : { ...where, event }
    record.fail(rule, place, { expected: `${what} without the key`, actual: 'the key stands in it' })
    return true
  }
  const inEvents = reader.items.some((item, index) => leaks('secrets.events', traceOf(item), 'an event', index))
  if (!inEvents) record.pass('secrets.events', where)
  if (reader.state === 'failed' && !leaks('secrets.errors', reader.error, 'an error'))
    record.pass('secrets.errors', where)
  for (const exchange of exchanges) checkRequest(exam, fixture, exchange)
}

const traceOf = (item: unknown): unknown => (Array.isArray(item) ? [...item, (item as unknown as Batch).wire] : item)

export function checkRequest({ canary, record, declaration, host }: Exam, fixture: string, exchange: Exchange): void {
  const where = { fixture, request: requestName(exchange).replaceAll(canary.key, '<key>') }
  if (!exchange.isAnswered)
    record.fail('request.known', where, { expected: 'a request the host knows', actual: where.request })
  else record.pass('request.known', where)

  const auth = declaration.auth ?? host?.auth
  const declared = auth === undefined || auth.type === 'none' ? undefined : headerOf(auth)
  const strays = Object.entries(exchange.headers)
    .filter(([name, value]) => declared !== undefined && name !== declared && canary.isIn(String(value)))
    .map(([name]) => `the header "${name}"`)
  if (canary.isIn(exchange.path)) strays.push('the URL')
  if (canary.isIn(exchange.body)) strays.push('the body')
  if (strays.length > 0)
    record.fail('secrets.request', where, {
      expected: `the key ${declared === undefined ? 'in headers' : `in "${declared}"`} only`,
      actual: `it stands in ${strays.join(', ')}`,
    })
  else record.pass('secrets.request', where)

  if (auth === undefined || auth.type === 'none' || declared === undefined) return
  const wanted = auth.type === 'bearer' ? `Bearer ${canary.key}` : canary.key
  const sent = exchange.headers[declared]
  if (sent === wanted) record.pass('request.auth', where)
  else
    record.fail('request.auth', where, {
      expected: `${declared}: ${auth.type === 'bearer' ? 'Bearer <key>' : '<key>'}`,
      actual: sent === undefined ? 'no such header' : String(sent).replaceAll(canary.key, '<key>'),
    })
}

const headerOf = (auth: { readonly type: 'bearer' } | { readonly type: 'header'; readonly header: string }): string =>
  auth.type === 'bearer' ? 'authorization' : auth.header.toLowerCase()
