import type { Cassette } from './cassette.ts'
import type { PluginContext, PluginDefinition } from '../plugin.ts'
import type { ProviderSetup } from '../protocols/protocol.ts'
import type { Provider, ProviderDeclaration } from '../provider.ts'

/** What the kit reads of a `plugboard.json`. Whether the rest of it is right, `plugboard plugin test` says. */
export interface PluginManifest {
  readonly id: string
  readonly main?: string
  /** The settings' JSON Schema; in a folder also the path of its file. */
  readonly config?: string | Readonly<Record<string, unknown>>
  readonly contributes: { readonly providers?: readonly ProviderDeclaration[] }
  readonly permissions?: { readonly net?: readonly string[] }
}

/** A plugin's folder, for example `{ dir: import.meta.dirname }`. Its `cassettes` are read too. */
export interface FolderSubject {
  readonly dir: string
  /** How a host loads plugins. Default: reads the manifest and imports `main` as Node does. */
  readonly load?: (dir: string) => Promise<LoadedFolder>
}

export interface LoadedFolder {
  readonly manifest: PluginManifest
  /** The module that `main` names, evaluated. */
  readonly module?: unknown
}

/** A plugin that is already in memory. */
export interface PluginSubject {
  readonly manifest: PluginManifest
  readonly definition?: PluginDefinition
}

export interface TestSetup extends ProviderSetup {
  readonly context: PluginContext
}

/** One provider without a plugin around it. */
export interface ProviderSubject {
  readonly declaration: ProviderDeclaration
  provider(setup: TestSetup): Provider | Promise<Provider>
}

export type Subject = FolderSubject | PluginSubject | ProviderSubject

/** A subject, ready to be set up as often as the checks need. */
export interface Plugin {
  readonly manifest: PluginManifest
  readonly configSchema: Readonly<Record<string, unknown>> | undefined
  /** The `setup` of its code, of which a plugin without code has none. */
  readonly setup: ((context: PluginContext, setup: SetupOf) => ReturnType<PluginDefinition['setup']>) | undefined
  /** By feature. Not checked yet: they are somebody's JSON. */
  readonly cassettes: Readonly<Record<string, unknown>>
}

/** The parts a protocol would need for one of the plugin's providers. */
type SetupOf = (providerId: string) => ProviderSetup

export type Cassettes = Readonly<Record<string, Cassette>>
