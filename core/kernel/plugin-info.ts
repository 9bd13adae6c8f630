import { PlugboardError, isPlugboardError } from '@plugboard/sdk'
import { messageOf } from './errors.ts'

/** Where a plugin was found. Of several with one id the strongest serves: `folder` over `drop-in` over `npm` over `built-in`. */
export type PluginOrigin = 'built-in' | 'npm' | 'drop-in' | 'folder'

/**
 * found: seen, not looked at · loading · ready: serves · rejected: an older version serves, the newest was refused ·
 * failed: no version serves · draining: removed, last calls are running · gone: removed.
 */
export type PluginState = 'found' | 'loading' | 'ready' | 'rejected' | 'failed' | 'draining' | 'gone'

/** Why a version was refused, as plain data. */
export interface PluginProblem {
  readonly code: string
  readonly message: string
  readonly hint?: string
  /** Single findings, for example one per wrong field of the manifest. */
  readonly findings?: readonly Finding[]
}

export interface Finding {
  readonly file: string
  /** JSON pointer of the value concerned. */
  readonly pointer: string
  readonly message: string
  readonly didYouMean?: string
}

export interface PluginInfo {
  readonly id: string
  readonly name: string
  readonly version: string | undefined
  readonly origin: PluginOrigin
  readonly dir: string
  readonly state: PluginState
  /** Content hash of the version that serves. */
  readonly generation: string | undefined
  readonly providers: readonly string[]
  readonly problem: PluginProblem | undefined
  /** Calls that run on the serving version and on older ones. */
  readonly calls: { readonly current: number; readonly draining: number }
}

export function problemOf(error: unknown): PluginProblem {
  if (!isPlugboardError(error)) return { code: 'PLUGIN_FAILED', message: messageOf(error) }
  const findings = error.details['findings'] as readonly Finding[] | undefined
  return {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(findings === undefined ? {} : { findings }),
  }
}

/** A problem that was listed, as the error it was. */
export const errorOf = ({ code, message, hint, findings }: PluginProblem): PlugboardError =>
  new PlugboardError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(findings === undefined ? {} : { details: { findings } }),
  })
