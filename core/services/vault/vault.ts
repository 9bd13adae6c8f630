import type { Secret } from '@plugboard/sdk'
import { token } from '../../kernel/scope.ts'

/** Keeps secrets encrypted at rest. Names are paths, for example `provider/openai/apiKey`. */
export interface Vault {
  /**
   * Undefined when there is none. Throws PlugboardError `VAULT_LOCKED` when the master key is missing or wrong, and
   * `VAULT_DAMAGED` when the record was changed or moved.
   */
  get(name: string): Secret | undefined
  /**
   * Rejects with `VAULT_LOCKED` when there are secrets the master key does not fit: a second master key beside the first
   * would make either half unreadable.
   */
  set(name: string, value: Secret): Promise<void>
  /** Needs no master key. False when there was none. */
  remove(name: string): Promise<boolean>
  /** Sorted names that begin with `prefix`. Never values. */
  names(prefix?: string): readonly string[]
}

export const Vault = token<Vault>('vault')
