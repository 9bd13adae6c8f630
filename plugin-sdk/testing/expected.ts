import type { ErrorClass } from '../errors.ts'
import type { FinishEvent } from '../events.ts'
import type { Usage } from '../messages.ts'

export interface ExpectedCall {
  readonly name: string
  readonly arguments: Readonly<Record<string, unknown>>
}

/** What an answer must come to. What is left out is not looked at. */
export interface Expected {
  readonly text?: string
  readonly thinking?: string
  readonly toolCalls?: readonly ExpectedCall[]
  /** `totalTokens` need not be given: it is the sum. */
  readonly usage?: Partial<Usage>
  readonly stopReason?: FinishEvent['reason']
  /** The call must fail, with this class or one of these. */
  readonly errorClass?: ErrorClass | readonly ErrorClass[]
  readonly retryAfterMs?: number
}

export const classesOf = ({ errorClass }: Expected): readonly ErrorClass[] | undefined =>
  errorClass === undefined || typeof errorClass === 'object' ? errorClass : [errorClass]
