import type { Report } from '../../hand-off/index.ts'
import type { Model } from '../../provider.ts'
import type { ResponsesCompat } from './compat.ts'

/** What a request is written for. */
export interface Target extends Pick<Report, 'warn' | 'note'> {
  readonly model: Model
  readonly compat: ResponsesCompat
  /** Whether the manifest describes the model, so that what it does not say is not so. */
  readonly isDescribed: boolean
  /** The client refers to what the provider keeps: calls and thoughts need not be in the request. */
  readonly stored: boolean
}
