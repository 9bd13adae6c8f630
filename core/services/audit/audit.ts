import { token } from '../../kernel/scope.ts'

export type AuditAction =
  | 'plugin_loaded'
  | 'plugin_reloaded'
  | 'plugin_failed'
  | 'plugin_removed'
  | 'key_created'
  | 'key_revoked'
  | 'call_refused'
  | 'budget_changed'
  | 'budget_holds_freed'
  | 'prices_reloaded'
  | 'webhook_added'
  | 'webhook_removed'
  | 'webhook_enabled'
  | 'webhook_disabled'
  | 'provider_configured'
  | 'provider_enabled'
  | 'provider_disabled'
  | 'provider_removed'
  | 'credentials_added'
  | 'credentials_updated'
  | 'credentials_removed'
  | 'agent_changed'
  | 'agent_removed'
  | 'model_changed'
  | 'usage_reset'

export interface AuditEntry {
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly action: AuditAction
  /** What it was done to: a plugin's id, a key's id, a call's id, a budget's id, a provider's id, an agent's name, `default`. */
  readonly subject: string
  /** Who did it: a key's id, or `system`. */
  readonly actor: string
  readonly details: Readonly<Record<string, unknown>>
}

/** Who did what, for the operator. Holds no secrets and no texts of requests. */
export interface AuditLog {
  /** Written soon, together with others; resolves when it is. */
  record(entry: Omit<AuditEntry, 'seq' | 'at'>): Promise<void>
  /** Newest first. Default limit 100. */
  entries(limit?: number): readonly AuditEntry[]
}

export const AuditLog = token<AuditLog>('audit')
