import type { AssistantMessage, Warning } from '../../messages.ts'
import type { Model } from '../../provider.ts'
import type { ResponsesCompat } from './compat.ts'
import { OPENAI_RESPONSES } from './name.ts'

/** What a request is written for. */
export interface Target {
  readonly model: Model
  readonly compat: ResponsesCompat
  /** The client refers to what the provider keeps: calls and thoughts need not be in the request. */
  readonly stored: boolean
  /** Tells the caller what could not be done as asked; the same sentence is told once. */
  readonly warn: (warning: Warning) => void
}

/**
 * Ids, signatures and thoughts mean something only to the model that made them. A client of this protocol sends its
 * history without names.
 */
export const isOwn = ({ api, provider, model }: AssistantMessage, target: Model): boolean =>
  api === OPENAI_RESPONSES &&
  (provider === undefined || provider === target.provider) &&
  (model === undefined || model === target.id)
