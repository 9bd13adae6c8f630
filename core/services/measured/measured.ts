import type { Model } from '@plugboard/sdk'
import { token } from '../../kernel/scope.ts'

/** What a model has shown lately. `null` where no call tells. */
export interface Measurement {
  /** Calls that reached its provider, however they ended. */
  readonly calls: number
  /** Milliseconds from the start of a call to its end, of complete answers. */
  readonly meanMs: number | null
  readonly medianMs: number | null
  /** Milliseconds to the first byte, of complete answers that were streamed. */
  readonly medianTtfbMs: number | null
  /** Output tokens per second after the first byte, of complete answers that were streamed. */
  readonly tokensPerSecond: number | null
  /** 0 to 1: the failures that are not the caller's fault, among themselves and the complete answers. */
  readonly errorShare: number | null
}

/** What the ledger tells about models: the newest 5,000 calls, none older than 7 days; some seconds old at most. */
export interface Measured {
  /** Undefined when it was not called. */
  of(model: Pick<Model, 'provider' | 'id'>): Measurement | undefined
}

export const Measured = token<Measured>('measured')
