import { ProviderError } from './errors.ts'
import type { ErrorRule } from './provider.ts'
import type { Secret } from './secret.ts'

export interface Failure {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>
  /** The answer's text, or the text of the error object inside a stream. */
  readonly body: string
  /** The manifest's own rules; they come first. */
  readonly rules?: readonly ErrorRule[]
  readonly provider: string
  readonly model: string
  /** Masked wherever the provider echoes them. */
  readonly secrets?: readonly Secret[]
}

/** Sorts a provider's failure into one of our classes. */
export function classifyFailure(failure: Failure): ProviderError {
  return new ProviderError('server', failure.body, { provider: failure.provider, model: failure.model })
}
