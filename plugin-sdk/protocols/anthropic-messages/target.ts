import type { Warning } from '../../messages.ts'
import type { Model } from '../../provider.ts'
import type { AnthropicCompat } from './compat.ts'

/** What a request is written for. */
export interface Target {
  readonly model: Model
  readonly compat: AnthropicCompat
  /** Whether the manifest describes the model, so that what it does not say is not so. */
  readonly isDescribed: boolean
  /** Tells the caller what could not be done as asked; the same sentence is told once. */
  readonly warn: (warning: Warning) => void
}
