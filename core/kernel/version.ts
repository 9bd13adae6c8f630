import type { PluginLogger } from '@plugboard/sdk'
import { makeProviders, definitionOf, type MadeProvider } from './contributions.ts'
import type { PluginSource } from './discovery.ts'
import { kernelError } from './errors.ts'
import { Generation } from './generation.ts'
import type { KnownAs } from './known-as.ts'
import { importPlugin } from './loader.ts'
import { readManifest, type Manifest } from './manifest.ts'
import { importPackage } from './packages.ts'
import { createPluginContext } from './plugin-context.ts'
import type { Scope } from './scope.ts'
import { settingsForm, type Settings, type SettingsForm } from './settings.ts'

/** What was last read of a plugin's folder, also when it was then refused. */
export interface Described {
  readonly manifest: Manifest
  readonly form: SettingsForm
}

export interface VersionName {
  readonly id: string
  /** Part of the URL its module is loaded under. */
  readonly module: string
}

/** One version of a plugin: what it acquires, and how all of that is undone. */
export interface Version extends VersionName {
  readonly scope: Scope
  readonly signal: AbortSignal
  readonly generation: Generation
}

/** Throws PlugboardError when the manifest or the schema of its settings cannot be used. */
export async function describePlugin({ dir, id }: PluginSource, hostVersion: string): Promise<Described> {
  const read = await readManifest(dir, id, hostVersion)
  return { manifest: read.manifest, form: await settingsForm(read, dir) }
}

export function openVersion(plugin: string, name: VersionName, parent: Scope): Version {
  const scope = parent.child()
  const stop = new AbortController()
  const generation = new Generation(name.id, () => {
    // First, because what was deferred may wait for work that ends with the signal.
    stop.abort(kernelError('PROVIDER_UNPLUGGED', `Plugin "${plugin}" was replaced or removed.`))
    return scope[Symbol.asyncDispose]()
  })
  return { ...name, scope, signal: stop.signal, generation }
}

export interface VersionParts {
  readonly source: PluginSource
  readonly manifest: Manifest
  readonly settings: Settings
  readonly log: PluginLogger
  readonly packageDirs: readonly string[]
}

/** Its providers. What was acquired until it throws is undone with the version. */
export async function makeVersion(
  { id, module, scope, signal }: Version,
  { source, manifest, settings, log, packageDirs }: VersionParts,
  known: KnownAs,
): Promise<MadeProvider[]> {
  const { main } = manifest
  const definition =
    main === undefined ? undefined : definitionOf(await importPlugin(source.dir, main, module, packageDirs), main)
  const context = createPluginContext({
    manifest,
    settings,
    generation: id,
    scope,
    signal,
    log,
    importPackage: (name) => importPackage(name, [source.dir, ...packageDirs]),
  })
  return makeProviders(definition, manifest, settings, context, known)
}
