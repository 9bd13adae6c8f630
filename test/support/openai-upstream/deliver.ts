import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { dataEvent, type Answer, type Part } from './answer.ts'
import { errorForStatus } from './errors.ts'
import type { Fault, Moment, Plan } from './plan.ts'

/** What has become of an answer so far. */
export interface Progress {
  deltasSent: number
  /** This server has cut it. */
  cut: boolean
}

type Reached = Part['reaches']

/**
 * Sends an answer as its plan says. Rejects when `left` aborts, which it must as soon as the connection closes, whoever
 * closed it.
 */
export async function deliver(
  response: ServerResponse,
  answer: Answer,
  plan: Plan,
  progress: Progress,
  left: AbortSignal,
): Promise<void> {
  const { hold, fault } = plan
  checkMoments(answer, plan)
  const send = sender(response, plan.drip, left)

  /** True when nothing more must be sent. */
  const reach = async (moment: Reached): Promise<boolean> => {
    if (isAt(hold, moment)) await unlessLeft(hold.until, left)
    if (!isAt(fault, moment)) return false
    progress.cut = fault.kind === 'cut'
    return strike(fault, response, send, left)
  }

  await wait(plan.firstByteDelayMs, left)
  if (await reach('request')) return
  response.writeHead(answer.status, { ...answer.headers, ...plan.headers })
  response.flushHeaders()
  if (await reach('head')) return

  const unsent: Uint8Array[] = []
  let deltas = 0
  for (const { bytes, reaches } of answer.parts) {
    if (typeof reaches === 'number') deltas = reaches
    if (typeof reaches === 'number' && reaches > 1) await wait(plan.deltaDelayMs, left)
    unsent.push(bytes)
    if (plan.burst === true && reaches !== 'end' && !isAt(hold, reaches) && !isAt(fault, reaches)) continue
    await send(Buffer.concat(unsent.splice(0)))
    progress.deltasSent = deltas
    if (await reach(reaches)) return
  }
  response.end()
}

/** Does the fault; true when the answer is over. */
async function strike(fault: Fault, response: ServerResponse, send: Send, left: AbortSignal): Promise<boolean> {
  switch (fault.kind) {
    case 'cut':
      response.destroy()
      return true
    case 'stall':
      return unlessLeft(new Promise<never>(() => {}), left)
    case 'end':
      response.end()
      return true
    case 'error':
      await send(dataEvent({ error: { ...errorForStatus(500), ...fault.error } }))
      response.end()
      return true
    case 'malformed':
      await send(Buffer.from('data: {"id":"chatcmpl-broken","choices":[{"index":0,"delta":{"content":"bro\n\n'))
      return false
  }
}

type Send = (bytes: Buffer) => Promise<void>

const LEFT: ReadonlySet<string> = new Set(['ECANCELED', 'EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED'])

/** Resolves once the bytes have left for the network, so that nothing that was sent is lost when the socket dies next. */
function sender(response: ServerResponse, drip: Plan['drip'], left: AbortSignal): Send {
  const write: Send = (bytes) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    // A write fails when the client has left, and `left` says that better.
    response.write(bytes, (error) => {
      if (!error) resolve()
      else if (!LEFT.has((error as NodeJS.ErrnoException).code ?? '')) reject(error)
    })
    return unlessLeft(promise, left)
  }
  if (drip === undefined) return write
  return async (bytes) => {
    for (let from = 0; from < bytes.length; from += drip.bytes) {
      await write(bytes.subarray(from, from + drip.bytes))
      await wait(drip.everyMs, left)
    }
  }
}

async function wait(ms: number | undefined, left: AbortSignal): Promise<void> {
  if (ms !== undefined) await sleep(ms, undefined, { signal: left })
}

/** Rejects as soon as the client has left. */
function unlessLeft<T>(work: Promise<T>, left: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(left.reason as Error)
    if (left.aborted) leave()
    left.addEventListener('abort', leave, { once: true })
    void work.then(resolve, reject).finally(() => left.removeEventListener('abort', leave))
  })
}

function isAt<T extends { readonly after: Moment }>(stop: T | undefined, moment: Reached): stop is T {
  return stop !== undefined && (stop.after === moment || (typeof stop.after === 'number' && moment === 'middle'))
}

/** A fault that never strikes would leave its test green for the wrong reason. */
function checkMoments(answer: Answer, { hold, fault }: Plan): void {
  const moments: readonly Reached[] = ['request', 'head', ...answer.parts.map((part) => part.reaches)]
  for (const stop of [hold, fault])
    if (stop !== undefined && !moments.some((moment) => isAt(stop, moment)))
      throw new RangeError(`this answer never comes to the moment ${stop.after} of its plan`)
  if (fault?.kind === 'error' && moments.includes('middle'))
    throw new RangeError('an error event needs a stream; give the plan a `body` with the error instead')
}
