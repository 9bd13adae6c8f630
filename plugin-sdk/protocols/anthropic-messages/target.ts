import type { Report } from '../../hand-off/index.ts'
import type { Model } from '../../provider.ts'
import type { AnthropicCompat } from './compat.ts'

/** What a request is written for. */
export interface Target extends Pick<Report, 'warn' | 'note'> {
  readonly model: Model
  readonly compat: AnthropicCompat
  /** Whether the manifest describes the model, so that what it does not say is not so. */
  readonly isDescribed: boolean
}
