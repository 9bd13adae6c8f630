import type { Http } from './http.ts'
import type { Provider, ProviderDeclaration } from './provider.ts'
import type { Secret } from './secret.ts'

export interface PluginLogger {
  debug(message: string, details?: object): void
  info(message: string, details?: object): void
  warn(message: string, details?: object): void
  error(message: string, details?: object): void
}

/** All a plugin can reach. Everything acquired through it is undone when this version of the plugin goes. */
export interface PluginContext<Config = Readonly<Record<string, unknown>>> {
  readonly pluginId: string
  /** Names this version: the content hash of its files, with a count when only settings have changed. */
  readonly generation: string
  /** Settings, validated against the manifest's schema, defaults filled in. Secrets are not in here. */
  readonly config: Config
  /** A setting marked `writeOnly` in the schema, or undefined when the user has not set it. */
  secret(key: string): Secret | undefined
  readonly log: PluginLogger
  /** Reaches only the hosts that the manifest declares. */
  readonly http: Http
  /** Aborted when this version must be gone. */
  readonly signal: AbortSignal
  /** Runs when this version goes, newest first, also when `setup` fails half-way. */
  defer(undo: () => void | Promise<void>): void
  /** The providers that the manifest declares. */
  readonly declarations: readonly ProviderDeclaration[]
  /** The manifest's declaration of one of this plugin's providers. */
  declaration(providerId: string): ProviderDeclaration
  /**
   * Imports a package from the plugin's own `node_modules`, else from the host's. Rejects with PlugboardError
   * `PACKAGE_MISSING`, whose hint is the command that installs it, or `PACKAGE_UNUSABLE`.
   */
  importPackage(name: string): Promise<unknown>
}

export interface Contributions {
  readonly providers?: Readonly<Record<string, Provider>>
}

export interface PluginDefinition {
  /** Must return exactly what the manifest declares without a `protocol`; may replace providers that have one. */
  setup(context: PluginContext): Contributions | Promise<Contributions>
}

/** Identity with a type: gives the plugin's author completion and checks, and nothing at run time. */
export const definePlugin = (definition: PluginDefinition): PluginDefinition => definition
