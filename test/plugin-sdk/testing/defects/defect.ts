import type { RuleId, Subject, TestOptions } from '@plugboard/sdk/testing'

/** A provider with one fault, and the same without it. */
export interface Defect {
  readonly rule: RuleId
  /** What the bad one does. */
  readonly what: string
  readonly bad: Subject
  readonly good: Subject
  /** The feature in which it must be found, where others would not show it. */
  readonly where?: string
  readonly options?: TestOptions
  readonly goodOptions?: TestOptions
  /** Goes by the clock, so that nothing else may run beside it. */
  readonly alone?: boolean
}
