import type { AssistantMessage, Warning } from '../../messages.ts'
import type { Model } from '../../provider.ts'
import type { GoogleCompat } from './compat.ts'
import { GOOGLE } from './name.ts'

/** What a request is written for. */
export interface Target {
  readonly model: Model
  readonly compat: GoogleCompat
  /** Tells the caller what could not be done as asked. */
  readonly warn: (warning: Warning) => void
}

/**
 * Whether the model made the answer itself: signatures and thoughts mean nothing to another one. A client of this
 * protocol sends its history without names.
 */
export const isOwn = ({ api, provider, model }: AssistantMessage, target: Target): boolean =>
  api === GOOGLE &&
  (provider === undefined || provider === target.model.provider) &&
  (model === undefined || model === target.model.id)
