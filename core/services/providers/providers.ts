import type { LlmError, Provider, ProviderDeclaration } from '@plugboard/sdk'
import type { Unsubscribe } from '../../kernel/events.ts'
import type { PluginProblem } from '../../kernel/plugin-info.ts'
import { token } from '../../kernel/scope.ts'

/**
 * ready: can be called · unconfigured: a setting it needs, a key above all, is missing · disabled: somebody decided so ·
 * failed: no version of its plugin serves.
 */
export type ProviderState = 'ready' | 'unconfigured' | 'disabled' | 'failed'

/** A provider, and what is set for it. Holds no secret. */
export interface ProviderInfo {
  readonly id: string
  /** The provider it is an instance of; its own id otherwise. */
  readonly type: string
  readonly name: string
  /** Undefined for a provider that the host registered. */
  readonly plugin: string | undefined
  /** The wire protocol; undefined for a provider that speaks its own. */
  readonly protocol: string | undefined
  readonly baseUrl: string | undefined
  readonly enabled: boolean
  readonly configured: boolean
  readonly state: ProviderState
  /** Why the newest version or the newest settings do not serve; older ones may. */
  readonly problem: PluginProblem | undefined
  /** Models that are known without asking its server. */
  readonly models: number
  readonly defaultModel: string | undefined
  /** Its key as `sk-...vX2Q`. */
  readonly maskedKey: string | undefined
  /** Plain settings in force, defaults filled in. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Secret settings that are there, masked. */
  readonly secrets: Readonly<Record<string, string>>
  /** JSON Schema of the settings, fit for drawing a form. Providers of one plugin share their settings. */
  readonly schema: object | undefined
  /** Where its keys are made. */
  readonly keysUrl: string | undefined
  /** Whether anything is saved for it, and when: milliseconds since 1970. */
  readonly saved: { readonly createdAt: number; readonly updatedAt: number } | undefined
  /** When its connection was last found good, by any process. Milliseconds since 1970. */
  readonly lastValidatedAt: number | undefined
  /** What this process found when it last tested the connection. */
  readonly lastValidation: Validation | undefined
}

export interface ProviderChanges {
  /** The provider that a new id is a further instance of. Cannot be changed afterwards. */
  readonly type?: string
  /** `null` gives it its plugin's name again. */
  readonly name?: string | null
  /** Replaces these settings and leaves the others; `null` takes one away. Secrets are recognised by the schema. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Default: as it is; true for a new one. */
  readonly enabled?: boolean
}

/** What a host keeps itself. Its settings win over saved ones, which win over the environment. */
export interface HostProvider {
  /** Default: the id itself. */
  readonly type?: string
  readonly name?: string
  readonly settings?: Readonly<Record<string, unknown>>
  /** When given, nobody else can enable or disable it. */
  readonly enabled?: boolean
}

export type Validation =
  | {
      readonly ok: true
      /** Milliseconds since 1970. */
      readonly at: number
      readonly latencyMs: number
      /** How many models its server lists; undefined when a small request was made in place of that. */
      readonly models: number | undefined
    }
  | {
      readonly ok: false
      readonly at: number
      readonly latencyMs: number
      readonly error: LlmError
      /** What has happened, for the user: one sentence. */
      readonly message: string
      /** What the user should do. */
      readonly action: ValidationAction
    }

/** For the button beside the message. */
export type ValidationAction =
  | 'enter_key'
  | 'check_settings'
  | 'check_account'
  | 'start_server'
  | 'retry'
  | 'enable'
  | 'allow_cost'

export interface ValidateOptions {
  /** Where only a real request can tell, make one: it is booked and may cost a fraction of a cent. Default false. */
  readonly allowCost?: boolean
  readonly signal?: AbortSignal
}

export interface ProviderEvents {
  /** A connection was tested. */
  validated: { readonly id: string; readonly validation: Validation }
  /** Settings were saved, also by another process, and are in force. */
  configured: { readonly id: string }
}

/** The providers of this Plugboard, and their settings. Changes take effect at once, and in other processes within a second. */
export interface Providers {
  /** All, also those that cannot be called, by id. */
  list(): readonly ProviderInfo[]
  listEnabled(): readonly ProviderInfo[]
  /** Those that can be called: enabled and with all they need. Local ones that need no key are always among them. */
  available(): readonly ProviderInfo[]
  get(id: string): ProviderInfo | undefined
  /**
   * Saves settings and serves with them: all or nothing. The new version is built aside and swapped in; calls that run
   * finish on the old one. A new id with a `type` makes a further instance of that provider. Rejects with PlugboardError
   * `CONFIG_INVALID`, `PROVIDER_UNKNOWN`, `PROVIDER_TYPE_UNKNOWN`, `PROVIDER_ID_INVALID`, `VAULT_LOCKED` or with what
   * the plugin says of the settings.
   */
  save(id: string, changes: ProviderChanges, actor?: string): Promise<ProviderInfo>
  /** Forgets what is saved, secrets included; an instance is gone then. False when nothing was saved. */
  remove(id: string, actor?: string): Promise<boolean>
  enable(id: string, actor?: string): Promise<ProviderInfo>
  /** Its models disappear and new calls are refused with `PROVIDER_DISABLED`; calls that run finish. */
  disable(id: string, actor?: string): Promise<ProviderInfo>
  /** Tests the connection, within 5 seconds. Rejects only when there is no such provider. */
  validate(id: string, options?: ValidateOptions): Promise<Validation>
  /** Tests all that are available, side by side. */
  validateAll(): Promise<Readonly<Record<string, Validation>>>
  /** Serves a provider object of the host's own, or replaces it. Throws PlugboardError when it cannot serve. */
  register(declaration: ProviderDeclaration, provider: Provider): void
  /** False when the host has registered no such provider. Calls that run finish. */
  unregister(id: string): boolean
  on<K extends keyof ProviderEvents>(event: K, listener: (payload: ProviderEvents[K]) => void): Unsubscribe
}

export const Providers = token<Providers>('providers')
