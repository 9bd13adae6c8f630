import type { PluginLogger } from '@plugboard/sdk'
import { token } from '../../kernel/scope.ts'

/** Where the host's messages go. No secret may reach it: log facts, not requests. */
export interface Logger extends PluginLogger {
  /** The same logger with fields on every line, for example the plugin's id. */
  child(fields: Readonly<Record<string, string>>): Logger
}

export const Logger = token<Logger>('logger')
