import type { PluginLogger } from '@plugboard/sdk'
import type { Events, KernelEvents } from './events.ts'
import type { Registry } from './registry.ts'
import type { Scope } from './scope.ts'
import type { SettingsSources } from './settings.ts'

/** What the lives of all plugins have in common. */
export interface LifecycleHost {
  readonly version: string
  readonly registry: Registry
  readonly scope: Scope
  readonly events: Events<KernelEvents>
  readonly drainMs: number
  /** Where packages are looked for that a plugin's own folder does not hold. */
  readonly packageDirs: readonly string[]
  logFor(pluginId: string): PluginLogger
  settingsFor(id: string): OwnSettings
}

/** What is set for a plugin, or for an instance of one of its providers. */
export interface OwnSettings extends SettingsSources {
  /** Another one whenever anything here is. */
  readonly revision: number
  /** A name of the user's own for the provider of that id. */
  readonly name?: string | undefined
}
