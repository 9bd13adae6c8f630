import type { AssistantMessage, Context, Warning } from '../messages.ts'
import type { CallIdForm } from './call-ids.ts'

/** One numbered change that a conversation may go through on its way to a model. */
export interface Rule {
  /** G for every model; C, R, A and O for the protocol of that letter. Never used again for another rule. */
  readonly id: string
  /** What it does, as the table in README.md has it. */
  readonly about: string
  /** What the caller is told. Absent where only the form changes and nothing he gave is lost. */
  readonly warning?: Pick<Warning, 'type' | 'feature' | 'message'>
}

/** Tells that a rule has changed something, `count` times. */
export type Note = (rule: Rule, count?: number) => void

/** A rule that holds for every protocol. It returns the same object when there was nothing to change. */
export interface ConversationRule extends Rule {
  /** Must not change what it is given. `note` counts for this rule. */
  apply(conversation: Context, target: HandOffTarget, note: (count: number) => void): Context
}

/** The model that a conversation is written for, as far as its history is concerned. */
export interface HandOffTarget {
  /** The name by which answers of the model's own protocol are known, and parts that only it can express. */
  readonly protocol: string
  readonly provider: string
  readonly model: string
  readonly seesImages: boolean
  /** Answers that name no protocol count as the model's own. Default false. */
  readonly ownsUnnamed?: boolean
  /** What ids of tool calls look like there. Without it they stay as they are. */
  readonly callIds?: CallIdForm | undefined
  /** Instructions may stand inside the conversation. */
  readonly takesLaterInstructions: boolean
  /** The result of a failed call may hold images. Default true. */
  readonly takesErrorImages?: boolean
  /** The provider remembers earlier turns, so that results of calls not named here are no mistake. Default false. */
  readonly remembers?: boolean
}

/**
 * Whether the model made the answer itself: only then can it read signatures, thoughts and ids. A client of the model's own
 * protocol sends its history without the names of provider and model.
 */
export const isOwn = ({ api, provider, model }: AssistantMessage, target: HandOffTarget): boolean =>
  (api === undefined ? target.ownsUnnamed === true : api === target.protocol) &&
  (provider === undefined || provider === target.provider) &&
  (model === undefined || model === target.model)
