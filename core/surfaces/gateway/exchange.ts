import type { Door, DoorRequest } from '@plugboard/sdk/protocols'
import { llmErrorOf } from '../../pipeline/call-error.ts'
import type { RunningCall } from '../../pipeline/engine.ts'
import type { WantedExtras } from './answer-extras.ts'
import { problemOf, type Problem } from './problem.ts'
import type { RawReply } from './send-problem.ts'

/** One request that is being answered. */
export interface Exchange {
  readonly running: RunningCall
  readonly asked: DoorRequest
  readonly wanted: WantedExtras
  readonly door: Door
  /** The answer's, where its provider gave none. */
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
}

export const problemFor = (error: unknown, { running }: Exchange): Problem =>
  problemOf(error, running.call.id, llmErrorOf(error, running.call))

/** Stops the call when the client goes away before its answer is written. */
export function stopWhenGone({ raw }: RawReply, { running }: Exchange): void {
  raw.on('close', () => {
    if (!raw.writableFinished) running.call.stop('the client closed the connection')
  })
}
